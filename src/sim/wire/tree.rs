//! A document as several protocols write it: CBOR (Smithy RPC v2) and JSON (AWS JSON).

use aws_smithy_cbor::data::Type;
use aws_smithy_cbor::decode::DeserializeError;
use aws_smithy_cbor::{Decoder, Encoder};
use aws_smithy_types::DateTime;
use serde_json::Value;

/// How deep a request may be nested.
const DEPTH: u32 = 16;

/// A value of a request or an answer.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Tree {
    Map(Vec<(String, Tree)>),
    List(Vec<Tree>),
    Text(String),
    Whole(i64),
    Double(f64),
    Flag(bool),
    Time(DateTime),
    Other,
}

impl From<&str> for Tree {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

/// A map of an answer.
pub(super) fn map<const N: usize>(pairs: [(&str, Tree); N]) -> Tree {
    Tree::Map(pairs.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
}

impl Tree {
    pub(super) fn from_cbor(bytes: &[u8]) -> Result<Self, String> {
        Self::read(&mut Decoder::new(bytes), 0).map_err(|error| error.to_string())
    }

    fn read(decoder: &mut Decoder<'_>, depth: u32) -> Result<Self, DeserializeError> {
        if depth > DEPTH {
            return Err(DeserializeError::custom("nested too deeply", decoder.position()));
        }
        Ok(match decoder.datatype()? {
            Type::Map | Type::MapIndef => {
                let mut pairs = Vec::new();
                let count = decoder.map()?;
                while Self::more(decoder, count, pairs.len())? {
                    pairs.push((decoder.string()?, Self::read(decoder, depth + 1)?));
                }
                Self::Map(pairs)
            }
            Type::Array | Type::ArrayIndef => {
                let mut items = Vec::new();
                let count = decoder.list()?;
                while Self::more(decoder, count, items.len())? {
                    items.push(Self::read(decoder, depth + 1)?);
                }
                Self::List(items)
            }
            Type::String | Type::StringIndef => Self::Text(decoder.string()?),
            Type::Bool => Self::Flag(decoder.boolean()?),
            Type::Tag => Self::Time(decoder.timestamp()?),
            Type::F64 => Self::Double(decoder.double()?),
            Type::U8 | Type::U16 | Type::U32 | Type::U64 | Type::I8 | Type::I16 | Type::I32 | Type::I64 | Type::Int => {
                Self::Whole(decoder.long()?)
            }
            _ => {
                decoder.skip()?;
                Self::Other
            }
        })
    }

    fn more(decoder: &mut Decoder<'_>, count: Option<u64>, had: usize) -> Result<bool, DeserializeError> {
        match count {
            Some(count) => Ok(u64::try_from(had).unwrap_or(u64::MAX) < count),
            None if decoder.datatype()? == Type::Break => decoder.skip().map(|()| false),
            None => Ok(true),
        }
    }

    pub(super) fn to_cbor(&self) -> Vec<u8> {
        let mut out = Encoder::new(Vec::new());
        self.write(&mut out);
        out.into_writer()
    }

    fn write(&self, out: &mut Encoder) {
        match self {
            Self::Map(pairs) => {
                out.begin_map();
                for (key, value) in pairs {
                    out.str(key);
                    value.write(out);
                }
                out.end();
            }
            Self::List(items) => {
                out.begin_array();
                for item in items {
                    item.write(out);
                }
                out.end();
            }
            Self::Text(text) => drop(out.str(text)),
            Self::Whole(number) => drop(out.long(*number)),
            Self::Double(number) => drop(out.double(*number)),
            Self::Flag(flag) => drop(out.boolean(*flag)),
            Self::Time(time) => drop(out.timestamp(time)),
            Self::Other => drop(out.null()),
        }
    }

    pub(super) fn from_json(value: Value) -> Self {
        match value {
            Value::Object(pairs) => {
                Self::Map(pairs.into_iter().map(|(key, value)| (key, Self::from_json(value))).collect())
            }
            Value::Array(items) => Self::List(items.into_iter().map(Self::from_json).collect()),
            Value::String(text) => Self::Text(text),
            Value::Bool(flag) => Self::Flag(flag),
            Value::Number(number) => match (number.as_i64(), number.as_f64()) {
                (Some(whole), _) => Self::Whole(whole),
                (None, Some(double)) => Self::Double(double),
                (None, None) => Self::Other,
            },
            Value::Null => Self::Other,
        }
    }

    pub(super) fn to_json(&self) -> Value {
        match self {
            Self::Map(pairs) => {
                Value::Object(pairs.iter().map(|(key, value)| (key.clone(), value.to_json())).collect())
            }
            Self::List(items) => items.iter().map(Self::to_json).collect(),
            Self::Text(text) => Value::from(text.as_str()),
            Self::Whole(number) => Value::from(*number),
            Self::Double(number) => Value::from(*number),
            Self::Flag(flag) => Value::from(*flag),
            // AWS JSON writes times as seconds since 1970.
            Self::Time(time) => Value::from(time.as_secs_f64()),
            Self::Other => Value::Null,
        }
    }

    pub(super) fn get(&self, name: &str) -> Option<&Self> {
        match self {
            Self::Map(pairs) => pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value),
            _ => None,
        }
    }

    pub(super) fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.get(name)?.as_text()
    }

    pub(super) fn items(&self, name: &str) -> &[Self] {
        match self.get(name) {
            Some(Self::List(items)) => items,
            _ => &[],
        }
    }

    pub(super) fn whole(&self, name: &str) -> Option<i64> {
        match self.get(name) {
            Some(Self::Whole(number)) => Some(*number),
            _ => None,
        }
    }

    pub(super) fn time(&self, name: &str) -> Option<DateTime> {
        match self.get(name) {
            Some(Self::Time(time)) => Some(*time),
            Some(Self::Whole(seconds)) => Some(DateTime::from_secs(*seconds)),
            Some(Self::Double(seconds)) => Some(DateTime::from_secs_f64(*seconds)),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_is_the_same_in_cbor_and_in_json() {
        let tree = map([
            ("Id", "lag".into()),
            ("Values", Tree::List(vec![Tree::Double(1.5), Tree::Whole(-1)])),
            ("Complete", Tree::Flag(true)),
            ("At", Tree::Time(DateTime::from_secs(1_800_000_000))),
        ]);
        assert_eq!(tree.to_json().to_string(), r#"{"At":1800000000.0,"Complete":true,"Id":"lag","Values":[1.5,-1]}"#);
        let cbor = Tree::from_cbor(&tree.to_cbor()).unwrap();
        let json = Tree::from_json(tree.to_json());
        for read in [&cbor, &json] {
            assert_eq!(read.text("Id"), Some("lag"));
            assert_eq!(read.time("At"), Some(DateTime::from_secs(1_800_000_000)));
            assert_eq!(read.items("Values"), [Tree::Double(1.5), Tree::Whole(-1)]);
        }
        let deep = [0x81_u8; 64];
        assert!(Tree::from_cbor(&deep).is_err());
    }
}

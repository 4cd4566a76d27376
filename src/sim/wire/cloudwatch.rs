//! CloudWatch: Smithy's RPC v2 protocol over CBOR.

use aws_smithy_cbor::data::Type;
use aws_smithy_cbor::decode::DeserializeError;
use aws_smithy_cbor::{Decoder, Encoder};
use aws_smithy_types::DateTime;

use super::{Called, WireRequest, WireResponse, respond, unknown_operation};
use crate::sim::steps::Ms;
use crate::sim::world::metrics::{Alarm, MetricQuery};
use crate::sim::world::{ApiError, World};

const PREFIX: &str = "/service/GraniteServiceVersion20100801/operation/";
const CONTENT_TYPE: &str = "application/cbor";
/// How deep a request may be nested.
const DEPTH: u32 = 16;

pub(super) fn operation(path: &str) -> Option<String> {
    path.strip_prefix(PREFIX).map(str::to_owned)
}

/// A CBOR value, as far as requests have them.
#[derive(Debug, Clone, PartialEq)]
enum Cbor {
    Map(Vec<(String, Cbor)>),
    List(Vec<Cbor>),
    Text(String),
    Whole(i64),
    Flag(bool),
    Time(DateTime),
    Other,
}

impl Cbor {
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

    fn get(&self, name: &str) -> Option<&Self> {
        match self {
            Self::Map(pairs) => pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value),
            _ => None,
        }
    }

    fn text(&self, name: &str) -> Option<&str> {
        match self.get(name) {
            Some(Self::Text(text)) => Some(text),
            _ => None,
        }
    }

    fn items(&self, name: &str) -> &[Self] {
        match self.get(name) {
            Some(Self::List(items)) => items,
            _ => &[],
        }
    }

    fn whole(&self, name: &str) -> Option<i64> {
        match self.get(name) {
            Some(Self::Whole(number)) => Some(*number),
            _ => None,
        }
    }

    fn time(&self, name: &str) -> Option<DateTime> {
        match self.get(name) {
            Some(Self::Time(time)) => Some(*time),
            _ => None,
        }
    }
}

pub(super) fn answer(
    world: &mut World,
    called: &Called,
    request: &WireRequest,
    id: &str,
) -> Result<WireResponse, ApiError> {
    let malformed = |error: DeserializeError| ApiError::new(400, "SerializationException", error.to_string());
    let body = Cbor::read(&mut Decoder::new(request.body()), 0).map_err(malformed)?;
    let body = match called.operation.as_str() {
        "GetMetricData" => metric_data(world, &called.region, &body)?,
        "DescribeAlarms" => describe_alarms(world, &called.region, &body),
        _ => return Err(unknown_operation(called)),
    };
    Ok(marked(respond(200, CONTENT_TYPE, id, body)))
}

fn marked(mut response: WireResponse) -> WireResponse {
    let (name, value) = ("smithy-protocol", "rpc-v2-cbor");
    response.headers_mut().insert(http::HeaderName::from_static(name), http::HeaderValue::from_static(value));
    response
}

/// An error as this protocol writes it.
pub(super) fn error(error: &ApiError, id: &str) -> WireResponse {
    let mut out = Encoder::new(Vec::new());
    out.begin_map().str("__type").str(&format!("com.amazonaws.cloudwatch#{}", error.code));
    out.str("message").str(&error.message).end();
    marked(respond(error.status, CONTENT_TYPE, id, out.into_writer()))
}

fn invalid(message: &str) -> ApiError {
    ApiError::new(400, "ValidationError", message.to_owned())
}

fn metric_data(world: &World, region: &str, body: &Cbor) -> Result<Vec<u8>, ApiError> {
    let moment = |name: &str| {
        let time = body.time(name).ok_or_else(|| invalid(&format!("The parameter {name} is required.")))?;
        let wall = time.to_millis().map_err(|error| invalid(&error.to_string()))?;
        Ok::<Ms, ApiError>(wall.saturating_sub(world.epoch().as_millisecond()))
    };
    let (start, end) = (moment("StartTime")?, moment("EndTime")?);
    if start >= end {
        return Err(invalid("The parameter StartTime must be less than the parameter EndTime."));
    }
    let oldest_first = body.text("ScanBy") == Some("TimestampAscending");
    let mut out = Encoder::new(Vec::new());
    out.begin_map().str("MetricDataResults").begin_array();
    for query in body.items("MetricDataQueries") {
        let name = query.text("Id").ok_or_else(|| invalid("Each query needs an Id."))?;
        let metric = read_query(query)?;
        let mut samples = world.samples(region, &metric, start, end, world.now());
        if !oldest_first {
            samples.reverse();
        }
        out.begin_map().str("Id").str(name).str("Label").str(query.text("Label").unwrap_or(&metric.metric));
        out.str("Timestamps").begin_array();
        for (at, _) in &samples {
            out.timestamp(&DateTime::from_millis(world.timestamp(*at).as_millisecond()));
        }
        out.end().str("Values").begin_array();
        for (_, value) in &samples {
            out.double(*value);
        }
        out.end().str("StatusCode").str("Complete").end();
    }
    out.end().str("Messages").begin_array().end().end();
    Ok(out.into_writer())
}

fn read_query(query: &Cbor) -> Result<MetricQuery, ApiError> {
    let stat = query.get("MetricStat").ok_or_else(|| invalid("Only queries with MetricStat are simulated."))?;
    let metric = stat.get("Metric").ok_or_else(|| invalid("MetricStat needs a Metric."))?;
    let dimensions = metric.items("Dimensions").iter();
    Ok(MetricQuery {
        namespace: metric.text("Namespace").unwrap_or_default().to_owned(),
        metric: metric.text("MetricName").unwrap_or_default().to_owned(),
        dimensions: dimensions
            .filter_map(|pair| Some((pair.text("Name")?.to_owned(), pair.text("Value")?.to_owned())))
            .collect(),
        period: stat.whole("Period").filter(|period| *period > 0).unwrap_or(60).saturating_mul(1_000),
        stat: stat.text("Stat").unwrap_or("Average").to_owned(),
        unit: stat.text("Unit").map(str::to_owned),
    })
}

fn describe_alarms(world: &World, region: &str, body: &Cbor) -> Vec<u8> {
    let names: Vec<&str> = body
        .items("AlarmNames")
        .iter()
        .filter_map(|name| if let Cbor::Text(name) = name { Some(name.as_str()) } else { None })
        .collect();
    let wanted = |alarm: &Alarm| {
        (names.is_empty() || names.contains(&alarm.name.as_str()))
            && body.text("AlarmNamePrefix").is_none_or(|prefix| alarm.name.starts_with(prefix))
            && body.text("StateValue").is_none_or(|state| alarm.state == state)
    };
    let mut out = Encoder::new(Vec::new());
    out.begin_map().str("MetricAlarms").begin_array();
    for alarm in world.alarms(region, world.now()).iter().filter(|alarm| wanted(alarm)) {
        let since = DateTime::from_millis(world.timestamp(alarm.since).as_millisecond());
        let arn = format!("arn:aws:cloudwatch:{region}:{}:alarm:{}", world.account(), alarm.name);
        out.begin_map();
        for (key, value) in [
            ("AlarmName", alarm.name.as_str()),
            ("AlarmArn", &arn),
            ("StateValue", alarm.state),
            ("StateReason", &alarm.reason),
            ("Namespace", alarm.metric.0),
            ("MetricName", alarm.metric.1),
        ] {
            out.str(key).str(value);
        }
        out.str("ActionsEnabled").boolean(true).str("StateUpdatedTimestamp").timestamp(&since).end();
    }
    out.end().end();
    out.into_writer()
}

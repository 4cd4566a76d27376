//! Numbers as texts, so that they are read back as exactly what was written, and what is no number is not lost.

use serde::{Deserialize, Deserializer, Serializer};

fn write(value: f64) -> String {
    format!("{value:?}")
}

fn read<E: serde::de::Error>(text: &str) -> Result<f64, E> {
    text.parse().map_err(|_| E::custom(format!("{text:?} is no number")))
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
pub(super) fn serialize<S: Serializer>(value: &f64, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(&write(*value))
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<f64, D::Error> {
    read(&String::deserialize(from)?)
}

/// A series: each sample with its time.
pub(super) mod samples {
    use jiff::Timestamp;
    use serde::Serialize as _;

    use super::{Deserialize, Deserializer, Serializer, read, write};
    use crate::domain::reading::Sample;

    pub(in crate::domain) fn serialize<S: Serializer>(samples: &[Sample], to: S) -> Result<S::Ok, S::Error> {
        let told: Vec<(Timestamp, Option<String>)> =
            samples.iter().map(|(at, value)| (*at, value.map(write))).collect();
        told.serialize(to)
    }

    pub(in crate::domain) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Sample>, D::Error> {
        let told = Vec::<(Timestamp, Option<String>)>::deserialize(from)?;
        told.into_iter().map(|(at, value)| Ok((at, value.map(|text| read(&text)).transpose()?))).collect()
    }
}

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;
use crate::domain::metrics::Dimension;

/// A sample as a reader of the format has it: the name, the labels and the value.
type Sample = (String, BTreeMap<String, String>, f64);

/// Reads the text strictly, by the words of "Text-based format": UTF-8, lines that end with a line feed, HELP and TYPE at most
/// once and before the first sample of their name, the samples of a name together, none twice.
fn parse(text: &str) -> Result<Vec<Sample>, String> {
    let mut samples: Vec<Sample> = Vec::new();
    let (mut helped, mut typed, mut done) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    let mut current: Option<String> = None;
    if !text.is_empty() && !text.ends_with('\n') {
        return Err("the last line does not end".into());
    }
    for line in text.split_terminator('\n') {
        if let Some(rest) = line.strip_prefix("# ") {
            let (word, rest) = rest.split_once(' ').ok_or("a comment")?;
            let (name, says) = rest.split_once(' ').ok_or("no name")?;
            if !is_name(name, true) || done.contains(name) || current.as_deref() == Some(name) {
                return Err(format!("{name} is told after its samples"));
            }
            let fresh = match word {
                "HELP" => helped.insert(name.to_owned()),
                "TYPE" if ["counter", "gauge"].contains(&says) => typed.insert(name.to_owned()),
                _ => return Err(format!("{line:?}")),
            };
            if !fresh {
                return Err(format!("{word} of {name} twice"));
            }
            continue;
        }
        let sample = sample(line)?;
        if current.as_ref() != Some(&sample.0) {
            if let Some(before) = current.replace(sample.0.clone()) {
                done.insert(before);
            }
            if done.contains(&sample.0) || !typed.contains(&sample.0) || !helped.contains(&sample.0) {
                return Err(format!("{} is not told together, or not announced", sample.0));
            }
        }
        if samples.iter().any(|(name, labels, _)| (name, labels) == (&sample.0, &sample.1)) {
            return Err(format!("{line:?} twice"));
        }
        samples.push(sample);
    }
    Ok(samples)
}

fn is_name(text: &str, colon: bool) -> bool {
    let letter = |c: char| c.is_ascii_alphabetic() || c == '_' || colon && c == ':';
    text.starts_with(letter) && text.chars().all(|c| letter(c) || c.is_ascii_digit())
}

fn sample(line: &str) -> Result<Sample, String> {
    let bad = || format!("{line:?} is no sample");
    let (name, rest) = line.split_once('{').ok_or_else(bad)?;
    let (mut labels, mut rest) = (BTreeMap::new(), rest);
    while !rest.starts_with('}') {
        let (label, value) = rest.split_once("=\"").ok_or_else(bad)?;
        let (mut text, mut letters) = (String::new(), value.char_indices());
        let end = loop {
            match letters.next().ok_or_else(bad)? {
                (at, '"') => break at,
                (_, '\\') => text.push(match letters.next().ok_or_else(bad)?.1 {
                    'n' => '\n',
                    c @ ('\\' | '"') => c,
                    _ => return Err(bad()),
                }),
                (_, c) => text.push(c),
            }
        };
        if !is_name(label, false) || label.starts_with("__") || labels.insert(label.to_owned(), text).is_some() {
            return Err(bad());
        }
        rest = &value[end + 1..];
        rest = rest.strip_prefix(',').unwrap_or(rest);
    }
    let value = rest.strip_prefix("} ").and_then(|value| value.parse::<f64>().ok()).ok_or_else(bad)?;
    if is_name(name, true) { Ok((name.to_owned(), labels, value)) } else { Err(bad()) }
}

fn metric(kind: Kind, value: f64, dimensions: &[(Dimension, &str)]) -> Metric {
    let dimensions = dimensions.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
    Metric { kind, value, dimensions }
}

#[test]
fn the_text_is_the_one_that_the_format_wants() {
    use Dimension::{Mode, Region, Service, Vantage};
    let east = [(Service, "shop"), (Region, "us-east-1"), (Vantage, "api")];
    let west = [(Service, "shop"), (Region, "us-west-2"), (Vantage, "api")];
    let drill = [(Service, "shop"), (Region, "us-west-2"), (Mode, "drill")];
    let metrics = [
        metric(Kind::Rpo, 0.25, &drill),
        metric(Kind::Rto, 30.0, &drill),
        metric(Kind::Failovers, 2.0, &drill),
        metric(Kind::HealthCheck, 97.5, &east),
        metric(Kind::ResponseTime, 48.0, &east),
        metric(Kind::HealthCheck, 100.0, &west),
        metric(Kind::ReplicationLag, 3_200.0, &west),
        metric(Kind::Availability, 0.0, &west),
        metric(Kind::ResponseTime, f64::NAN, &west),
    ];
    let expected = r#"# HELP handover_health_check_success_ratio Share of the last looks, 60 at most, that the endpoint answered as it should.
# TYPE handover_health_check_success_ratio gauge
handover_health_check_success_ratio{service="shop",region="us-east-1",vantage="api"} 0.975
handover_health_check_success_ratio{service="shop",region="us-west-2",vantage="api"} 1
# HELP handover_replication_lag_seconds How far the replica in this Region is behind.
# TYPE handover_replication_lag_seconds gauge
handover_replication_lag_seconds{service="shop",region="us-west-2",vantage="api"} 3.2
# HELP handover_response_time_seconds How long the endpoint took to answer the last look.
# TYPE handover_response_time_seconds gauge
handover_response_time_seconds{service="shop",region="us-east-1",vantage="api"} 0.048
# HELP handover_availability_ratio Share of the requests of the last five minutes that were answered as they should be.
# TYPE handover_availability_ratio gauge
handover_availability_ratio{service="shop",region="us-west-2",vantage="api"} 0
# HELP handover_failovers_total Runs on this machine that handed the service over to this Region.
# TYPE handover_failovers_total counter
handover_failovers_total{service="shop",region="us-west-2",mode="drill"} 2
# HELP handover_recovery_time_seconds Recovery time of the last run of this mode that was carried through.
# TYPE handover_recovery_time_seconds gauge
handover_recovery_time_seconds{service="shop",region="us-west-2",mode="drill"} 1800
# HELP handover_recovery_point_seconds Span from which the last run of this mode that was carried through lost writes at most.
# TYPE handover_recovery_point_seconds gauge
handover_recovery_point_seconds{service="shop",region="us-west-2",mode="drill"} 15
"#;
    let text = exposition(&metrics);
    assert_eq!(text, expected);
    assert_eq!(parse(&text).unwrap().len(), 8);
    assert_eq!(exposition(&[]), "");
}

#[test]
fn what_a_label_may_not_hold_is_escaped() {
    let text = exposition(&[metric(Kind::Rto, 1.0, &[(Dimension::Service, "a\\b\"c\nd")])]);
    assert!(text.ends_with("{service=\"a\\\\b\\\"c\\nd\"} 60\n"), "{text}");
}

#[test]
fn the_parser_refuses_what_is_wrong() {
    let announced = "# HELP a b\n# TYPE a gauge\n";
    for bad in [
        "a{} 1\n",
        "# HELP a b\n# TYPE a gauge\na{} 1",
        "# HELP a b\n# HELP a b\n",
        "# HELP a b\n# TYPE a gauge\na{} 1\na{} 2\n",
        "# HELP a b\n# TYPE a gauge\na{l=\"x\ny\"} 1\n",
        "# HELP a b\n# TYPE a gauge\na{l=\"x\"y\"} 1\n",
        "# HELP a b\n# TYPE a gauge\na{l=\"\\x\"} 1\n",
        "# HELP a b\n# TYPE a gauge\na{} one\n",
        "# HELP a b\n# TYPE a gauge\na{} 1\n# TYPE a gauge\n",
    ] {
        assert!(parse(bad).is_err(), "{bad:?}");
    }
    assert!(parse(&format!("{announced}a{{l=\"x\"}} 1\n")).is_ok());
}

proptest! {
    #[test]
    fn whatever_a_label_holds_is_read_back(texts in prop::collection::btree_set("\\PC*|[\\\\\"\n\r{}=, #]*", 1..5), value in -1e12f64..1e12) {
        let metrics: Vec<Metric> =
            texts.iter().map(|text| metric(Kind::Failovers, value, &[(Dimension::Service, text), (Dimension::Mode, "live")])).collect();
        let read = parse(&exposition(&metrics)).unwrap();
        let names: Vec<&String> = read.iter().map(|(_, labels, _)| &labels["service"]).collect();
        prop_assert_eq!(names, texts.iter().collect::<Vec<_>>());
        prop_assert!(read.iter().all(|(_, labels, read)| read.to_bits() == value.to_bits() && labels["mode"] == "live"));
    }
}

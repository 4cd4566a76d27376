//! Metrics as Prometheus reads them: its text format 0.0.4 (prometheus.io, "Exposition formats"), in base units and with names
//! as its guide wants them ("Metric and label naming").

use std::fmt::Write as _;

use super::{Kind, Metric};

/// What the text is served as.
pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// How a kind of metric is told.
struct Family {
    name: &'static str,
    of: &'static str,
    help: &'static str,
    /// How many of its base unit the value's unit is, as a fraction: a minute is 60 / 1 seconds.
    scale: (f64, f64),
}

fn family(kind: Kind) -> Family {
    let (name, of, scale, help) = match kind {
        Kind::HealthCheck => (
            "handover_health_check_success_ratio",
            "gauge",
            (1.0, 100.0),
            "Share of the last looks, 60 at most, that the endpoint answered as it should.",
        ),
        Kind::ReplicationLag => (
            "handover_replication_lag_seconds",
            "gauge",
            (1.0, 1000.0),
            "How far the replica in this Region is behind.",
        ),
        Kind::ResponseTime => (
            "handover_response_time_seconds",
            "gauge",
            (1.0, 1000.0),
            "How long the endpoint took to answer the last look.",
        ),
        Kind::Availability => (
            "handover_availability_ratio",
            "gauge",
            (1.0, 100.0),
            "Share of the requests of the last five minutes that were answered as they should be.",
        ),
        Kind::Failovers => (
            "handover_failovers_total",
            "counter",
            (1.0, 1.0),
            "Runs on this machine that handed the service over to this Region.",
        ),
        Kind::Rto => (
            "handover_recovery_time_seconds",
            "gauge",
            (60.0, 1.0),
            "Recovery time of the last run of this mode that was carried through.",
        ),
        Kind::Rpo => (
            "handover_recovery_point_seconds",
            "gauge",
            (60.0, 1.0),
            "Span from which the last run of this mode that was carried through lost writes at most.",
        ),
    };
    Family { name, of, help, scale }
}

/// The text; ends with a line break, where there is anything.
pub fn exposition(metrics: &[Metric]) -> String {
    let mut text = String::new();
    for kind in Kind::ALL {
        let mut of = metrics.iter().filter(|metric| metric.kind == kind && metric.value.is_finite()).peekable();
        if of.peek().is_none() {
            continue;
        }
        let Family { name, of: type_of, help, scale: (times, by) } = family(kind);
        // To a String, this cannot fail.
        let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} {type_of}");
        for metric in of {
            let label = |(dimension, value): &(super::Dimension, String)| {
                format!("{}=\"{}\"", dimension.as_str().to_ascii_lowercase(), escaped(value))
            };
            let labels = metric.dimensions.iter().map(label).collect::<Vec<_>>().join(",");
            let _ = writeln!(text, "{name}{{{labels}}} {}", metric.value * times / by);
        }
    }
    text
}

/// A label's value: backslash, quotation mark and line feed are escaped, and nothing else is.
fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

#[cfg(test)]
mod tests;

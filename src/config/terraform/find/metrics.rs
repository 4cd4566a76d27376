//! `cloudwatch`: the lag series, and the alarms of both Regions.

use std::time::Duration;

use super::{Part, aurora, rds};
use crate::config::terraform::block::{Block, Note, Val, text};
use crate::config::terraform::resource::{Estate, Resource};
use crate::config::terraform::sides::Sides;
use crate::domain::region::Region;

const ALARM: &str = "aws_cloudwatch_metric_alarm";

/// More names than this CloudWatch does not take in one request.
const MOST: usize = 100;

/// The lag series of a pair of databases, as AWS publishes it: of the replica, in its Region.
struct Series {
    metric: &'static str,
    unit: &'static str,
    dimension: &'static str,
    primary: String,
    standby: String,
}

fn series(estate: &Estate, sides: &Sides) -> Vec<Series> {
    let instances = rds::pairs(estate, sides).into_iter().map(|(primary, standby)| Series {
        metric: "ReplicaLag",
        unit: "seconds",
        dimension: "DBInstanceIdentifier",
        primary,
        standby,
    });
    let clusters = aurora::pairs(estate, sides).into_iter().map(|(primary, standby)| Series {
        metric: "AuroraGlobalDBReplicationLag",
        unit: "milliseconds",
        dimension: "DBClusterIdentifier",
        primary,
        standby,
    });
    clusters.chain(instances).collect()
}

/// The value of a dimension of an alarm.
fn dimension<'e>(alarm: &'e Resource, name: &str) -> Option<&'e str> {
    alarm.map("dimensions")?.get(name)?.as_str()
}

/// The threshold of an alarm on the lag, and the alarm.
pub(in crate::config::terraform) fn threshold(estate: &Estate, sides: &Sides) -> Option<(Duration, String)> {
    let series = series(estate, sides);
    let on_lag = |alarm: &&Resource| {
        series.iter().any(|series| {
            alarm.text("metric_name") == Some(series.metric)
                && [&series.primary, &series.standby]
                    .into_iter()
                    .any(|id| dimension(alarm, series.dimension) == Some(id.as_str()))
        })
    };
    let greater = |alarm: &&Resource| alarm.text("comparison_operator").is_some_and(|is| is.starts_with("Greater"));
    let alarm = estate.of(ALARM).filter(on_lag).find(greater)?;
    let unit = if alarm.text("metric_name") == Some("ReplicaLag") { 1_000.0 } else { 1.0 };
    let ms = (alarm.number("threshold")? * unit).round();
    // From a millisecond to a year: anything else is no threshold of a lag.
    (1.0..=31_536_000_000.0).contains(&ms).then(|| {
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        (Duration::from_millis(ms as u64), alarm.told())
    })
}

pub(super) fn find(estate: &Estate, sides: &Sides) -> Part {
    let mut left = Vec::new();
    let series = series(estate, sides);
    let here = |region: &Region| estate.of(ALARM).filter(|alarm| alarm.is_in(region)).collect::<Vec<_>>();
    let alarms = [here(&sides.primary), here(&sides.standby)];
    let others = estate.of(ALARM).filter(|alarm| {
        alarm.region.as_ref().is_some_and(|region| *region != sides.primary && *region != sides.standby)
    });
    left.extend(others.map(|alarm| Note::Check(format!("{} is in neither Region, and is not read", alarm.told()))));
    // An alarm whose dimension names nothing never has data: a resource's `id` is not the instance's name since provider 5.
    for instance in estate.of("aws_db_instance") {
        let id = instance.text("id").filter(|id| Some(*id) != instance.key());
        let wrong = estate.of(ALARM).filter(|alarm| id.is_some() && dimension(alarm, "DBInstanceIdentifier") == id);
        left.extend(wrong.map(|alarm| {
            let key = instance.key().unwrap_or("…");
            Note::Check(format!(
                "{} watches the id of {}, not its name {key}: it has no data",
                alarm.told(),
                instance.told()
            ))
        }));
    }
    if series.is_empty() && alarms.iter().all(Vec::is_empty) {
        return Part { what: "alarms", blocks: Vec::new(), left };
    }
    let mut block = Block::new("metrics", "cloudwatch");
    for (key, region, alarms) in [("primary", &sides.primary, &alarms[0]), ("standby", &sides.standby, &alarms[1])] {
        if alarms.is_empty() {
            block.note(Note::Missing(format!("alarms in {region}")));
            continue;
        }
        if alarms.len() > MOST {
            block.note(Note::Check(format!("{} more alarms in {region} are left out", alarms.len() - MOST)));
        }
        let names = alarms.iter().take(MOST).filter_map(|alarm| Some(text(alarm.key()?))).collect();
        block.set(key, Val::Table(vec![("alarms", Val::List(names))]));
    }
    if let Some(first) = series.first() {
        if series.len() > 1 {
            block.note(Note::Check(format!("the lag of {} alone; there are more databases", first.standby)));
        }
        block.table("lag", true);
        block.say(
            "The series is the replica's, in its Region; `back` is the other's, once the service runs in the standby.",
        );
        block.set("namespace", text("AWS/RDS"));
        block.set("metric", text(first.metric));
        block.set("unit", text(first.unit));
        block.set("dimension", Val::Table(vec![(first.dimension, text(first.standby.as_str()))]));
        block.set("region", text("standby"));
        block.set("back", text(first.primary.as_str()));
    }
    Part { what: "alarms", blocks: vec![block], left }
}

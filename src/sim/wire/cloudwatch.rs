//! CloudWatch: Smithy's RPC v2 protocol over CBOR, as the SDK for Rust speaks it, and AWS JSON, as boto3 and the AWS CLI do.

use std::collections::BTreeMap;

use aws_smithy_types::DateTime;

use super::tree::{Tree, map};
use super::{Called, Protocol, WireRequest, WireResponse, json, respond, unknown_operation};
use crate::sim::steps::Ms;
use crate::sim::world::custom::Datum;
use crate::sim::world::metrics::{Alarm, MetricQuery};
use crate::sim::world::mutation::Change;
use crate::sim::world::{ApiError, World, s3};

const PREFIX: &str = "/service/GraniteServiceVersion20100801/operation/";
const CONTENT_TYPE: &str = "application/cbor";

/// The operation of a request in CBOR: the end of its path.
pub(super) fn operation(path: &str) -> Option<String> {
    path.strip_prefix(PREFIX).map(str::to_owned)
}

pub(super) fn answer(
    world: &mut World,
    called: &Called,
    request: &WireRequest,
    id: &str,
) -> Result<WireResponse, ApiError> {
    let cbor = called.protocol == Protocol::Cbor;
    let body = if cbor {
        let malformed = |error| ApiError::new(400, "SerializationException", error);
        Tree::from_cbor(request.body()).map_err(malformed)?
    } else {
        Tree::from_json(json::body(request)?)
    };
    let answer = match called.operation.as_str() {
        "GetMetricData" => metric_data(world, &called.region, &body)?,
        "GetMetricStatistics" => metric_statistics(world, &called.region, &body)?,
        "DescribeAlarms" => describe_alarms(world, &called.region, &body),
        "PutMetricData" => {
            let change = put_metric(&body)?;
            world.apply(&called.region, id, change)?;
            map([])
        }
        "ListMetrics" => list_metrics(world, &called.region, &body),
        _ => return Err(unknown_operation(called)),
    };
    Ok(if cbor { marked(respond(200, CONTENT_TYPE, id, answer.to_cbor())) } else { json::ok(&answer.to_json(), id) })
}

fn marked(mut response: WireResponse) -> WireResponse {
    let (name, value) = ("smithy-protocol", "rpc-v2-cbor");
    response.headers_mut().insert(http::HeaderName::from_static(name), http::HeaderValue::from_static(value));
    response
}

/// An error in CBOR.
pub(super) fn error(error: &ApiError, id: &str) -> WireResponse {
    let kind = format!("com.amazonaws.cloudwatch#{}", error.code);
    let body = map([("__type", kind.as_str().into()), ("message", error.message.as_str().into())]);
    marked(respond(error.status, CONTENT_TYPE, id, body.to_cbor()))
}

fn invalid(message: &str) -> ApiError {
    ApiError::new(400, "ValidationError", message.to_owned())
}

/// The span that a request asks about.
fn span(world: &World, body: &Tree) -> Result<(Ms, Ms), ApiError> {
    let moment = |name: &str| {
        let time = body.time(name).ok_or_else(|| invalid(&format!("The parameter {name} is required.")))?;
        let wall = time.to_millis().map_err(|error| invalid(&error.to_string()))?;
        Ok::<Ms, ApiError>(wall.saturating_sub(world.epoch().as_millisecond()))
    };
    let (start, end) = (moment("StartTime")?, moment("EndTime")?);
    if start >= end {
        return Err(invalid("The parameter StartTime must be less than the parameter EndTime."));
    }
    Ok((start, end))
}

fn time(world: &World, at: Ms) -> Tree {
    Tree::Time(DateTime::from_millis(world.timestamp(at).as_millisecond()))
}

fn metric_data(world: &World, region: &str, body: &Tree) -> Result<Tree, ApiError> {
    let (start, end) = span(world, body)?;
    let oldest_first = body.text("ScanBy") == Some("TimestampAscending");
    let mut results = Vec::new();
    for query in body.items("MetricDataQueries") {
        let name = query.text("Id").ok_or_else(|| invalid("Each query needs an Id."))?;
        let metric = read_query(query)?;
        let mut samples = world.samples(region, &metric, start, end, world.now());
        if !oldest_first {
            samples.reverse();
        }
        results.push(map([
            ("Id", name.into()),
            ("Label", query.text("Label").unwrap_or(&metric.metric).into()),
            ("Timestamps", Tree::List(samples.iter().map(|(at, _)| time(world, *at)).collect())),
            ("Values", Tree::List(samples.iter().map(|(_, value)| Tree::Double(*value)).collect())),
            ("StatusCode", "Complete".into()),
        ]));
    }
    Ok(map([("MetricDataResults", Tree::List(results)), ("Messages", Tree::List(Vec::new()))]))
}

/// The older call: one metric, several statistics, and the samples in no order that anybody promises.
fn metric_statistics(world: &World, region: &str, body: &Tree) -> Result<Tree, ApiError> {
    let (start, end) = span(world, body)?;
    let wanted: Vec<&str> = body.items("Statistics").iter().filter_map(Tree::as_text).collect();
    if wanted.is_empty() {
        return Err(invalid("At least one of the parameters Statistics and ExtendedStatistics must be specified."));
    }
    let mut points: BTreeMap<Ms, Vec<(String, Tree)>> = BTreeMap::new();
    for stat in wanted {
        let metric = query_of(body, body, stat);
        for (at, value) in world.samples(region, &metric, start, end, world.now()) {
            let point = points.entry(at).or_insert_with(|| vec![("Timestamp".to_owned(), time(world, at))]);
            point.push((stat.to_owned(), Tree::Double(value)));
        }
    }
    let points = points.into_values().map(Tree::Map).collect();
    Ok(map([("Label", body.text("MetricName").unwrap_or_default().into()), ("Datapoints", Tree::List(points))]))
}

fn put_metric(body: &Tree) -> Result<Change, ApiError> {
    let namespace = body.text("Namespace").unwrap_or_default().to_owned();
    let data = body.items("MetricData").iter().map(|datum| {
        let metric = datum.text("MetricName").ok_or_else(|| invalid("Each datum needs a MetricName."))?.to_owned();
        let value = match datum.get("Value") {
            Some(Tree::Double(value)) => serde_json::Number::from_f64(*value),
            Some(Tree::Whole(value)) => Some((*value).into()),
            _ => None,
        };
        let mut dimensions: Vec<(String, String)> = datum.items("Dimensions").iter().filter_map(pair).collect();
        dimensions.sort();
        let at = datum.time("Timestamp").map(|time| {
            let wall = time.to_millis().map_err(|error| invalid(&error.to_string()))?;
            jiff::Timestamp::from_millisecond(wall).map_err(|error| invalid(&error.to_string()))
        });
        Ok(Datum {
            metric,
            dimensions,
            at: at.transpose()?,
            value: value.ok_or_else(|| invalid("The simulated CloudWatch takes a datum with a Value."))?,
            unit: datum.text("Unit").map(str::to_owned),
        })
    });
    Ok(Change::PutMetric { namespace, data: data.collect::<Result<_, ApiError>>()? })
}

/// A dimension.
fn pair(dimension: &Tree) -> Option<(String, String)> {
    Some((dimension.text("Name")?.to_owned(), dimension.text("Value")?.to_owned()))
}

fn read_query(query: &Tree) -> Result<MetricQuery, ApiError> {
    let stat = query.get("MetricStat").ok_or_else(|| invalid("Only queries with MetricStat are simulated."))?;
    let metric = stat.get("Metric").ok_or_else(|| invalid("MetricStat needs a Metric."))?;
    Ok(query_of(metric, stat, stat.text("Stat").unwrap_or("Average")))
}

/// A query of a metric, of which the period and the unit stand in `how`.
fn query_of(metric: &Tree, how: &Tree, stat: &str) -> MetricQuery {
    let dimensions = metric.items("Dimensions").iter();
    MetricQuery {
        namespace: metric.text("Namespace").unwrap_or_default().to_owned(),
        metric: metric.text("MetricName").unwrap_or_default().to_owned(),
        dimensions: dimensions.filter_map(pair).collect(),
        period: how.whole("Period").filter(|period| *period > 0).unwrap_or(60).saturating_mul(1_000),
        stat: stat.to_owned(),
        unit: how.text("Unit").map(str::to_owned),
    }
}

/// Metrics that match, each with its dimensions: S3's of replication, and the lag that the service file names.
fn list_metrics(world: &World, region: &str, body: &Tree) -> Tree {
    let lag = world
        .lag_metrics(region)
        .into_iter()
        .map(|lag| (lag.namespace.clone(), lag.metric.clone(), vec![lag.dimension.clone()]));
    let replication = world.replication_metrics(region, world.now()).into_iter();
    let replication = replication.map(|(metric, pairs)| (s3::NAMESPACE.to_owned(), metric.to_owned(), pairs));
    let wanted = |(namespace, metric, pairs): &(String, String, Vec<(String, String)>)| {
        let has = |filter: &Tree| {
            let value = filter.text("Value");
            let mut named = pairs.iter().filter(|(name, _)| Some(name.as_str()) == filter.text("Name"));
            named.any(|(_, found)| value.is_none_or(|value| value == found))
        };
        body.text("Namespace").is_none_or(|asked| asked == namespace)
            && body.text("MetricName").is_none_or(|asked| asked == metric)
            && body.items("Dimensions").iter().all(has)
    };
    let told = |(namespace, metric, pairs): (String, String, Vec<(String, String)>)| {
        let pair =
            |(name, value): &(String, String)| map([("Name", name.as_str().into()), ("Value", value.as_str().into())]);
        map([
            ("Namespace", namespace.as_str().into()),
            ("MetricName", metric.as_str().into()),
            ("Dimensions", Tree::List(pairs.iter().map(pair).collect())),
        ])
    };
    map([("Metrics", Tree::List(lag.chain(replication).filter(wanted).map(told).collect()))])
}

fn describe_alarms(world: &World, region: &str, body: &Tree) -> Tree {
    let names: Vec<&str> = body.items("AlarmNames").iter().filter_map(Tree::as_text).collect();
    let wanted = |alarm: &&Alarm| {
        (names.is_empty() || names.contains(&alarm.name.as_str()))
            && body.text("AlarmNamePrefix").is_none_or(|prefix| alarm.name.starts_with(prefix))
            && body.text("StateValue").is_none_or(|state| alarm.state == state)
    };
    let told = |alarm: &Alarm| {
        let arn = format!("arn:aws:cloudwatch:{region}:{}:alarm:{}", world.account(), alarm.name);
        let topic = format!("arn:aws:sns:{region}:{}:on-call", world.account());
        map([
            ("AlarmName", alarm.name.as_str().into()),
            ("AlarmArn", arn.as_str().into()),
            ("StateValue", alarm.state.into()),
            ("StateReason", alarm.reason.as_str().into()),
            ("Namespace", alarm.metric.0.into()),
            ("MetricName", alarm.metric.1.into()),
            ("ActionsEnabled", Tree::Flag(true)),
            ("AlarmActions", Tree::List(vec![topic.as_str().into()])),
            ("StateUpdatedTimestamp", time(world, alarm.since)),
        ])
    };
    let alarms = world.alarms(region, world.now());
    map([("MetricAlarms", Tree::List(alarms.iter().filter(wanted).map(told).collect()))])
}

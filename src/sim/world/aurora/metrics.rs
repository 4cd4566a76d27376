//! CloudWatch's figures of a global database: they are in the reader's Region alone, and move with its role.

use super::super::World;
use super::super::metrics::{KEPT, LATE, MINUTE, MetricQuery, aggregate};
use super::{ClusterPair, Standing};
use crate::domain::region::HomeRole;
use crate::sim::steps::Ms;

impl World {
    /// Samples of a global database's lag, in milliseconds; `None` if the query is about something else.
    pub(in crate::sim::world) fn cluster_samples(
        &self,
        region: &str,
        query: &MetricQuery,
        start: Ms,
        end: Ms,
        now: Ms,
    ) -> Option<Vec<(Ms, f64)>> {
        let known = ["AuroraGlobalDBReplicationLag", "AuroraGlobalDBRPOLag", "AuroraGlobalDBProgressLag"];
        if query.namespace != "AWS/RDS" || !known.contains(&query.metric.as_str()) {
            return None;
        }
        let found = self.role_of(region).and_then(|role| {
            let mut pairs = self.cluster_pairs().iter();
            let asked = |pair: &&ClusterPair| {
                let dimension = ("DBClusterIdentifier".to_owned(), pair.spec.cluster.get(role).clone());
                query.dimensions.as_slice() == std::slice::from_ref(&dimension)
            };
            pairs.find(asked).map(|pair| (role, pair))
        });
        let Some((role, pair)) = found.filter(|_| query.unit.as_ref().is_none_or(|unit| unit == "Milliseconds")) else {
            return Some(Vec::new());
        };
        let period = query.period.max(MINUTE);
        // Periods are of the wall clock, not of the simulation.
        let offset = self.epoch().as_millisecond();
        let first = (start.max(now - KEPT) + offset).div_euclid(period) * period - offset;
        let mut bucket = if first < start { first + period } else { first };
        let mut out = Vec::new();
        while bucket < end.min(now) {
            let minutes = (0..period / MINUTE).map(|minute| bucket + minute * MINUTE);
            let values: Vec<f64> = minutes.filter_map(|minute| sample(pair, role, query, minute, now)).collect();
            out.extend(aggregate(&query.stat, &values).map(|value| (bucket, value)));
            bucket += period;
        }
        Some(out)
    }
}

/// What was written for the minute from `minute` on: nothing where the cluster does not follow.
fn sample(pair: &ClusterPair, role: HomeRole, query: &MetricQuery, minute: Ms, now: Ms) -> Option<f64> {
    let end = minute + MINUTE;
    if end + LATE > now || pair.standing(role, end) != Standing::Reader || !pair.streaming(end) {
        return None;
    }
    // A commit is durable in the reader's storage a little later than the volume's last page.
    let more = if query.metric == "AuroraGlobalDBRPOLag" { pair.chance.between("rpo lag", end, 5, 60) } else { 0 };
    #[expect(clippy::cast_precision_loss, reason = "lags are minutes, not millennia")]
    Some((pair.lag_at(end) + more) as f64)
}

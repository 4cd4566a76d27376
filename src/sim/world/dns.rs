//! Route 53's data plane: what each authoritative server answers when, and what resolvers keep.

use std::sync::Arc;

use super::balancers::{self, Balancer};
use super::faults;
use super::health::HealthCheck;
use super::records::{RecordSet, full_name};
use super::{Compiled, World};
use crate::domain::region::HomeRole;
use crate::domain::service::Route53Failover;
use crate::sim::steps::{EVER, Ms, Steps};

/// How many authoritative servers a zone has.
pub const SERVERS: usize = 4;
/// For how long a resolver keeps "there is no such name".
const NEGATIVE_TTL: u32 = 60;

/// A zone's records as each of its servers has them, over time.
#[derive(Debug, Clone)]
pub struct Zone {
    /// Its id.
    pub id: String,
    /// Its name, with the final dot.
    pub name: String,
    /// The records as the control plane has them, over time.
    pub records: Steps<Arc<Vec<RecordSet>>>,
    /// The same as each server has them.
    pub(super) servers: Vec<Steps<Arc<Vec<RecordSet>>>>,
    /// The changes, oldest first.
    pub(super) changes: Vec<Propagation>,
}

/// How a change of records spreads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Propagation {
    /// The change's id, without `/change/`.
    pub id: String,
    /// When it was accepted.
    pub at: Ms,
    /// From when on `GetChange` answers INSYNC: every server has it.
    pub insync: Ms,
}

/// What a server answers to one question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// The values, without final dots.
    pub values: Vec<String>,
    /// Seconds for which it may be kept.
    pub ttl: u32,
    /// The health check of the record that was chosen; kept for tests and logs.
    pub check: Option<String>,
}

impl Zone {
    /// The newest change.
    pub fn last_change(&self) -> Option<&Propagation> {
        self.changes.last()
    }

    /// Whether a name is this zone's own or below it.
    pub fn holds(&self, name: &str) -> bool {
        name == self.name || name.strip_suffix(self.name.as_str()).is_some_and(|rest| rest.ends_with('.'))
    }
}

/// Route 53 chooses from a failover pair: the primary while it is healthy, else the secondary if that is healthy, and
/// when neither is, the primary.
fn choose(records: &[RecordSet], healthy: impl Fn(&RecordSet) -> bool) -> Option<&RecordSet> {
    let of = |role: &str| records.iter().find(|record| record.failover.as_deref() == Some(role));
    match (of("PRIMARY"), of("SECONDARY")) {
        (Some(primary), _) if healthy(primary) => Some(primary),
        (_, Some(secondary)) if healthy(secondary) => Some(secondary),
        (Some(primary), _) => Some(primary),
        (None, Some(secondary)) => Some(secondary),
        (None, None) => records.first(),
    }
}

/// A resolver's cache of one name: what it holds from each moment on, and the moments are when it asked.
struct Cache {
    held: Vec<(Ms, Reply)>,
}

impl Cache {
    /// A resolver that somebody is always asking: it asks again whenever what it has runs out.
    fn follow(answers: &Steps<Reply>, phase: Ms) -> Self {
        let mut held: Vec<(Ms, Reply)> = Vec::new();
        for (from, _, _) in answers.spans() {
            let asks = held.last().map_or(
                // Long before all else, at a moment of its own.
                -86_400_000 * 30 + phase,
                |(asked, reply)| next_ask(*asked, reply.ttl, from),
            );
            if held.last().is_some_and(|(asked, _)| *asked == asks) {
                continue;
            }
            held.push((asks, answers.at(asks).clone()));
        }
        Self { held }
    }

    /// What it answers, and for how many seconds yet.
    fn at(&self, at: Ms) -> Option<Reply> {
        let after = self.held.partition_point(|(asked, _)| *asked <= at);
        let (asked, reply) = self.held.get(after.checked_sub(1)?)?;
        let span = Ms::from(reply.ttl.max(1)) * 1_000;
        let into = (at - asked).rem_euclid(span);
        let left = u32::try_from((span - into + 999) / 1_000).unwrap_or(0);
        Some(Reply { ttl: left, ..reply.clone() })
    }
}

/// When a resolver that asked at `asked` asks for the first time at or after `from`.
fn next_ask(asked: Ms, ttl: u32, from: Ms) -> Ms {
    let span = Ms::from(ttl.max(1)) * 1_000;
    if from <= asked { asked } else { asked + (from - asked + span - 1) / span * span }
}

impl World {
    /// A zone by id, with or without `/hostedzone/`.
    pub fn zone(&self, id: &str) -> Option<&Zone> {
        let id = id.trim_start_matches("/hostedzone/");
        self.compiled.zones.iter().find(|zone| zone.id == id)
    }

    /// A change by id, with or without `/change/`.
    pub fn change(&self, id: &str) -> Option<&Propagation> {
        let id = id.trim_start_matches("/change/");
        self.compiled.zones.iter().flat_map(|zone| &zone.changes).find(|change| change.id == id)
    }

    /// The names of a zone's authoritative servers.
    pub fn server_names(&self) -> Vec<String> {
        (1..=SERVERS).map(|n| format!("ns-{n}.sim")).collect()
    }

    /// Which authoritative server a `host:port` is: by the names of the delegation set, or by its place among the
    /// service file's own.
    pub fn server_index(&self, server: &str) -> Option<usize> {
        let host = server.rsplit_once(':').map_or(server, |(host, _)| host).trim_end_matches('.');
        self.server_names().iter().position(|name| name == host).or_else(|| {
            self.traffic_specs()
                .flat_map(|spec| spec.nameservers.iter().enumerate())
                .find_map(|(index, known)| (known == server).then_some(index % SERVERS))
        })
    }

    /// What an authoritative server answers; `None` where no zone of the service holds the name.
    pub fn authoritative(&self, server: usize, name: &str, kind: &str, at: Ms) -> Option<Reply> {
        let name = full_name(name);
        let private = self.compiled.zones.iter().any(|zone| zone.holds(&name) && self.is_private(&zone.id));
        if private { None } else { self.data().answer(server, &name, kind, at) }
    }

    /// Whether a zone is private: only the resolvers of its VPCs know its names.
    pub fn is_private(&self, zone: &str) -> bool {
        self.traffic_specs().any(|spec| spec.zone == zone && spec.private)
    }

    /// What a resolver answers, with the TTL it has left.
    pub fn resolved(&self, resolver: &str, name: &str, kind: &str, at: Ms) -> Option<Reply> {
        let name = full_name(name);
        let balancer = self.compiled.balancers.iter().find(|balancer| balancer.name == name && kind == "A");
        match balancer {
            Some(balancer) => Some(Reply { values: balancer.addresses.clone(), ttl: balancers::TTL, check: None }),
            None => cache(self, self.data(), resolver, &name, kind)?.at(at),
        }
    }

    fn data(&self) -> Data<'_> {
        let Compiled { zones, checks, balancers, .. } = &self.compiled;
        Data { zones, checks, balancers }
    }
}

/// Everything that Route 53's data plane answers from.
#[derive(Clone, Copy)]
pub(super) struct Data<'a> {
    pub(super) zones: &'a [Zone],
    pub(super) checks: &'a [HealthCheck],
    pub(super) balancers: &'a [Balancer],
}

impl Data<'_> {
    /// Whether a value of an answer leads to a Region.
    fn means(&self, spec: &Route53Failover, role: HomeRole, value: &str) -> bool {
        let behind = |balancer: &&Balancer| balancer.role == role && balancer.name == full_name(spec.target.get(role));
        value.eq_ignore_ascii_case(spec.target.get(role))
            || self.balancers.iter().find(behind).is_some_and(|balancer| balancer.addresses.iter().any(|a| a == value))
    }

    fn balancer(&self, record: &RecordSet) -> Option<&Balancer> {
        let name = &record.alias.as_ref()?.name;
        let name = name.strip_prefix("dualstack.").unwrap_or(name);
        self.balancers.iter().find(|balancer| balancer.name == name)
    }

    fn answer(&self, server: usize, name: &str, kind: &str, at: Ms) -> Option<Reply> {
        let zone = self.zones.iter().find(|zone| zone.holds(name))?;
        let here: Vec<RecordSet> = {
            let records = zone.servers.get(server % SERVERS)?.at(at);
            records.iter().filter(|record| record.name == name && record.kind == kind).cloned().collect()
        };
        let healthy = |record: &RecordSet| {
            let check = record.check.as_ref().and_then(|id| self.checks.iter().find(|check| check.id == *id));
            let evaluates = record.alias.as_ref().is_some_and(|alias| alias.evaluate);
            let target = self.balancer(record).filter(|_| evaluates);
            check.is_none_or(|check| check.healthy(at)) && target.is_none_or(|target| *target.healthy.at(at))
        };
        let reply = |record: &RecordSet| Reply {
            values: match (&record.alias, self.balancer(record)) {
                (Some(_), Some(balancer)) => balancer.addresses.clone(),
                _ => record.values.iter().map(|value| value.trim_end_matches('.').to_owned()).collect(),
            },
            ttl: record.ttl,
            check: record.check.clone(),
        };
        let nothing = || Reply { values: Vec::new(), ttl: NEGATIVE_TTL, check: None };
        Some(choose(&here, healthy).map_or_else(nothing, reply))
    }
}

fn cache(world: &World, data: Data<'_>, resolver: &str, name: &str, kind: &str) -> Option<Cache> {
    let zone = data.zones.iter().find(|zone| zone.holds(name))?;
    let server = usize::try_from(world.chance().between(resolver, 0, 0, 3)).unwrap_or(0);
    let moments = zone.servers.get(server)?.moments().chain(data.checks.iter().flat_map(HealthCheck::moments));
    let moments = moments.chain(data.balancers.iter().flat_map(|balancer| balancer.healthy.moments()));
    let nothing = || Reply { values: Vec::new(), ttl: NEGATIVE_TTL, check: None };
    // One of the service's resolvers may be of those that ignore the TTL for a while.
    let sticks = world.traffic_specs().any(|spec| spec.resolvers.last().is_some_and(|last| last == resolver));
    let moments = moments.chain(faults::moments(&world.scenario).filter(|_| sticks));
    let asked = |at| if sticks { faults::stuck(&world.scenario, at) } else { at };
    let answers =
        Steps::of(moments.collect::<Vec<_>>(), |at| data.answer(server, name, kind, asked(at)).unwrap_or_else(nothing));
    let phase = world.chance().between(resolver, 1, 0, 59_999);
    Some(Cache::follow(&answers, phase))
}

/// The Region to which the public name leads, as the first resolver has it: `None` where it leads to neither.
pub(super) fn traffic(world: &World, data: Data<'_>) -> Steps<Option<HomeRole>> {
    let Some(spec) = world.traffic_specs().next() else { return Steps::always(Some(HomeRole::Primary)) };
    let resolver = spec.resolvers.first().map_or("resolver-1.sim:53", String::as_str);
    let Some(cache) = cache(world, data, resolver, &full_name(&spec.record), spec.record_type.as_str()) else {
        return Steps::always(None);
    };
    // History has no beginning: before the resolver's first question the primary had the traffic.
    let mut steps = Steps::always(Some(HomeRole::Primary));
    for (asked, reply) in &cache.held {
        let leads = [HomeRole::Primary, HomeRole::Standby]
            .into_iter()
            .find(|role| reply.values.iter().any(|value| data.means(spec, *role, value)));
        steps.push((*asked).max(EVER + 1), leads);
    }
    steps
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(failover: &str, value: &str) -> RecordSet {
        RecordSet {
            name: "api.example.com.".into(),
            kind: "CNAME".into(),
            set: Some(failover.to_ascii_lowercase()),
            failover: Some(failover.into()),
            ttl: 60,
            values: vec![value.into()],
            alias: None,
            check: Some(value.into()),
        }
    }

    #[test]
    fn a_failover_pair_with_both_sides_unhealthy_answers_the_primary() {
        let pair = [record("PRIMARY", "one"), record("SECONDARY", "two")];
        let chosen = |healthy: &[&str]| {
            choose(&pair, |record| healthy.contains(&record.values[0].as_str())).unwrap().values[0].clone()
        };
        assert_eq!(chosen(&["one", "two"]), "one");
        assert_eq!(chosen(&["two"]), "two");
        assert_eq!(chosen(&[]), "one");
        assert_eq!(chosen(&["one"]), "one");
    }

    #[test]
    fn a_resolver_keeps_an_answer_until_its_own_moment() {
        let reply = |value: &str| Reply { values: vec![value.into()], ttl: 60, check: None };
        let mut answers = Steps::always(reply("old"));
        answers.push(1_000, reply("new"));
        let cache = Cache::follow(&answers, 20_000);
        let at = |at| cache.at(at).unwrap();
        assert_eq!((at(19_000).values[0].as_str(), at(19_000).ttl), ("old", 1));
        assert_eq!((at(20_000).values[0].as_str(), at(20_000).ttl), ("new", 60));
        assert_eq!(at(50_500).ttl, 30);
        assert_eq!(at(80_000).ttl, 60);
    }
}

//! What DNS itself answers: the authoritative servers, and resolvers that keep answers for their TTL.

use futures::future::join_all;

use super::Failover;
use super::records::plain;
use crate::domain::disruption::Probe;
use crate::domain::reading::{Unread, Why};
use crate::domain::region::{HomeRole, Pair};
use crate::ports::DnsAnswer;
use crate::providers::aws::errors;

/// What one server answered.
pub(super) struct Server {
    pub(super) name: String,
    pub(super) answer: Result<DnsAnswer, Unread>,
    /// The Region's code, or `other`; `None` if it gave no usable answer.
    pub(super) region: Option<String>,
}

/// What several servers answered.
pub(super) struct Servers(pub(super) Vec<Server>);

impl Servers {
    /// How many answered.
    pub(super) fn answered(&self) -> usize {
        self.0.iter().filter(|server| server.region.is_some()).count()
    }

    /// How many answered this Region.
    pub(super) fn agreeing(&self, region: &str) -> usize {
        self.0.iter().filter(|server| server.region.as_deref() == Some(region)).count()
    }

    /// The one answer that all that answered gave; `mixed`; or `none`.
    pub(super) fn word(&self) -> String {
        let mut regions: Vec<&str> = self.0.iter().filter_map(|server| server.region.as_deref()).collect();
        regions.sort_unstable();
        regions.dedup();
        match regions.as_slice() {
            [] => "none".to_owned(),
            [one] => (*one).to_owned(),
            _ => "mixed".to_owned(),
        }
    }

    /// The answer that most gave.
    pub(super) fn most(&self) -> Option<String> {
        let of = |server: &Server| server.region.clone();
        self.0.iter().filter_map(of).max_by_key(|region| self.agreeing(region))
    }

    /// The greatest TTL that is left where another answer than this Region is still given.
    pub(super) fn ttl_left(&self, region: &str) -> u32 {
        self.0
            .iter()
            .filter(|server| server.region.as_deref().is_some_and(|says| says != region))
            .filter_map(|server| server.answer.as_ref().ok().map(|answer| answer.ttl))
            .max()
            .unwrap_or(0)
    }

    /// The first failure.
    pub(super) fn failure(&self) -> Option<&Unread> {
        self.0.iter().find_map(|server| server.answer.as_ref().err())
    }

    /// What each server says, for evidence.
    pub(super) fn list(&self) -> String {
        let say = |server: &Server| {
            let said = match (&server.region, &server.answer) {
                (Some(region), _) => region.clone(),
                (None, Err(unread)) => unread.why.as_str().to_owned(),
                (None, Ok(_)) => "no usable answer".to_owned(),
            };
            format!("{} {said}", server.name)
        };
        self.0.iter().map(say).collect::<Vec<_>>().join(", ")
    }
}

impl Failover {
    /// Asks every authoritative server. One that claims no authority has not answered.
    pub(super) async fn ask_authoritative(&self) -> Result<Servers, Unread> {
        if self.spec.private {
            return Ok(Servers(Vec::new()));
        }
        let servers = self.authoritative_servers().await?;
        Ok(Servers(self.ask_all(&servers, true).await))
    }

    /// Asks every resolver.
    pub(super) async fn ask_resolvers(&self) -> Servers {
        Servers(self.ask_all(&self.spec.resolvers, false).await)
    }

    /// Where one resolver leads to.
    pub(super) async fn ask_resolver(&self, resolver: &String) -> Probe {
        match self.ask_all(std::slice::from_ref(resolver), false).await.into_iter().next() {
            Some(Server { region: Some(region), .. }) => Probe::Good(Some(region)),
            Some(Server { answer: Err(unread), .. }) => Probe::Failed(unread.to_string()),
            Some(_) | None => Probe::Failed("no usable answer".to_owned()),
        }
    }

    /// Of alias records: the addresses that each target has now, by the first resolver that tells. A load balancer's
    /// change, so they are asked for each time.
    async fn alias_addresses(&self) -> Option<Pair<Vec<String>>> {
        self.spec.alias_zone.as_ref()?;
        let of = |role: HomeRole| async move {
            for resolver in &self.spec.resolvers {
                if let Ok(answer) = self.resolver.ask(resolver, self.spec.target.get(role), "A").await {
                    return answer.values;
                }
            }
            Vec::new()
        };
        let (primary, standby) = tokio::join!(of(HomeRole::Primary), of(HomeRole::Standby));
        Some(Pair { primary, standby })
    }

    /// Whose addresses they are: a load balancer gives some of its own with each answer. `None` if nobody knows whose.
    fn region_of(&self, values: &[String], addresses: &Pair<Vec<String>>) -> Option<String> {
        let has = |role: HomeRole| values.iter().any(|value| addresses.get(role).contains(value));
        match (has(HomeRole::Primary), has(HomeRole::Standby)) {
            (true, false) => Some(self.own.regions.primary.to_string()),
            (false, true) => Some(self.own.regions.standby.to_string()),
            // Without the targets' own addresses, an address says nothing.
            (false, false) if addresses.primary.is_empty() || addresses.standby.is_empty() => None,
            (true, true) | (false, false) => Some("other".to_owned()),
        }
    }

    /// The servers of the service file, or the zone's own, which are read once.
    async fn authoritative_servers(&self) -> Result<Vec<String>, Unread> {
        if !self.spec.nameservers.is_empty() {
            return Ok(self.spec.nameservers.clone());
        }
        let read = || async {
            let zone = &self.spec.zone;
            let client = &self.aws.route53.read;
            let output = client
                .get_hosted_zone()
                .id(zone)
                .send()
                .await
                .map_err(|err| errors::unread(&format!("route53:GetHostedZone {zone}"), &err))?;
            let servers: Vec<String> = output
                .delegation_set()
                .map(|set| set.name_servers().iter().map(|name| format!("{}:53", plain(name))).collect())
                .unwrap_or_default();
            if servers.is_empty() {
                let said = format!("route53:GetHostedZone {zone}: it names no servers; list them as `nameservers`");
                return Err(Unread::new(Why::NotFound, said));
            }
            Ok(servers)
        };
        self.zone_servers.get_or_try_init(read).await.cloned()
    }

    async fn ask_all(&self, servers: &[String], authoritative: bool) -> Vec<Server> {
        let addresses = &self.alias_addresses().await;
        join_all(servers.iter().map(|server| async move {
            let record_type = self.spec.record_type.as_str();
            let answer = self.resolver.ask(server, &self.spec.record, record_type).await;
            let region = match &answer {
                Ok(answer) if !authoritative || answer.authoritative => match (answer.values.as_slice(), addresses) {
                    ([], _) => None,
                    (values, Some(addresses)) => self.region_of(values, addresses),
                    ([only], None) => Some(self.region_word(only)),
                    (_, None) => Some("other".to_owned()),
                },
                _ => None,
            };
            Server { name: crate::domain::text::bounded(server, 100), answer, region }
        }))
        .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn servers(said: &[(Option<&str>, u32)]) -> Servers {
        let server = |(region, ttl): &(Option<&str>, u32)| Server {
            name: "ns".into(),
            answer: Ok(DnsAnswer { values: vec![], ttl: *ttl, authoritative: true }),
            region: region.map(ToOwned::to_owned),
        };
        Servers(said.iter().map(server).collect())
    }

    #[test]
    fn one_answer_of_all_is_told_from_a_mixture_and_from_none() {
        assert_eq!(servers(&[(Some("us-west-2"), 0), (Some("us-west-2"), 0)]).word(), "us-west-2");
        assert_eq!(servers(&[(Some("us-west-2"), 0), (Some("us-east-1"), 0)]).word(), "mixed");
        assert_eq!(servers(&[(None, 0)]).word(), "none");
        assert_eq!(servers(&[]).word(), "none");
    }

    #[test]
    fn the_ttl_that_is_left_is_that_of_the_slowest_resolver_that_is_behind() {
        let behind = servers(&[(Some("us-west-2"), 60), (Some("us-east-1"), 12), (Some("us-east-1"), 41)]);
        assert_eq!(behind.ttl_left("us-west-2"), 41);
        assert_eq!(servers(&[(Some("us-west-2"), 60)]).ttl_left("us-west-2"), 0);
    }
}

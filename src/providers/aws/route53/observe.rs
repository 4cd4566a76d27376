//! The records, their health checks and what DNS answers, side by side.

use super::Failover;
use super::answers::Servers;
use super::health::{Check, answering};
use super::records::{Both, Record};
use crate::domain::reading::{Health, Observation, Unread, Value};
use crate::domain::region::HomeRole;
use crate::domain::text;

/// The records and the health checks on them.
struct Pointing {
    both: Both,
    primary: Check,
    secondary: Check,
    unread: Vec<(String, Unread)>,
}

impl Failover {
    pub(super) async fn look(&self) -> Result<Observation, Unread> {
        let (api, authoritative, resolvers) =
            tokio::join!(self.pointing(), self.ask_authoritative(), self.ask_resolvers());
        let authoritative = authoritative.map_err(|unread| ("authoritative".to_owned(), unread));
        let none = Servers(Vec::new());
        let servers = authoritative.as_ref().unwrap_or(&none);
        let mut seen = Observation::new(match &api {
            Ok(_) => format!("route53:ListResourceRecordSets {}, DNS", self.spec.zone),
            Err(_) => "DNS".to_owned(),
        });
        let answers = match &api {
            Ok(pointing) => self.tell_pointing(&mut seen, pointing),
            Err(unread) if servers.answered() + resolvers.answered() == 0 => return Err(unread.clone()),
            Err(_) => None,
        };
        // What the world should get: by the records where they can be read, else by the most that say the same.
        let wanted = answers.clone().or_else(|| servers.most()).or_else(|| resolvers.most()).unwrap_or_default();
        if !self.spec.private {
            tell_authoritative(&mut seen, servers, &wanted);
        }
        tell_resolvers(&mut seen, &resolvers, &wanted);
        let healthy = match &api {
            Err(unread) => {
                seen.unread.push(("api".to_owned(), unread.clone()));
                false
            }
            Ok(pointing) => {
                seen.unread.extend(pointing.unread.iter().cloned());
                self.answered_by_a_healthy_target(pointing)
            }
        };
        let all = |of: &Servers| of.agreeing(&wanted) == of.0.len();
        let health = if healthy && all(servers) && all(&resolvers) && authoritative.is_ok() {
            Health::Healthy
        } else {
            Health::Degraded
        };
        let shown = if wanted.is_empty() { "?" } else { &wanted };
        let mut summary = shown.to_owned();
        if !self.spec.private {
            summary = format!("{summary}, {}/{} authoritative", servers.agreeing(&wanted), servers.0.len());
        }
        if !resolvers.0.is_empty() {
            summary = format!("{summary}, {}/{} resolvers", resolvers.agreeing(&wanted), resolvers.0.len());
        }
        if let Some(unread) = servers.failure() {
            seen.unread.push(("authoritative".to_owned(), unread.clone()));
        }
        if let Some(unread) = resolvers.failure() {
            seen.unread.push(("resolvers".to_owned(), unread.clone()));
        }
        if let Err(unread) = authoritative {
            seen.unread.push(unread);
        }
        seen.glance(health, summary);
        Ok(seen)
    }

    async fn pointing(&self) -> Result<Pointing, Unread> {
        let both = self.records().await?;
        let mut unread = Vec::new();
        // One after the other: the status of health checks may be asked about once a second.
        let mut known: Option<(String, Check)> = None;
        let mut checks = [Check::None; 2];
        for (record, slot) in [&both.primary, &both.secondary].into_iter().zip(&mut checks) {
            let Some(id) = &record.health_check_id else { continue };
            if let Some((_, check)) = known.as_ref().filter(|(of, _)| of == id) {
                *slot = *check;
                continue;
            }
            let check = match self.check(id).await {
                Ok(check) => check,
                Err(why) => {
                    unread.push((format!("health check {}", text::bounded(id, 64)), why));
                    Check::Unknown
                }
            };
            known = Some((id.clone(), check));
            *slot = check;
        }
        let [primary, secondary] = checks;
        Ok(Pointing { both, primary, secondary, unread })
    }

    /// Adds what the records tell, and says which Region Route 53 answers now.
    fn tell_pointing(&self, seen: &mut Observation, pointing: &Pointing) -> Option<String> {
        let word = |record: &Record| match record.value() {
            Some(value) => match self.region_word(value) {
                other if other == "other" => format!("other: {value}"),
                region => region,
            },
            None => format!("other: {} values", record.resource_records.len()),
        };
        let Both { primary, secondary } = &pointing.both;
        seen.text("points_at", word(primary));
        let (to_primary, to_secondary) = (word(primary), word(secondary));
        let latched = to_primary == to_secondary;
        let answers = if latched {
            Some(to_primary)
        } else {
            answering(pointing.primary, pointing.secondary).map(|role| match role {
                HomeRole::Primary => to_primary,
                HomeRole::Standby => to_secondary,
            })
        };
        let answers = answers.map(|word| if word.starts_with("other") { "other".to_owned() } else { word });
        seen.text("answers", answers.as_deref().unwrap_or("unknown"));
        seen.fact("latched", Value::Bool(latched));
        seen.text("primary_check", self.check_word(HomeRole::Primary, pointing));
        seen.text("standby_check", self.check_word(HomeRole::Standby, pointing));
        #[expect(clippy::cast_precision_loss, reason = "a TTL is at most 2^31")]
        seen.fact("ttl", Value::Seconds(primary.ttl() as f64));
        answers
    }

    /// The check of the record that has a Region's target.
    fn check_word(&self, role: HomeRole, pointing: &Pointing) -> &'static str {
        let of = |record: &Record| record.value().and_then(|value| self.role_of_value(value)) == Some(role);
        if of(&pointing.both.primary) {
            pointing.primary.as_str()
        } else if of(&pointing.both.secondary) {
            pointing.secondary.as_str()
        } else {
            Check::None.as_str()
        }
    }

    fn answered_by_a_healthy_target(&self, pointing: &Pointing) -> bool {
        match answering(pointing.primary, pointing.secondary) {
            Some(HomeRole::Primary) => {
                pointing.primary != Check::Unhealthy
                    && pointing.both.primary.value().is_some_and(|value| self.role_of_value(value).is_some())
            }
            Some(HomeRole::Standby) | None => false,
        }
    }
}

fn tell_authoritative(seen: &mut Observation, servers: &Servers, wanted: &str) {
    seen.text("authoritative", servers.word());
    seen.text("authoritative_servers", format!("{}/{}", servers.agreeing(wanted), servers.0.len()));
}

fn tell_resolvers(seen: &mut Observation, resolvers: &Servers, wanted: &str) {
    if resolvers.0.is_empty() {
        return;
    }
    seen.text("resolvers", resolvers.word());
    seen.text("resolvers_agree", format!("{}/{} {wanted}", resolvers.agreeing(wanted), resolvers.0.len()));
    seen.fact("ttl_left", Value::Seconds(f64::from(resolvers.ttl_left(wanted))));
}

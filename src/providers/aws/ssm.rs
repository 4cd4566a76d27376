//! `ssm-parameter`: a parameter in each Region that says which Region is active.
//!
//! `point` writes the target's value in the target's Region, `point-source` the same in the source's; `point-back` is the way
//! back of either: the source's value, in whichever Region. Nothing replicates between the two. A SecureString is not decrypted, and what stands in its place is thrown away: only its type and version
//! are known here.

use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_ssm::types::{Parameter, ParameterType};

use super::{Clients, errors, timestamp};
use crate::domain::consent::Authorised;
use crate::domain::plan::{Ask, PerformError, Plan, Receipt, Refusal, Settlement};
use crate::domain::reading::{Health, Observation, Unread, Value, Why};
use crate::domain::region::{Direction, HomeRole, Place, Region};
use crate::domain::runbook::Hazard;
use crate::domain::{service, text};
use crate::ports::Component;
use crate::providers::own::{Own, basis, call, refused};

const POINT: &str = "point";
const POINT_SOURCE: &str = "point-source";
const POINT_BACK: &str = "point-back";

/// After how long an accepted change would show.
const WOULD_SHOW: Duration = Duration::from_secs(30);

const VERSION: &str = "version";
const NONE: &str = "no such parameter";

/// A parameter in two Regions.
pub struct SsmParameter {
    own: Own,
    spec: service::SsmParameter,
    aws: Clients,
}

/// What one Region says of the parameter.
struct Said {
    /// Its value; `None` of a SecureString.
    value: Option<String>,
    version: i64,
    kind: String,
    last_modified: Option<String>,
}

impl Said {
    fn read(parameter: &Parameter) -> Self {
        let plain = matches!(parameter.r#type(), Some(ParameterType::String | ParameterType::StringList));
        Self {
            value: parameter.value().filter(|_| plain).map(str::to_owned),
            version: parameter.version(),
            kind: text::bounded(parameter.r#type().map_or("?", ParameterType::as_str), 40),
            last_modified: parameter.last_modified_date().and_then(timestamp).map(|at| at.to_string()),
        }
    }
}

impl SsmParameter {
    pub(crate) fn new(own: Own, spec: service::SsmParameter, aws: Clients) -> Self {
        Self { own, spec, aws }
    }

    fn source(region: &Region) -> String {
        format!("ssm:GetParameter {region}")
    }

    /// `None` if there is no such parameter there.
    async fn read(&self, region: &Region) -> Result<Option<Said>, Unread> {
        let client = &self.aws.region(region)?.ssm.read;
        match client.get_parameter().name(&self.spec.name).with_decryption(false).send().await {
            Ok(output) => {
                let garbled = || Unread::new(Why::Malformed, format!("{}: no parameter in it", Self::source(region)));
                output.parameter().map(Said::read).map(Some).ok_or_else(garbled)
            }
            Err(err) if errors::code(&err) == Some("ParameterNotFound") => Ok(None),
            Err(err) => Err(errors::unread(&Self::source(region), &err)),
        }
    }

    /// The Region that a value means, or `other`.
    fn word(&self, value: &str) -> String {
        let role = [HomeRole::Primary, HomeRole::Standby].into_iter().find(|role| self.spec.value.get(*role) == value);
        role.map_or_else(|| "other".to_owned(), |role| self.own.regions.get(role).to_string())
    }

    async fn in_region(&self, region: &Region) -> Result<Observation, Unread> {
        let mut seen = Observation::new(Self::source(region));
        let Some(said) = self.read(region).await? else {
            seen.fact("exists", Value::Bool(false));
            seen.glance(Health::Down, format!("no parameter {} here", self.spec.name));
            return Ok(seen);
        };
        seen.fact("exists", Value::Bool(true));
        seen.fact("version", version(said.version));
        seen.text("type", &said.kind);
        if let Some(at) = &said.last_modified {
            seen.text("last_modified", at);
        }
        let Some(value) = &said.value else {
            seen.glance(Health::Degraded, format!("{}, version {}: not read", said.kind, said.version));
            return Ok(seen);
        };
        let word = self.word(value);
        seen.text("points_at", &word);
        let health = if word == "other" { Health::Degraded } else { Health::Healthy };
        seen.glance(health, format!("{word}, version {}", said.version));
        Ok(seen)
    }

    async fn across(&self) -> Result<Observation, Unread> {
        let regions = &self.own.regions;
        let (primary, standby) = tokio::join!(self.read(&regions.primary), self.read(&regions.standby));
        let mut seen =
            Observation::new(format!("{}, {}", Self::source(&regions.primary), Self::source(&regions.standby)));
        let value = |said: Option<Said>, region: &Region| match said {
            None => Ok(None),
            Some(Said { value: None, kind, .. }) => {
                Err(Unread::new(Why::Denied, format!("a {kind} in {region} is not read")))
            }
            Some(Said { value, .. }) => Ok(value),
        };
        let (primary, standby) = (value(primary?, &regions.primary)?, value(standby?, &regions.standby)?);
        let agree = primary.is_some() && primary == standby;
        seen.fact("agree", Value::Bool(agree));
        let word = |value: &Option<String>| value.as_deref().map_or_else(|| "nothing".to_owned(), |v| self.word(v));
        if agree {
            seen.glance(Health::Healthy, format!("both say {}", word(&primary)));
        } else {
            let said =
                format!("{} says {}, {} says {}", regions.primary, word(&primary), regions.standby, word(&standby));
            seen.glance(Health::Degraded, said);
        }
        Ok(seen)
    }

    async fn plan_point(&self, ask: &Ask) -> Result<Plan, Refusal> {
        let (region, _) = self.own.side(&ask.on).map_err(Refusal::new)?;
        let target = meant(&ask.action, &ask.direction);
        let role = self.own.regions.role_of(target);
        let value = role.map(|role| self.spec.value.get(role).as_str());
        let value = value.ok_or_else(|| Refusal::new(format!("{} knows no value for {target}", self.own.id)))?;
        let said = self
            .read(region)
            .await
            .map_err(|unread| Refusal::new(format!("what it rests on cannot be read now: {unread}")))?;
        let name = self.spec.name.as_str();
        let overwrite = said.is_some();
        let (now, seen) = match &said {
            Some(Said { value: None, kind, version, .. }) => {
                return Err(Refusal::new(format!(
                    "{name} in {region} is a {kind} (version {version}): its value is not read, so it is not changed here"
                )));
            }
            Some(Said { value: Some(now), version, .. }) if now == value => {
                return Err(Refusal::already(format!("{name} in {region} says {target} already (version {version})")));
            }
            Some(Said { value: Some(now), version, .. }) => (self.word(now), version.to_string()),
            None => (NONE.to_owned(), "0".to_owned()),
        };
        let mut params = vec![("Name", name), ("Value", value)];
        // A type is told of a new parameter only: an existing one keeps its own. Without Overwrite it must not exist.
        params.extend(if overwrite {
            vec![("Overwrite", "true")]
        } else {
            vec![("Type", "String"), ("Overwrite", "false")]
        });
        let mut changes = vec![match &said {
            Some(_) => format!("{name} in {region} goes from {now} to {target}: version {seen} is overwritten."),
            None => format!("{name} is made in {region}, as a String that says {target}."),
        }];
        changes.push(format!("The other Region's {name} is another parameter: it stays as it is."));
        changes.push("Who read it before goes by the old value until it is read again.".to_owned());
        let kind = said.as_ref().map_or(NONE, |said| said.kind.as_str());
        Ok(Plan {
            changes,
            basis: basis(&[("parameter", name), ("says", &now), (VERSION, &seen), ("type", kind)]),
            ..self.own.plan(
                ask,
                call("ssm", "PutParameter", region.as_str(), &params),
                self.by_hand(region, value, overwrite),
                Hazard::Write,
            )
        })
    }

    fn by_hand(&self, region: &Region, value: &str, overwrite: bool) -> String {
        let name = self.spec.name.as_str();
        // The AWS CLI would fetch what looks like a URL.
        let json = serde_json::json!({ "Name": name, "Value": value }).to_string();
        let mut words = vec!["ssm", "put-parameter"];
        if ["http://", "https://", "file://", "fileb://"].iter().any(|scheme| value.starts_with(scheme)) {
            words.extend(["--cli-input-json", json.as_str()]);
        } else {
            words.extend(["--name", name, "--value", value]);
        }
        words.extend(if overwrite { vec!["--overwrite"] } else { vec!["--type", "String"] });
        self.aws.by_hand(&words, Some(region))
    }
}

#[async_trait]
impl Component for SsmParameter {
    fn id(&self) -> &str {
        &self.own.id
    }

    fn places(&self) -> Vec<Place> {
        self.own.places(true)
    }

    fn pace(&self) -> Duration {
        self.own.pace
    }

    async fn observe(&self, place: &Place) -> Result<Observation, Unread> {
        if *place == Place::Global {
            return self.across().await;
        }
        let (region, _) = self.own.side(place).map_err(|why| Unread::new(Why::NotFound, why))?;
        self.in_region(region).await
    }

    async fn plan(&self, ask: &Ask) -> Result<Plan, Refusal> {
        match ask.action.as_str() {
            POINT | POINT_SOURCE | POINT_BACK => self.plan_point(ask).await,
            _ => Err(self.own.no_action(ask, &[POINT, POINT_SOURCE, POINT_BACK])),
        }
    }

    async fn perform(&self, authorised: &Authorised) -> Result<Receipt, PerformError> {
        let plan = authorised.plan();
        let (region, _) = self.own.side(&plan.on).map_err(refused)?;
        let wanted = meant(&plan.action, &plan.direction);
        let wanted = self.own.regions.role_of(wanted).map(|role| self.spec.value.get(role));
        let value = plan.call.param("Value").filter(|value| wanted.is_some_and(|wanted| wanted == value));
        let (Some(value), Some(name)) = (value, plan.call.param("Name").filter(|name| *name == self.spec.name)) else {
            return Err(refused("the plan names another parameter or value than the service file"));
        };
        let overwrite = plan.call.param("Overwrite") == Some("true");
        let client = &self.aws.region(region).map_err(|unread| refused(unread.to_string()))?.ssm.write;
        let mut put = client.put_parameter().name(name).value(value).overwrite(overwrite);
        if !overwrite {
            put = put.r#type(ParameterType::String);
        }
        match put.send().await {
            Ok(output) => {
                let read =
                    plan.basis.iter().find(|basis| basis.what == VERSION).and_then(|basis| basis.value.parse().ok());
                let version = output.version();
                let between = match read {
                    Some(read) if version > i64::saturating_add(read, 1) => {
                        format!("; it was read at version {read}: somebody wrote in between, and is overwritten")
                    }
                    _ => String::new(),
                };
                Ok(errors::receipt(&output, format!("version {version}{between}"), None))
            }
            Err(err) => {
                let busy = errors::code(&err) == Some("TooManyUpdates");
                match errors::perform(&format!("ssm:PutParameter {region}"), &err) {
                    // Somebody else's update is under way: this one was not taken.
                    PerformError::Refused { message, request_id } if busy => {
                        Err(PerformError::NotYet { message, request_id })
                    }
                    error => Err(error),
                }
            }
        }
    }

    async fn settle(&self, plan: &Plan, receipt: Option<&Receipt>, since: Duration) -> Settlement {
        let Ok((region, _)) = self.own.side(&plan.on) else {
            return Settlement::CannotTell("the plan cannot be read".to_owned());
        };
        let said = match self.read(region).await {
            Ok(said) => said,
            Err(unread) => return Settlement::CannotTell(unread.to_string()),
        };
        let value = said.as_ref().and_then(|said| said.value.as_deref());
        let word = value.map_or_else(|| NONE.to_owned(), |value| self.word(value));
        let number = said.as_ref().map_or_else(|| "none".to_owned(), |said| said.version.to_string());
        let seen = |fact: &str, value: &str| self.own.evidence(&plan.on, fact, value, &Self::source(region));
        let evidence = vec![seen("points_at", &word), seen("version", &number)];
        if value.is_some() && value == plan.call.param("Value") {
            return Settlement::Done(evidence);
        }
        match receipt {
            Some(_) if since > WOULD_SHOW => {
                Settlement::Failed(format!("somebody has changed it since: {word}, version {number}"), evidence)
            }
            None if since > WOULD_SHOW => Settlement::NotStarted(evidence),
            _ => Settlement::InProgress("the value is not changed yet".to_owned(), evidence),
        }
    }
}

/// The Region that a parameter is to name.
fn meant<'d>(action: &str, direction: &'d Direction) -> &'d Region {
    if action == POINT_BACK { &direction.source } else { &direction.target }
}

#[expect(clippy::cast_precision_loss, reason = "Parameter Store counts to some thousands")]
fn version(number: i64) -> Value {
    Value::Number(number as f64)
}

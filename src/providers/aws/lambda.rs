//! `lambda`: a function in each Region, and one call of it.
//!
//! `invoke` calls it in the target's Region, `invoke-source` in the source's, and waits for its answer. Lambda keeps no
//! record of calls that can be asked: where the answer was lost, nobody but the function's own log tells what became of it.

use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::{InvocationType, LastUpdateStatus, State};

use super::{Clients, errors};
use crate::domain::consent::Authorised;
use crate::domain::plan::{Ask, PerformError, Plan, Receipt, Refusal, Settlement};
use crate::domain::reading::{Health, Observation, Unread, Value, Why};
use crate::domain::redact::Redactor;
use crate::domain::region::{HomeRole, Place, Region};
use crate::domain::runbook::Hazard;
use crate::domain::{service, text};
use crate::ports::Component;
use crate::providers::own::{Own, basis, call, gate, refused, verdict};

const INVOKE: &str = "invoke";
const INVOKE_SOURCE: &str = "invoke-source";

/// How long an answer is waited for: as long as for that of any other mutation.
const WAITED: i32 = 15;
/// Pages of triggers, a hundred each, that are looked through.
const MOST_PAGES: usize = 20;

/// A function in two Regions.
pub struct Lambda {
    own: Own,
    spec: service::Lambda,
    aws: Clients,
}

/// What Lambda says of a function. Its environment is never looked at: it may hold secrets.
struct Function {
    state: String,
    why: Option<String>,
    last_update: String,
    version: String,
    runtime: Option<String>,
    code: String,
    timeout: Option<i32>,
}

impl Lambda {
    pub(crate) fn new(own: Own, spec: service::Lambda, aws: Clients) -> Self {
        Self { own, spec, aws }
    }

    fn source(region: &Region) -> String {
        format!("lambda:GetFunctionConfiguration {region}")
    }

    async fn function(&self, region: &Region, role: HomeRole) -> Result<Function, Unread> {
        let client = &self.aws.region(region)?.lambda.read;
        let output = client
            .get_function_configuration()
            .function_name(self.spec.function.get(role))
            .set_qualifier(self.spec.alias.clone())
            .send()
            .await
            .map_err(|err| errors::unread(&Self::source(region), &err))?;
        let word = |word: Option<&str>| text::bounded(word.unwrap_or("?"), 80);
        Ok(Function {
            state: word(output.state().map(State::as_str)),
            why: output.state_reason().map(|why| text::bounded(why, 200)),
            last_update: word(output.last_update_status().map(LastUpdateStatus::as_str)),
            version: word(output.version()),
            runtime: output.runtime().map(|runtime| text::bounded(runtime.as_str(), 80)),
            code: word(output.code_sha256()),
            timeout: output.timeout(),
        })
    }

    /// The concurrency that is reserved for it, if any is: then it gets no more, and with 0 none at all.
    async fn reserved(&self, region: &Region, role: HomeRole) -> Result<Option<i32>, Unread> {
        let client = &self.aws.region(region)?.lambda.read;
        let asked = client.get_function_concurrency().function_name(self.spec.function.get(role));
        let output = asked
            .send()
            .await
            .map_err(|err| errors::unread(&format!("lambda:GetFunctionConcurrency {region}"), &err))?;
        Ok(output.reserved_concurrent_executions())
    }

    /// How many triggers (event source mappings) are enabled.
    async fn triggers(&self, region: &Region, role: HomeRole) -> Result<usize, Unread> {
        let client = &self.aws.region(region)?.lambda.read;
        let what = format!("lambda:ListEventSourceMappings {region}");
        let name = match &self.spec.alias {
            Some(alias) => format!("{}:{alias}", self.spec.function.get(role)),
            None => self.spec.function.get(role).clone(),
        };
        let (mut enabled, mut marker) = (0, None);
        for _ in 0..MOST_PAGES {
            let asked = client.list_event_source_mappings().function_name(&name).set_marker(marker);
            let output = asked.send().await.map_err(|err| errors::unread(&what, &err))?;
            let on = |state: &&str| ["Enabled", "Enabling", "Creating", "Updating"].contains(state);
            enabled += output.event_source_mappings().iter().filter_map(|mapping| mapping.state()).filter(on).count();
            marker = output.next_marker().filter(|marker| !marker.is_empty()).map(str::to_owned);
            if marker.is_none() {
                return Ok(enabled);
            }
        }
        Err(Unread::new(Why::Other, format!("{what}: more triggers than are looked through")))
    }

    async fn look(&self, region: &Region, role: HomeRole) -> Result<Observation, Unread> {
        let (function, reserved, triggers) =
            tokio::join!(self.function(region, role), self.reserved(region, role), self.triggers(region, role));
        let function = function?;
        let mut seen = Observation::new(Self::source(region));
        seen.text("state", &function.state);
        seen.text("last_update", &function.last_update);
        seen.text("version", &function.version);
        if let Some(runtime) = &function.runtime {
            seen.text("runtime", runtime);
        }
        let mut none_left = false;
        match reserved {
            Ok(Some(reserved)) => {
                none_left = reserved == 0;
                seen.fact("reserved_concurrency", Value::Number(reserved.into()));
            }
            Ok(None) => {}
            Err(unread) => seen.unread.push(("reserved_concurrency".to_owned(), unread)),
        }
        match triggers {
            #[expect(clippy::cast_precision_loss, reason = "triggers are few")]
            Ok(count) => seen.fact("enabled_triggers", Value::Number(count as f64)),
            Err(unread) => seen.unread.push(("enabled_triggers".to_owned(), unread)),
        }
        let (health, summary) = match (function.state.as_str(), function.last_update.as_str()) {
            ("Active", "Failed") => (Health::Degraded, "active, the last update failed".to_owned()),
            ("Active", _) if none_left => {
                (Health::Down, "no concurrency is left to it: every call is refused".to_owned())
            }
            ("Active", "Successful") if seen.unread.is_empty() => {
                (Health::Healthy, format!("active, version {}", function.version))
            }
            ("Active", update) => (Health::Degraded, format!("active, version {}, update {update}", function.version)),
            ("Inactive", _) => (Health::Degraded, "inactive: the first call wakes it, and fails".to_owned()),
            ("Failed", _) => {
                (Health::Down, format!("failed: {}", function.why.as_deref().unwrap_or("no reason given")))
            }
            (state, _) => (Health::Degraded, state.to_owned()),
        };
        seen.glance(health, summary);
        Ok(seen)
    }

    async fn plan_invoke(&self, ask: &Ask) -> Result<Plan, Refusal> {
        let (region, role) = self.own.side(&ask.on).map_err(Refusal::new)?;
        let name = self.spec.function.get(role).as_str();
        let (function, reserved) = tokio::join!(self.function(region, role), self.reserved(region, role));
        let unread = |unread| Refusal::new(format!("what it rests on cannot be read now: {unread}"));
        let (function, reserved) = (function.map_err(unread)?, reserved.map_err(unread)?);
        let mut words = vec!["lambda", "invoke", "--function-name", name];
        let mut params = vec![("FunctionName", name)];
        if let Some(alias) = &self.spec.alias {
            words.extend(["--qualifier", alias.as_str()]);
            params.push(("Qualifier", alias));
        }
        words.extend(["--cli-binary-format", "raw-in-base64-out", "--payload", &self.spec.payload, "/dev/stdout"]);
        params.extend([("InvocationType", "RequestResponse"), ("Payload", self.spec.payload.as_str())]);
        let mut changes = vec![format!(
            "{name} in {region} runs once (version {}), with {}; what it does is its own.",
            function.version, self.spec.payload
        )];
        if function.state == "Inactive" {
            changes.push(
                "It is inactive: the first call only wakes it, and is refused; ask again in a minute.".to_owned(),
            );
        }
        if let Some(timeout) = function.timeout.filter(|timeout| *timeout > WAITED) {
            changes.push(format!(
                "It may run for {timeout} s, and its answer is waited for {WAITED} s: after that nobody here can tell."
            ));
        }
        let asked = Self::source(region);
        let seen = |fact: &str, value: &str| self.own.evidence(&ask.on, fact, value, &asked);
        let concurrency = reserved.map_or_else(|| "none".to_owned(), |reserved| reserved.to_string());
        let callable = ["Active", "Inactive"].contains(&function.state.as_str());
        let gates = vec![
            gate("function can be called", verdict(callable), seen("state", &function.state)),
            gate(
                "no update under way",
                verdict(function.last_update == "Successful"),
                seen("last_update", &function.last_update),
            ),
            gate("concurrency is left", verdict(reserved != Some(0)), seen("reserved_concurrency", &concurrency)),
        ];
        Ok(Plan {
            changes,
            basis: basis(&[
                ("function", name),
                ("version", &function.version),
                ("code", &function.code),
                ("state", &function.state),
            ]),
            gates,
            ..self.own.plan(
                ask,
                call("lambda", "Invoke", region.as_str(), &params),
                self.aws.by_hand(&words, Some(region)),
                Hazard::Write,
            )
        })
    }
}

#[async_trait]
impl Component for Lambda {
    fn id(&self) -> &str {
        &self.own.id
    }

    fn places(&self) -> Vec<Place> {
        self.own.both()
    }

    fn pace(&self) -> Duration {
        self.own.pace
    }

    async fn observe(&self, place: &Place) -> Result<Observation, Unread> {
        let (region, role) = self.own.side(place).map_err(|why| Unread::new(Why::NotFound, why))?;
        self.look(region, role).await
    }

    async fn plan(&self, ask: &Ask) -> Result<Plan, Refusal> {
        match ask.action.as_str() {
            INVOKE | INVOKE_SOURCE => self.plan_invoke(ask).await,
            _ => Err(self.own.no_action(ask, &[INVOKE, INVOKE_SOURCE])),
        }
    }

    async fn perform(&self, authorised: &Authorised) -> Result<Receipt, PerformError> {
        let plan = authorised.plan();
        let (region, role) = self.own.side(&plan.on).map_err(refused)?;
        let name = self.spec.function.get(role);
        let named = [plan.call.param("FunctionName"), plan.call.param("Payload"), plan.call.param("Qualifier")];
        if named != [Some(name.as_str()), Some(self.spec.payload.as_str()), self.spec.alias.as_deref()] {
            return Err(refused("the plan names another function or payload than the service file"));
        }
        let client = &self.aws.region(region).map_err(|unread| refused(unread.to_string()))?.lambda.write;
        let invoke = client
            .invoke()
            .function_name(name)
            .set_qualifier(self.spec.alias.clone())
            .invocation_type(InvocationType::RequestResponse)
            .payload(Blob::new(self.spec.payload.as_bytes()));
        match invoke.send().await {
            Ok(output) => {
                let said = output.payload().map(|payload| text::visible_bytes(payload.as_ref())).unwrap_or_default();
                let said = Redactor::default().apply(&said);
                let version = output.executed_version().unwrap_or("?");
                let failed = output.function_error();
                let answer = format!("{}, version {version}: {said}", failed.unwrap_or("ran"));
                Ok(errors::receipt(&output, answer, failed))
            }
            Err(err) => {
                // Lambda is making the function's resources anew: it has not run.
                let waking = errors::code(&err) == Some("ResourceNotReadyException");
                match errors::perform(&format!("lambda:Invoke {region}"), &err) {
                    PerformError::Unknown { message } if waking => {
                        Err(PerformError::NotYet { message, request_id: None })
                    }
                    error => Err(error),
                }
            }
        }
    }

    /// By the answer alone: an error of the function's own is a failure, with what it said.
    async fn settle(&self, plan: &Plan, receipt: Option<&Receipt>, _: Duration) -> Settlement {
        let Ok((region, role)) = self.own.side(&plan.on) else {
            return Settlement::CannotTell("the plan cannot be read".to_owned());
        };
        let Some(receipt) = receipt else {
            return Settlement::CannotTell(format!(
                "Lambda does not tell whether it was called; the log group /aws/lambda/{} in {region} may",
                self.spec.function.get(role)
            ));
        };
        let evidence = vec![self.own.evidence(&plan.on, "answer", &receipt.answer, &format!("lambda:Invoke {region}"))];
        match &receipt.handle {
            Some(kind) => Settlement::Failed(format!("the function has failed ({kind})"), evidence),
            None => Settlement::Done(evidence),
        }
    }
}

//! Consent: a recorded confirmation of one exact plan by one named operator.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::plan::Plan;
use super::reading::age;
use super::runbook::Hazard;

/// For how long a consent is good.
pub const LIFETIME: Duration = Duration::from_mins(1);

/// How a person confirmed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "how")]
pub enum How {
    /// They typed the plan's phrase.
    Typed {
        /// What they typed.
        phrase: String,
    },
    /// They pressed two different keys, one after the other.
    TwoKeys,
    /// The simulation's own operator did (autoplay; never where anything is real).
    Autoplay,
}

/// A confirmation of one exact plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Consent {
    /// The hash of the plan.
    pub plan: String,
    /// Who.
    pub operator: String,
    /// When.
    pub at: Timestamp,
    /// How.
    #[serde(flatten)]
    pub how: How,
}

/// Why a consent does not authorise a plan.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Void {
    /// It was given to another plan.
    #[error("the plan changed after it was confirmed; look at it again and confirm the new one")]
    OtherPlan,
    /// It is too old.
    #[error("the confirmation is older than {} s; confirm again", LIFETIME.as_secs())]
    Expired,
    /// The way of confirming is too weak for the hazard.
    #[error("a step that is {0} needs its phrase typed exactly")]
    TooWeak(Hazard),
    /// Nobody is armed, or somebody else is.
    #[error("the console is not armed by {0}")]
    NotArmed(String),
    /// An autoplay consent outside a simulation.
    #[error("autoplay confirms in simulations only")]
    NotSimulated,
}

/// A plan that may be performed. Only [`authorise`] makes one, and performing uses it up.
#[derive(Debug)]
pub struct Authorised {
    plan: Plan,
    operator: String,
}

impl Authorised {
    /// The plan.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// Who consented.
    pub fn operator(&self) -> &str {
        &self.operator
    }
}

/// Turns a plan, read again just now, and the consent given to it into the right to perform it.
///
/// `armed` is the operator who has armed the console, `simulated` whether the run is a simulation.
///
/// # Errors
/// [`Void`], if anything about the consent does not fit.
pub fn authorise(
    plan: Plan,
    consent: &Consent,
    armed: Option<&str>,
    simulated: bool,
    now: Timestamp,
) -> Result<Authorised, Void> {
    if armed != Some(consent.operator.as_str()) {
        return Err(Void::NotArmed(consent.operator.clone()));
    }
    if plan.hash() != consent.plan {
        return Err(Void::OtherPlan);
    }
    if age(consent.at, now) > LIFETIME || consent.at > now + Duration::from_secs(5) {
        return Err(Void::Expired);
    }
    match &consent.how {
        How::Autoplay if !simulated => return Err(Void::NotSimulated),
        How::TwoKeys if plan.hazard == Hazard::Irreversible => return Err(Void::TooWeak(plan.hazard)),
        How::Typed { phrase } if plan.phrase.as_deref() != Some(phrase.as_str()) => {
            return Err(Void::TooWeak(plan.hazard));
        }
        _ => {}
    }
    Ok(Authorised { plan, operator: consent.operator.clone() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::plan::tests::plan;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).unwrap()
    }

    fn consent(how: How) -> Consent {
        Consent { plan: plan().hash(), operator: "anna".into(), at: at(0), how }
    }

    fn typed() -> How {
        How::Typed { phrase: "promote us-west-2".into() }
    }

    #[test]
    fn the_typed_phrase_authorises_the_exact_plan() {
        let granted = authorise(plan(), &consent(typed()), Some("anna"), false, at(1)).unwrap();
        assert_eq!(granted.operator(), "anna");
        assert_eq!(granted.plan(), &plan());
    }

    #[test]
    fn anything_less_is_void() {
        let armed = Some("anna");
        let check = |plan, how, armed, now| authorise(plan, &consent(how), armed, false, now).unwrap_err();
        assert_eq!(check(plan(), How::TwoKeys, armed, at(1)), Void::TooWeak(Hazard::Irreversible));
        let wrong = How::Typed { phrase: "promote us-east-1".into() };
        assert_eq!(check(plan(), wrong, armed, at(1)), Void::TooWeak(Hazard::Irreversible));
        assert_eq!(check(plan(), typed(), armed, at(61)), Void::Expired);
        assert_eq!(check(plan(), typed(), armed, at(-10)), Void::Expired);
        assert_eq!(check(plan(), typed(), None, at(1)), Void::NotArmed("anna".into()));
        assert_eq!(check(plan(), typed(), Some("bert"), at(1)), Void::NotArmed("anna".into()));
        assert_eq!(check(plan(), How::Autoplay, armed, at(1)), Void::NotSimulated);
        let mut other = plan();
        other.basis[0].value = "modifying".into();
        assert_eq!(check(other, typed(), armed, at(1)), Void::OtherPlan);
    }
}

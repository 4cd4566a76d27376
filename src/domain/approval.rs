//! The two-person rule: a plan that is dangerous enough is approved by a second person, from a process and with a key of their
//! own, before it is carried out. Where nobody is to be had, the gate is overridden like any: by name, alone, with a reason.

use std::time::Duration;

use jiff::Timestamp;
use ring::rand::SystemRandom;
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};
use serde::{Deserialize, Serialize};

use super::gate::{GateResult, Verdict};
use super::hash::{canonical, hex, unhex};
use super::plan::Plan;
use super::reading::{Evidence, Freshness, age};
use super::runbook::{Hazard, StepId};

/// The gate's name.
pub const GATE: &str = "a second person approves";
/// For how long an approval is good.
pub const LIFETIME: Duration = Duration::from_mins(15);
/// By how much the clocks of two machines may differ.
const APART: Duration = Duration::from_mins(1);

/// What has to be approved, and by whom it can be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// From which hazard on.
    pub hazard: Hazard,
    /// Who may.
    pub approvers: Vec<Approver>,
}

/// Somebody who may approve.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approver {
    /// Their name, as the journal will have it.
    pub name: String,
    /// Their public key (Ed25519, RFC 8032).
    pub key: [u8; 32],
}

/// What is approved: one exact plan, by one person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Statement {
    /// The run.
    pub run: String,
    /// The step.
    pub step: StepId,
    /// The hash of the plan.
    pub plan: String,
    /// Who approves.
    pub approver: String,
    /// When.
    pub at: Timestamp,
    /// As whom they are logged in, and where.
    pub user: String,
    /// The host.
    pub host: String,
}

/// An approval as it is kept: a statement, and its signature.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Approval {
    /// What is approved.
    pub statement: Statement,
    /// The signature (Ed25519) of the statement's canonical JSON (RFC 8785), in hex.
    pub signature: String,
}

/// What an approval has to fit.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// The run.
    pub run: &'a str,
    /// The step.
    pub step: &'a str,
    /// The hash of the plan as it is now.
    pub plan: &'a str,
    /// Who is to carry it out.
    pub operator: &'a str,
    /// Now.
    pub now: Timestamp,
}

/// Why an approval is not good.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotGood {
    /// It is about something else.
    #[error("it is about another plan")]
    Other,
    /// It is by whoever carries it out.
    #[error("{0} cannot approve what {0} carries out")]
    Oneself(String),
    /// It is by nobody who may.
    #[error("{0} is not among the approvers of the service file")]
    Stranger(String),
    /// Its signature is not by the approver's key.
    #[error("the signature is not {0}'s")]
    Forged(String),
    /// It is too old, or from the future.
    #[error("it is not from the last {} minutes", LIFETIME.as_secs() / 60)]
    Expired,
}

impl Rule {
    /// Whether a plan has to be approved.
    pub fn concerns(&self, plan: &Plan) -> bool {
        plan.hazard >= self.hazard
    }

    /// Whether an approval is good for what is wanted.
    ///
    /// # Errors
    /// [`NotGood`], if anything about it does not fit.
    pub fn check(&self, approval: &Approval, wanted: &Wanted<'_>) -> Result<(), NotGood> {
        let said = &approval.statement;
        if (said.run.as_str(), said.step.as_str(), said.plan.as_str()) != (wanted.run, wanted.step, wanted.plan) {
            return Err(NotGood::Other);
        }
        let name = || said.approver.clone();
        if said.approver.eq_ignore_ascii_case(wanted.operator) {
            return Err(NotGood::Oneself(name()));
        }
        let approver = self.approvers.iter().find(|approver| approver.name == said.approver);
        let approver = approver.ok_or_else(|| NotGood::Stranger(name()))?;
        let signature = unhex(&approval.signature).ok_or_else(|| NotGood::Forged(name()))?;
        let key = UnparsedPublicKey::new(&ED25519, approver.key);
        key.verify(canonical(said).as_bytes(), &signature).map_err(|_| NotGood::Forged(name()))?;
        if age(said.at, wanted.now) > LIFETIME || said.at > wanted.now + APART {
            return Err(NotGood::Expired);
        }
        Ok(())
    }

    /// The gate: whether anybody has approved what is wanted; and the approval that lets it pass.
    pub fn gate<'a>(&self, approvals: &'a [Approval], wanted: &Wanted<'_>) -> (GateResult, Option<&'a Approval>) {
        let good = approvals.iter().find(|approval| self.check(approval, wanted).is_ok());
        let wrong = || {
            let about = approvals.iter().filter(|approval| approval.statement.step == wanted.step);
            about.filter_map(|approval| self.check(approval, wanted).err()).find(|wrong| *wrong != NotGood::Other)
        };
        let (verdict, value, at) = if let Some(Approval { statement: said, .. }) = good {
            (Verdict::Pass, format!("{} ({} on {})", said.approver, said.user, said.host), Some(said.at))
        } else {
            let why = wrong().map(|wrong| format!("; {wrong}")).unwrap_or_default();
            let who: Vec<&str> = self.approvers.iter().map(|approver| approver.name.as_str()).collect();
            (Verdict::Fail, format!("nobody yet: {} can, by `handover approve`{why}", who.join(" or ")), None)
        };
        let evidence = Evidence {
            reading: "approval".to_owned(),
            value,
            at,
            freshness: if at.is_some() { Freshness::Fresh } else { Freshness::Never },
            source: "the run's folder".to_owned(),
        };
        (GateResult { name: GATE.to_owned(), verdict, evidence }, good)
    }
}

/// An approver's private key.
pub struct Key {
    pair: Ed25519KeyPair,
}

impl Key {
    /// A new one, and how it is kept: PKCS#8 (RFC 8410), in hex.
    ///
    /// # Errors
    /// If the system has no randomness.
    pub fn generate() -> Result<(Self, String), String> {
        let document = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new())
            .map_err(|_| "the system gives no random numbers".to_owned())?;
        let kept = hex(document.as_ref());
        Ok((Self::parse(&kept)?, kept))
    }

    /// One that was kept.
    ///
    /// # Errors
    /// If it is no such key.
    pub fn parse(kept: &str) -> Result<Self, String> {
        let bytes = unhex(kept.trim()).ok_or_else(|| "it is not in hex".to_owned())?;
        let pair = Ed25519KeyPair::from_pkcs8(&bytes).map_err(|why| format!("it is no Ed25519 key: {why}"))?;
        Ok(Self { pair })
    }

    /// The public key, in hex, as the service file has it.
    pub fn public(&self) -> String {
        hex(self.pair.public_key().as_ref())
    }

    /// Signs a statement.
    pub fn sign(&self, statement: Statement) -> Approval {
        let signature = hex(self.pair.sign(canonical(&statement).as_bytes()).as_ref());
        Approval { statement, signature }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).unwrap()
    }

    fn statement(approver: &str) -> Statement {
        let text = |text: &str| text.to_owned();
        Statement {
            run: text("run"),
            step: text("promote"),
            plan: text("hash"),
            approver: text(approver),
            at: at(0),
            user: text("bert"),
            host: text("elsewhere"),
        }
    }

    fn rule(key: &Key) -> Rule {
        let key = unhex(&key.public()).unwrap().try_into().unwrap();
        Rule { hazard: Hazard::Irreversible, approvers: vec![Approver { name: "bert".to_owned(), key }] }
    }

    const fn wanted(now: Timestamp) -> Wanted<'static> {
        Wanted { run: "run", step: "promote", plan: "hash", operator: "anna", now }
    }

    #[test]
    fn a_second_person_approves_one_exact_plan_for_a_while() {
        let (key, kept) = Key::generate().unwrap();
        let approval = Key::parse(&kept).unwrap().sign(statement("bert"));
        let rule = rule(&key);
        assert_eq!(rule.check(&approval, &wanted(at(60))), Ok(()));
        let (gate, by) = rule.gate(std::slice::from_ref(&approval), &wanted(at(60)));
        assert_eq!((gate.verdict, gate.evidence.value.as_str()), (Verdict::Pass, "bert (bert on elsewhere)"));
        assert_eq!(by, Some(&approval));
        assert_eq!(rule.check(&approval, &wanted(at(901))), Err(NotGood::Expired));
        assert_eq!(rule.check(&approval, &wanted(at(-61))), Err(NotGood::Expired));
    }

    #[test]
    fn anything_else_is_not_good() {
        let (key, _) = Key::generate().unwrap();
        let rule = rule(&key);
        let check = |approval: &Approval, wanted: Wanted<'_>| rule.check(approval, &wanted).unwrap_err();
        let good = key.sign(statement("bert"));
        assert_eq!(check(&good, Wanted { plan: "another", ..wanted(at(0)) }), NotGood::Other);
        assert_eq!(check(&good, Wanted { step: "point", ..wanted(at(0)) }), NotGood::Other);
        assert_eq!(check(&good, Wanted { run: "another", ..wanted(at(0)) }), NotGood::Other);
        assert_eq!(check(&good, Wanted { operator: "Bert", ..wanted(at(0)) }), NotGood::Oneself("bert".to_owned()));
        assert_eq!(check(&key.sign(statement("carl")), wanted(at(0))), NotGood::Stranger("carl".to_owned()));
        // By another key; or signed, and then changed.
        let (other, _) = Key::generate().unwrap();
        assert_eq!(check(&other.sign(statement("bert")), wanted(at(0))), NotGood::Forged("bert".to_owned()));
        let mut changed = good.clone();
        changed.statement.at = at(5);
        assert_eq!(check(&changed, wanted(at(6))), NotGood::Forged("bert".to_owned()));
        for signature in ["", "zz", "00"] {
            let forged = Approval { signature: signature.to_owned(), ..good.clone() };
            assert_eq!(check(&forged, wanted(at(0))), NotGood::Forged("bert".to_owned()));
        }
        let all = [changed];
        let (gate, by) = rule.gate(&all, &wanted(at(6)));
        assert_eq!((gate.verdict, by), (Verdict::Fail, None));
        assert!(gate.evidence.value.contains("the signature is not bert's"), "{}", gate.evidence.value);
        assert!(Key::parse("00").is_err() && Key::parse("x").is_err());
    }
}

//! The rules: what takes points off, by which entry, and what would have been better.

use std::time::Duration;

use super::{Case, Deduction, PROMPT, Surprise};
use crate::domain::duration::{clock, format as span};
use crate::domain::figures::{Kept, Span};
use crate::domain::journal::{Body, Entry, RunOutcome};
use crate::domain::reading::{Freshness, age};
use crate::domain::run::Ending;
use crate::domain::timeline::{Loss, Milestone};

/// From how many words on a reason says something.
const WORDS: usize = 3;
/// How much longer than usual a step may take: this, and this many times.
const SLOW: (Duration, u32) = (Duration::from_mins(1), 2);
/// How many slow steps count.
const SLOWEST: usize = 3;
/// Of the execution, how much may be waiting for people: from this on, and from a half.
const WAITING: Duration = Duration::from_mins(5);

/// Every rule but the surprise's.
pub(super) fn judge(case: &Case<'_>, deductions: &mut Vec<Deduction>, unknown: &mut Vec<String>) {
    let mut take = |points, why: String, entry, better: &str| {
        deductions.push(Deduction { points, why, entry, better: better.to_owned() });
    };
    ended(case, &mut take);
    time(case, &mut take, unknown);
    gates(case, &mut take);
    steps(case, &mut take);
    data(case, &mut take, unknown);
}

/// Takes points off: how many, why, by which entry, and what would have been better.
type Take<'a> = dyn FnMut(u32, String, u64, &str) + 'a;

fn ended(case: &Case<'_>, take: &mut Take<'_>) {
    if let Some((RunOutcome::Abandoned, _)) = case.run.closed {
        take(
            25,
            "the run was abandoned: the service was left between two Regions".to_owned(),
            case.closed.0,
            "Hold the run (pause) and bring in help, or take back what was done, rather than leave it half done.",
        );
    }
}

fn time(case: &Case<'_>, take: &mut Take<'_>, unknown: &mut Vec<String>) {
    let rto = case.objectives.rto;
    let recovered = case.entry(|body| matches!(body, Body::Milestone { milestone: Milestone::Sustained, .. }));
    let handed_over = case.run.has_handed_over();
    match case.figures.rto(case.objectives) {
        Kept::Missed => {
            let time = case.figures.total.time().or(case.figures.execution.time()).unwrap_or_default();
            take(
                20,
                format!("the recovery took {}, and {} was promised", clock(time), span(rto)),
                recovered,
                "Look in the timeline which span was the longest: detection, decision, waiting for people or the steps themselves.",
            );
        }
        Kept::Unknown if handed_over && case.figures.total == Span::NotMeasured => take(
            5,
            "nobody entered when the impact began: the recovery time is not measured".to_owned(),
            case.closed.0,
            "Enter T0 as soon as it is known, with its evidence; it can be corrected later.",
        ),
        Kept::Unknown if handed_over => unknown.push("whether the RTO was kept: the recovery did not end".to_owned()),
        Kept::Met | Kept::Unknown => {}
    }
    if let (Span::Took(waited), Some(all)) = (case.figures.waiting, case.figures.execution.time())
        && waited > WAITING
        && waited * 2 > all
    {
        take(
            5,
            format!("for {} of {} nothing was under way and a person was waited for", clock(waited), clock(all)),
            case.closed.0,
            "Have the next ready step in sight (space), and decide beforehand who answers what.",
        );
    }
    let mut slow: Vec<(Duration, u64, String)> = Vec::new();
    for (id, usual) in &case.run.usual {
        let record = case.run.record(id);
        let Some((started, ended)) = record.started.zip(record.ended) else { continue };
        let took = age(started, ended);
        if took > usual.time() * SLOW.1 && took > usual.time() + SLOW.0 {
            let entry = case.entry(|body| matches!(body, Body::Settled { step, .. } if step == id));
            slow.push((took, entry, format!("{id} took {}, usually {}", clock(took), clock(usual.time()))));
        }
    }
    slow.sort_by_key(|(took, ..)| std::cmp::Reverse(*took));
    for (_, entry, why) in slow.into_iter().take(SLOWEST) {
        take(2, why, entry, "Read what it waited for in its entries: a thing of the run, or of whoever led it.");
    }
}

fn gates(case: &Case<'_>, take: &mut Take<'_>) {
    for entry in case.entries {
        let Body::Override { step, gate, reason, evidence } = &entry.body else { continue };
        let stale = evidence.freshness != Freshness::Fresh;
        if !is_reason(reason, gate) {
            take(
                8,
                format!(
                    "the gate \"{gate}\" of {step} was overridden without a reason that says anything: \"{reason}\""
                ),
                entry.seq,
                "Say what you know instead of the gate, and from where; whoever reads it afterwards was not there.",
            );
        } else if stale {
            take(
                2,
                format!(
                    "{} evidence was accepted for the gate \"{gate}\" of {step}: {reason}",
                    evidence.freshness.as_str()
                ),
                entry.seq,
                "Where there is another witness (SQL, the other Region, a colleague's view), name it in the reason.",
            );
        } else {
            take(
                5,
                format!(
                    "the gate \"{gate}\" of {step} was overridden although it was freshly seen not to hold: {reason}"
                ),
                entry.seq,
                "What is only not so yet comes about: look again before it is overridden.",
            );
        }
    }
}

/// Whether a reason says something: some words, and not those of the gate alone.
fn is_reason(reason: &str, gate: &str) -> bool {
    let words = reason.split_whitespace().filter(|word| word.chars().count() > 1).count();
    words >= WORDS && !reason.trim().eq_ignore_ascii_case(gate)
}

fn steps(case: &Case<'_>, take: &mut Take<'_>) {
    for entry in case.entries {
        match &entry.body {
            // What the run leaves out ungracefully is decided once, and has its own reason.
            Body::Settled { step, ending: Ending::Skipped, says, .. } if !is_reason(says, "") => take(
                5,
                format!("{step} was left out without a reason that says anything: \"{says}\""),
                entry.seq,
                "Say why it is not needed here, or what takes its place.",
            ),
            Body::Settled { step, ending: Ending::ByHand, .. } => take(
                2,
                format!("{step} was done by hand, where the console shows no exact call and keeps no request id"),
                entry.seq,
                "Use the step's own call where there is one: it is planned again, recorded and settled.",
            ),
            Body::Left { running } => take(
                5,
                format!("the console was left while {} ran", running.join(", ")),
                entry.seq,
                "Stay until it ends, or hand the lead over.",
            ),
            _ => {}
        }
    }
    if let Some(entry) = again(case.entries) {
        take(
            3,
            "a step that was refused was tried again within ten seconds, with nothing read in between".to_owned(),
            entry,
            "Read why it was refused first; the same call at once is refused for the same reason.",
        );
    }
}

/// The first intent of a step that was refused less than ten seconds before.
fn again(entries: &[&Entry]) -> Option<u64> {
    let mut refused: Option<(&str, jiff::Timestamp)> = None;
    for entry in entries {
        match &entry.body {
            Body::Failed { step, .. } => refused = Some((step.as_str(), entry.at)),
            Body::Intent { step, attempt, .. } if *attempt > 1 => {
                if let Some((of, at)) = refused
                    && of == step
                    && age(at, entry.at) < Duration::from_secs(10)
                {
                    return Some(entry.seq);
                }
            }
            _ => {}
        }
    }
    None
}

fn data(case: &Case<'_>, take: &mut Take<'_>, unknown: &mut Vec<String>) {
    let told = case.entry(|body| matches!(body, Body::DataLoss { .. }));
    let promoted = case.entry(|body| matches!(body, Body::Milestone { milestone: Milestone::PromoteCalled, .. }));
    if let Some(split) =
        case.entries.iter().find(|entry| matches!(&entry.body, Body::SplitBrain { splits } if !splits.is_empty()))
    {
        take(
            10,
            format!("both sides took writes: {}", split.body.says()),
            split.seq,
            "Fence the old primary before the promotion where it answers, and as soon as it returns where it does not.",
        );
    }
    let Some(truth) = case.truth else {
        if case.run.has_handed_over() {
            unknown.push("what was really lost: only a simulation knows".to_owned());
        }
        return;
    };
    if truth.writers.len() > 1 {
        take(
            10,
            "in the end two Regions' databases still took writes".to_owned(),
            case.closed.0,
            "Do not close a run as verified before the split-brain watch is quiet.",
        );
    }
    let lost = truth.loss_ms.map(Duration::from_millis);
    if let Some(lost) = lost.filter(|lost| *lost > case.objectives.rpo) {
        take(
            20,
            format!(
                "{} of writes were really lost ({} rows), and {} was promised",
                clock(lost),
                truth.rows_lost.unwrap_or_default(),
                span(case.objectives.rpo)
            ),
            promoted,
            "Weigh the lag before the promotion: the loss is decided by that one call.",
        );
    }
    let less = match (&case.figures.loss, truth.rows_lost) {
        // The rows of a second writer are lost after the figure was taken: they are told of above.
        (Some(Loss::Exact { rows, .. }), Some(real)) if truth.writers.len() <= 1 => {
            (i64::try_from(*rows).unwrap_or(i64::MAX) < real)
                .then(|| format!("{rows} rows were recorded as lost, and {real} were"))
        }
        (Some(Loss::Nothing { .. }), Some(real)) if real > 0 => {
            Some(format!("nothing was recorded as lost, and {real} rows were"))
        }
        _ => None,
    };
    if let Some(why) = less {
        take(10, why, told, "Compare the marks of both sides when the source answers again, and correct the figure.");
    }
}

/// The surprise's rules.
pub(super) fn surprise(
    case: &Case<'_>,
    surprise: &Surprise,
    deductions: &mut Vec<Deduction>,
    unknown: &mut Vec<String>,
) {
    let title = &surprise.told.title;
    let mut take = |points, why: String, entry, better: &str| {
        deductions.push(Deduction { points, why, entry, better: better.to_owned() });
    };
    if !surprise.sealed {
        unknown.push(format!("whether \"{title}\" was meant from the start: its seal is not the one in the journal"));
    }
    if surprise.told.sprung.is_none() {
        unknown.push(format!("how \"{title}\" would have been met: the run never came so far"));
        return;
    }
    match (&surprise.noticed, &surprise.shown) {
        (None, Some(shown)) => take(
            10,
            format!(
                "nobody reacted to the surprise \"{title}\", though entry {} shows it: {}",
                shown.entry, shown.says
            ),
            shown.entry,
            "Write a note as soon as something looks odd: it costs nothing, and somebody else may know what it is.",
        ),
        (None, None) => take(
            10,
            format!("nobody noticed the surprise \"{title}\": no entry shows it"),
            case.closed.0,
            "Look at the readings between the steps, not only at the step that is under way.",
        ),
        (Some(noticed), _) if Duration::from_millis(noticed.after_ms) > PROMPT => take(
            5,
            format!(
                "the surprise \"{title}\" was only reacted to after {}",
                clock(Duration::from_millis(noticed.after_ms))
            ),
            noticed.entry,
            "Have somebody watch the Region panels while the lead is at the steps.",
        ),
        (Some(_), _) => {}
    }
    if surprise.handled == Some(false) {
        take(15, format!("the surprise \"{title}\" was not handled"), case.closed.0, &surprise.told.remedy);
    }
}

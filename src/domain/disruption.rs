//! The disruption meter: what the service's users met with, counted from outside at a steady rate. Between two questions nobody
//! looked, so a gap is known within bounds only, and says both.

use std::fmt;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::duration::clock;
use super::figures::Kept;
use super::reading::{ComponentId, age};
use super::timeline::Milestone;

/// From where the service is watched, and how.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Vantage {
    /// The component that knows how to ask.
    pub component: ComponentId,
    /// From where: a Region asked directly, `public` through the name that the world uses, a resolver's address.
    pub from: String,
    /// What is asked.
    pub asks: Asks,
}

/// What is asked from a vantage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Asks {
    /// A request, as a user makes it.
    Request,
    /// Where the name leads.
    Lookup,
}

/// The vantage through the name that the world uses.
pub const PUBLIC: &str = "public";

/// What came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Probe {
    /// What a user would call an answer; of a lookup, the Region that it leads to, or `other`.
    Good(Option<String>),
    /// None, and why.
    Failed(String),
}

/// A span in which every question failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gap {
    /// When the first question that failed was asked.
    pub from: Timestamp,
    /// It lasted at least so long, in milliseconds: from the end of the first failure to the beginning of the last.
    pub at_least_ms: u64,
    /// And at most so long: from the last answer before to the first after; absent where one of them is unknown.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub at_most_ms: Option<u64>,
}

impl Gap {
    /// Whether a limit was kept, as far as the bounds tell.
    pub fn within(&self, limit: Duration) -> Kept {
        let limit = limit.as_millis();
        match self.at_most_ms {
            Some(most) if u128::from(most) <= limit => Kept::Met,
            _ if u128::from(self.at_least_ms) > limit => Kept::Missed,
            _ => Kept::Unknown,
        }
    }
}

impl fmt::Display for Gap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let short = |ms: u64| clock(Duration::from_millis(ms));
        match self.at_most_ms {
            Some(most) if short(most) == short(self.at_least_ms) => f.write_str(&short(most)),
            Some(most) => write!(f, "between {} and {}", short(self.at_least_ms), short(most)),
            None => write!(f, "at least {}", short(self.at_least_ms)),
        }
    }
}

/// For how long a name led somewhere, as one resolver has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lead {
    /// The Region, or `other`.
    pub to: String,
    /// When the first answer that said so was asked for.
    pub from: Timestamp,
    /// When that answer was there.
    pub seen: Timestamp,
    /// When the last answer that said so was asked for.
    pub until: Timestamp,
}

/// One sample of the replication lag.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct LagSample {
    /// When it was taken.
    pub at: Timestamp,
    /// The lag, in milliseconds; absent where the sample says that nothing was replicating.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub ms: Option<u64>,
}

/// A failure that goes on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Failing {
    from: Timestamp,
    /// When the first failure was known to be one.
    known: Timestamp,
    last: Timestamp,
    why: String,
}

/// How many gaps and changes of a name are kept of one vantage; further ones are only counted.
const KEPT: usize = 32;

/// What one vantage has seen since the console was armed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// From where.
    pub vantage: Vantage,
    /// How many questions were put.
    pub asked: u64,
    /// How many of them failed.
    pub failed: u64,
    /// When the first was put.
    pub first: Timestamp,
    /// When the last was put.
    pub last: Timestamp,
    /// When the last that was answered was put.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    last_good: Option<Timestamp>,
    /// When the first was put of those that were all answered since; absent while it fails.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    good_since: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    failing: Option<Failing>,
    /// The gaps that are over, the first ones.
    pub gaps: Vec<Gap>,
    /// How many gaps there were that are over.
    pub gaps_in_all: u64,
    /// The longest of them.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    over: Option<Gap>,
    /// Where the name led, the first ones.
    pub leads: Vec<Lead>,
}

impl Tally {
    /// One of which nothing is known yet.
    pub fn new(vantage: Vantage, now: Timestamp) -> Self {
        Self {
            vantage,
            asked: 0,
            failed: 0,
            first: now,
            last: now,
            last_good: None,
            good_since: None,
            failing: None,
            gaps: Vec::new(),
            gaps_in_all: 0,
            over: None,
            leads: Vec::new(),
        }
    }

    /// Takes in what came back at `answered` to what was asked at `asked`; questions in the order in which they were put. Says
    /// whether it is news: an answer after a failure, a failure after an answer, another Region.
    pub fn take(&mut self, asked: Timestamp, answered: Timestamp, probe: Probe) -> bool {
        self.asked += 1;
        self.last = asked;
        match probe {
            Probe::Good(leads_to) => {
                let ended = self.end_gap(asked, answered);
                self.last_good = Some(asked);
                self.good_since.get_or_insert(asked);
                let led = leads_to.is_some_and(|to| self.led(to, asked, answered));
                ended || led
            }
            Probe::Failed(why) => {
                self.failed += 1;
                self.good_since = None;
                if let Some(failing) = &mut self.failing {
                    failing.last = asked;
                    return false;
                }
                self.failing = Some(Failing { from: asked, known: answered, last: asked, why });
                true
            }
        }
    }

    fn end_gap(&mut self, asked: Timestamp, answered: Timestamp) -> bool {
        let Some(failing) = self.failing.take() else { return false };
        let gap = Gap {
            from: failing.from,
            at_least_ms: ms(age(failing.known, failing.last)),
            at_most_ms: self.last_good.map(|before| ms(age(before, answered.max(asked)))),
        };
        self.gaps_in_all += 1;
        if self.gaps.len() < KEPT {
            self.gaps.push(gap);
        }
        if self.over.is_none_or(|longest| longest.at_least_ms < gap.at_least_ms) {
            self.over = Some(gap);
        }
        true
    }

    fn led(&mut self, to: String, asked: Timestamp, answered: Timestamp) -> bool {
        match self.leads.last_mut() {
            Some(lead) if lead.to == to => {
                lead.until = asked;
                false
            }
            _ => {
                if self.leads.len() < KEPT {
                    self.leads.push(Lead { to, from: asked, seen: answered, until: asked });
                }
                true
            }
        }
    }

    /// Whether the last question failed: since when, and why.
    pub fn failing(&self) -> Option<(Timestamp, &str)> {
        self.failing.as_ref().map(|failing| (failing.from, failing.why.as_str()))
    }

    /// The gap that goes on.
    pub fn open_gap(&self) -> Option<Gap> {
        self.failing.as_ref().map(|failing| Gap {
            from: failing.from,
            at_least_ms: ms(age(failing.known, failing.last)),
            at_most_ms: None,
        })
    }

    /// The longest gap, the one that goes on among them.
    pub fn longest(&self) -> Option<Gap> {
        match (self.over, self.open_gap()) {
            (Some(over), Some(open)) if open.at_least_ms > over.at_least_ms => Some(open),
            (Some(over), _) => Some(over),
            (None, open) => open,
        }
    }

    /// Since when everything was answered that was asked; `None` while it fails, and where that is not known.
    pub fn answered_since(&self) -> Option<Timestamp> {
        self.good_since
    }

    /// How long it took from a moment until this resolver led to a Region and to no other any more.
    pub fn led_to(&self, region: &str, since: Timestamp) -> Option<Gap> {
        let last = self.leads.last().filter(|lead| lead.to == region)?;
        let before = self.leads.iter().rev().nth(1).map_or(since, |lead| lead.until.max(since));
        Some(Gap {
            from: since,
            at_least_ms: ms(age(since, before)),
            at_most_ms: Some(ms(age(since, last.seen.max(since)))),
        })
    }
}

fn ms(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}

/// The longest time without an answer for those who use the service: through its public name, or where it has none, directly at
/// the Region that it was handed over to.
pub fn for_users<'a>(tallies: &'a [Tally], target: &str) -> Option<&'a Tally> {
    let requests = || tallies.iter().filter(|tally| tally.vantage.asks == Asks::Request);
    requests()
        .find(|tally| tally.vantage.from == PUBLIC)
        .or_else(|| requests().find(|tally| tally.vantage.from == target))
}

/// How long resolvers took until the last of them led to the target, from the moment on at which the traffic was moved; `None`
/// where that is not known of each.
pub fn dns_time(tallies: &[Tally], target: &str, moved: Option<Timestamp>) -> Option<Gap> {
    let moved = moved?;
    let lookups = tallies.iter().filter(|tally| tally.vantage.asks == Asks::Lookup);
    let times: Option<Vec<Gap>> = lookups.map(|tally| tally.led_to(target, moved)).collect();
    times?.into_iter().max_by_key(|gap| gap.at_most_ms)
}

/// The milestone from which on the time of the resolvers counts.
pub const MOVED: Milestone = Milestone::TrafficMoved;

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: i64) -> Timestamp {
        Timestamp::from_millisecond(1_800_000_000_000 + ms).unwrap()
    }

    fn tally(asks: Asks) -> Tally {
        Tally::new(Vantage { component: "api".to_owned(), from: PUBLIC.to_owned(), asks }, at(0))
    }

    fn ask(tally: &mut Tally, ms: i64, good: bool) -> bool {
        let probe = if good { Probe::Good(None) } else { Probe::Failed("503".to_owned()) };
        tally.take(at(ms), at(ms + 50), probe)
    }

    #[test]
    fn a_gap_lies_between_what_was_seen_to_fail_and_what_was_seen_to_answer() {
        let mut tally = tally(Asks::Request);
        let news: Vec<bool> =
            [(0, true), (1000, true), (2000, false), (3000, false), (4000, false), (5000, true), (6000, true)]
                .map(|(ms, good)| ask(&mut tally, ms, good))
                .to_vec();
        assert_eq!(news, [false, false, true, false, false, true, false]);
        assert_eq!(tally.answered_since(), Some(at(5000)));
        assert_eq!((tally.asked, tally.failed, tally.gaps_in_all), (7, 3, 1));
        let gap = Gap { from: at(2000), at_least_ms: 1950, at_most_ms: Some(4050) };
        assert_eq!(tally.longest(), Some(gap));
        assert_eq!(gap.within(Duration::from_secs(5)), Kept::Met);
        assert_eq!(gap.within(Duration::from_secs(3)), Kept::Unknown);
        assert_eq!(gap.within(Duration::from_secs(1)), Kept::Missed);
    }

    #[test]
    fn what_failed_from_the_first_question_on_has_no_upper_bound() {
        let mut tally = tally(Asks::Request);
        for (ms, good) in [(0, false), (1000, false), (61_000, false), (62_000, true)] {
            ask(&mut tally, ms, good);
        }
        let gap = tally.longest().unwrap();
        assert_eq!((gap.at_least_ms, gap.at_most_ms), (60_950, None));
        assert_eq!(gap.to_string(), "at least 1:00");
        assert_eq!(gap.within(Duration::from_secs(90)), Kept::Unknown);
    }

    #[test]
    fn a_gap_that_goes_on_is_the_longest_as_soon_as_it_is() {
        let mut tally = tally(Asks::Request);
        for (ms, good) in [(0, true), (1000, false), (3000, false), (4000, true), (5000, false), (6000, false)] {
            ask(&mut tally, ms, good);
        }
        assert_eq!((tally.longest().unwrap().from, tally.answered_since()), (at(1000), None));
        ask(&mut tally, 20_000, false);
        assert_eq!((tally.longest().unwrap().from, tally.longest().unwrap().at_most_ms), (at(5000), None));
    }

    #[test]
    fn the_time_of_the_resolvers_is_that_of_the_slowest_and_unknown_while_one_leads_elsewhere() {
        let look = |answers: &[(i64, &str)]| {
            let mut tally = tally(Asks::Lookup);
            for (ms, to) in answers {
                tally.take(at(*ms), at(ms + 20), Probe::Good(Some((*to).to_owned())));
            }
            tally
        };
        let fast = look(&[(0, "us-east-1"), (1000, "us-east-1"), (2000, "us-west-2"), (3000, "us-west-2")]);
        let slow = look(&[(0, "us-east-1"), (41_000, "us-east-1"), (42_000, "us-west-2")]);
        let lost = look(&[(0, "us-east-1"), (2000, "us-west-2"), (3000, "us-east-1")]);
        let moved = Some(at(500));
        let both = dns_time(&[fast.clone(), slow.clone()], "us-west-2", moved).unwrap();
        assert_eq!((both.at_least_ms, both.at_most_ms), (40_500, Some(41_520)));
        assert_eq!(dns_time(&[fast, lost], "us-west-2", moved), None);
        assert_eq!(dns_time(&[slow], "us-west-2", None), None);
    }

    #[test]
    fn more_gaps_than_are_kept_are_counted() {
        let mut tally = tally(Asks::Request);
        for turn in 0..200 {
            ask(&mut tally, turn * 1000, turn % 2 == 0);
        }
        assert_eq!((tally.gaps_in_all, tally.gaps.len()), (99, KEPT));
        let again: Tally = serde_json::from_str(&serde_json::to_string(&tally).unwrap()).unwrap();
        assert_eq!(again, tally);
    }
}

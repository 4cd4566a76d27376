//! Finding an action, or a step, by a few of its letters.

use nucleo_matcher::pattern::{Atom, AtomKind, CaseMatching, Normalization};
use nucleo_matcher::{Config, Matcher, Utf32Str};

use super::action::{Action, Info};

/// What can be found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// An action.
    Action(Action),
    /// The step in a row of the checklist.
    Step(usize),
}

/// One of what there is to be found.
#[derive(Debug, Clone, Copy)]
pub struct Item<'a> {
    /// What.
    pub target: Target,
    /// What it is called: an action's id, a step's number.
    pub id: &'a str,
    /// What it is: what an action does, a step's title.
    pub doc: &'a str,
    /// Why it cannot be done now, if it cannot.
    pub why: Option<&'static str>,
}

impl Item<'static> {
    /// An action.
    pub fn of(info: &Info, why: Option<&'static str>) -> Self {
        Self { target: Target::Action(info.action), id: info.id, doc: info.doc, why }
    }
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    /// What.
    pub target: Target,
    /// Why it cannot be done now, if it cannot.
    pub why: Option<&'static str>,
    /// The characters of its id that were typed, as indices.
    pub id: Vec<usize>,
    /// The characters of its doc that were typed, as indices.
    pub doc: Vec<usize>,
}

/// Those that hold every word that was typed, best first: a word is letters of the id, in their order, or stands in the
/// doc as it is. Without a word, those that can be done come first, and of them those that were done last.
pub fn find<'a>(typed: &str, all: impl Iterator<Item = Item<'a>>, recent: &[Action]) -> Vec<Hit> {
    let mut config = Config::DEFAULT;
    config.prefer_prefix = true;
    let mut matcher = Matcher::new(config);
    let atom = |word: &str, kind| Atom::new(word, CaseMatching::Ignore, Normalization::Never, kind, false);
    let words: Vec<(Atom, Atom)> =
        typed.split_whitespace().map(|word| (atom(word, AtomKind::Fuzzy), atom(word, AtomKind::Substring))).collect();
    let mut found: Vec<(u32, Hit)> = Vec::new();
    for item in all {
        let mut hit = Hit { target: item.target, why: item.why, id: Vec::new(), doc: Vec::new() };
        let mut score = 0;
        let holds = words.iter().all(|(letters, whole)| match look(letters, whole, &item, &mut matcher) {
            Some((worth, id, doc)) => {
                score += worth;
                hit.id.extend(id);
                hit.doc.extend(doc);
                true
            }
            None => false,
        });
        if holds {
            found.push((score, hit));
        }
    }
    if words.is_empty() {
        let rank = |hit: &Hit| recent.iter().position(|done| hit.target == Target::Action(*done)).unwrap_or(usize::MAX);
        found.sort_by_key(|(_, hit)| (hit.why.is_some(), rank(hit)));
    } else {
        found.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
    }
    found.into_iter().map(|(_, hit)| hit).collect()
}

type Marks = Vec<usize>;

/// What a word is worth in an item, and where it stands; the id counts for more than the doc.
fn look(letters: &Atom, whole: &Atom, item: &Item<'_>, matcher: &mut Matcher) -> Option<(u32, Marks, Marks)> {
    let mut place = |atom: &Atom, text: &str| {
        let (mut buffer, mut at) = (Vec::new(), Vec::new());
        let score = atom.indices(Utf32Str::new(text, &mut buffer), matcher, &mut at)?;
        let at: Marks = at.into_iter().filter_map(|at| usize::try_from(at).ok()).collect();
        Some((u32::from(score), at))
    };
    let (in_id, in_doc) = (place(letters, item.id), place(whole, item.doc));
    match (in_id, in_doc) {
        (Some((id, at)), doc) if id * 2 >= doc.as_ref().map_or(0, |(score, _)| *score) => {
            Some((id * 2, at, Vec::new()))
        }
        (_, Some((doc, at))) => Some((doc, Vec::new(), at)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::ACTIONS;

    fn action(hit: &Hit) -> Action {
        match hit.target {
            Target::Action(action) => action,
            Target::Step(row) => panic!("step {row}"),
        }
    }

    fn ids(typed: &str) -> Vec<&'static str> {
        let all = ACTIONS.iter().map(|info| Item::of(info, None));
        find(typed, all, &[]).iter().map(|hit| action(hit).id()).collect()
    }

    #[test]
    fn a_few_letters_are_enough_and_the_best_comes_first() {
        for (typed, wanted) in [
            ("arm", "arm"),
            ("disa", "disarm"),
            ("quit", "quit"),
            ("clrun", "close-run"),
            ("scrj", "screen-journal"),
            ("whole plan", "whole-plan"),
            ("STEP-NEXT", "step-next"),
            ("takelead", "take-lead"),
            ("resumed", "quit"),
        ] {
            assert_eq!(ids(typed).first(), Some(&wanted), "{typed}: {:?}", ids(typed));
        }
        assert!(ids("zzzz").is_empty());
        assert_eq!(ids("").len(), ACTIONS.len());
    }

    #[test]
    fn what_was_typed_is_marked_where_it_stands() {
        let all = || ACTIONS.iter().map(|info| Item::of(info, None));
        for typed in ["clrun", "whole plan", "resumed", "regions", "s j"] {
            for hit in find(typed, all(), &[]) {
                let at = |text: &str, marks: &[usize]| {
                    marks.iter().filter_map(|at| text.chars().nth(*at)).collect::<String>().to_lowercase()
                };
                let marked = at(action(&hit).info().id, &hit.id) + &at(action(&hit).info().doc, &hit.doc);
                let mut wanted: Vec<char> = typed.chars().filter(|c| *c != ' ').collect();
                let mut marked: Vec<char> = marked.chars().collect();
                wanted.sort_unstable();
                marked.sort_unstable();
                assert_eq!(marked, wanted, "{typed}: {hit:?}");
            }
        }
    }

    #[test]
    fn without_a_word_what_was_done_last_is_first_and_what_cannot_be_done_last() {
        let all = [(Action::Zoom, None), (Action::Note, Some("no")), (Action::Facts, None), (Action::Quit, None)];
        let all = all.into_iter().map(|(action, why)| Item::of(action.info(), why));
        let found = find("", all, &[Action::Quit, Action::Note]);
        let actions: Vec<Action> = found.iter().map(action).collect();
        assert_eq!(actions, [Action::Quit, Action::Zoom, Action::Facts, Action::Note]);
    }
}

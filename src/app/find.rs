//! Finding an action by a few of its letters.

use nucleo_matcher::pattern::{Atom, AtomKind, CaseMatching, Normalization};
use nucleo_matcher::{Config, Matcher, Utf32Str};

use super::action::Action;

/// An action of the palette.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    /// Which.
    pub action: Action,
    /// Why it cannot be done now, if it cannot.
    pub why: Option<&'static str>,
    /// The characters of its id that were typed, as indices.
    pub id: Vec<usize>,
    /// The characters of its doc that were typed, as indices.
    pub doc: Vec<usize>,
}

/// The actions that hold every word that was typed, best first: a word is letters of the id, in their order, or stands in the
/// doc as it is. Without a word, those that can be done come first, and of them those that were done last.
pub fn find(typed: &str, all: impl Iterator<Item = (Action, Option<&'static str>)>, recent: &[Action]) -> Vec<Hit> {
    let mut config = Config::DEFAULT;
    config.prefer_prefix = true;
    let mut matcher = Matcher::new(config);
    let atom = |word: &str, kind| Atom::new(word, CaseMatching::Ignore, Normalization::Never, kind, false);
    let words: Vec<(Atom, Atom)> =
        typed.split_whitespace().map(|word| (atom(word, AtomKind::Fuzzy), atom(word, AtomKind::Substring))).collect();
    let mut found: Vec<(u32, Hit)> = Vec::new();
    for (action, why) in all {
        let mut hit = Hit { action, why, id: Vec::new(), doc: Vec::new() };
        let mut score = 0;
        let holds = words.iter().all(|(letters, whole)| match look(letters, whole, action, &mut matcher) {
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
        let rank = |action: &Action| recent.iter().position(|done| done == action).unwrap_or(usize::MAX);
        found.sort_by_key(|(_, hit)| (hit.why.is_some(), rank(&hit.action)));
    } else {
        found.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
    }
    found.into_iter().map(|(_, hit)| hit).collect()
}

type Marks = Vec<usize>;

/// What a word is worth in an action, and where it stands; the id counts for more than the doc.
fn look(letters: &Atom, whole: &Atom, action: Action, matcher: &mut Matcher) -> Option<(u32, Marks, Marks)> {
    let info = action.info();
    let mut place = |atom: &Atom, text: &str| {
        let (mut buffer, mut at) = (Vec::new(), Vec::new());
        let score = atom.indices(Utf32Str::new(text, &mut buffer), matcher, &mut at)?;
        let at: Marks = at.into_iter().filter_map(|at| usize::try_from(at).ok()).collect();
        Some((u32::from(score), at))
    };
    let (in_id, in_doc) = (place(letters, info.id), place(whole, info.doc));
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

    fn ids(typed: &str) -> Vec<&'static str> {
        let all = ACTIONS.iter().map(|info| (info.action, None));
        find(typed, all, &[]).iter().map(|hit| hit.action.id()).collect()
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
        let all = || ACTIONS.iter().map(|info| (info.action, None));
        for typed in ["clrun", "whole plan", "resumed", "regions", "s j"] {
            for hit in find(typed, all(), &[]) {
                let at = |text: &str, marks: &[usize]| {
                    marks.iter().filter_map(|at| text.chars().nth(*at)).collect::<String>().to_lowercase()
                };
                let marked = at(hit.action.info().id, &hit.id) + &at(hit.action.info().doc, &hit.doc);
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
        let found = find("", all.into_iter(), &[Action::Quit, Action::Note]);
        let actions: Vec<Action> = found.iter().map(|hit| hit.action).collect();
        assert_eq!(actions, [Action::Quit, Action::Zoom, Action::Facts, Action::Note]);
    }
}

//! Pairing what stands in both Regions, by its names.

use std::collections::{BTreeMap, BTreeSet};

use super::block::{Block, Note};
use super::names::stem;
use super::resource::{Estate, Resource};
use super::sides::Sides;

/// How two resources were found to belong together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum How {
    /// They have the same name.
    Name,
    /// Their names differ in the Region or in the word for the side.
    Stem,
    /// They are the only ones left.
    Alone,
}

/// A pair, and how it was found.
pub(super) struct Twins<'e> {
    pub(super) primary: &'e Resource,
    pub(super) standby: &'e Resource,
    pub(super) how: How,
}

impl Twins<'_> {
    /// Says in the block what the pair rests on; a pair that rests on nothing but being left over comments it out.
    pub(super) fn tell(&self, block: &mut Block) {
        match self.how {
            How::Name => {}
            How::Stem => block
                .note(Note::Check("paired by their names, which differ in the Region or the word for the side".into())),
            How::Alone => block.put_off(Note::Unsure(
                "one in each Region, with names that do not say that they belong together".to_owned(),
            )),
        }
    }
}

/// Pairs the resources of a type across the two Regions. Also gives those of the two Regions that have no twin.
pub(super) fn twins<'e>(
    estate: &'e Estate,
    kind: &'static str,
    sides: &Sides,
    name: fn(&Resource) -> Option<&str>,
) -> (Vec<Twins<'e>>, Vec<&'e Resource>) {
    let here = |region| estate.of(kind).filter(move |one| one.is_in(region) && name(one).is_some()).collect::<Vec<_>>();
    let (mut primary, mut standby) = (here(&sides.primary), here(&sides.standby));
    let mut pairs = Vec::new();
    let own = |one: &Resource| name(one).unwrap_or_default().to_owned();
    let bare = |one: &Resource| stem(name(one).unwrap_or_default(), [&sides.primary, &sides.standby]);
    take(&mut primary, &mut standby, How::Name, &mut pairs, own);
    take(&mut primary, &mut standby, How::Stem, &mut pairs, bare);
    if let ([only], [other]) = (primary.as_slice(), standby.as_slice()) {
        pairs.push(Twins { primary: only, standby: other, how: How::Alone });
        return (pairs, Vec::new());
    }
    primary.extend(standby);
    (pairs, primary)
}

/// Moves into `pairs` those whose word is the same and on each side there once.
fn take<'e>(
    primary: &mut Vec<&'e Resource>,
    standby: &mut Vec<&'e Resource>,
    how: How,
    pairs: &mut Vec<Twins<'e>>,
    word: impl Fn(&Resource) -> String,
) {
    let once = |list: &[&'e Resource]| {
        let mut words = BTreeMap::<String, Vec<&'e Resource>>::new();
        for one in list {
            words.entry(word(one)).or_default().push(one);
        }
        words
    };
    let (left, right) = (once(primary), once(standby));
    for (word, ones) in &left {
        if let ([one], Some([other])) = (ones.as_slice(), right.get(word).map(Vec::as_slice))
            && !word.is_empty()
        {
            pairs.push(Twins { primary: one, standby: other, how });
        }
    }
    let paired: BTreeSet<*const Resource> =
        pairs.iter().flat_map(|pair| [std::ptr::from_ref(pair.primary), std::ptr::from_ref(pair.standby)]).collect();
    primary.retain(|one| !paired.contains(&std::ptr::from_ref(*one)));
    standby.retain(|one| !paired.contains(&std::ptr::from_ref(*one)));
}

/// What has no twin, told.
pub(super) fn lonely(left: &[&Resource], sides: &Sides) -> Vec<Note> {
    let one = |one: &&Resource| {
        let other = if one.is_in(&sides.primary) { &sides.standby } else { &sides.primary };
        Note::Missing(format!("the counterpart in {other} of {}", one.told()))
    };
    left.iter().map(one).collect()
}

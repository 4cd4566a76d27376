//! What was kept of a journal outside this machine: shipping what is missing, reading anchors back, and comparing with both anchors
//! and CloudTrail.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use color_eyre::eyre::{Result, WrapErr, eyre};

use super::journal::name;
use super::options::WhoOptions;
use super::{Status, surroundings};
use crate::domain::journal::Entry;
use crate::domain::text;
use crate::domain::trail::Anchor;
use crate::domain::trail::cloudtrail::{self, Found};
use crate::engine::trail::{Shipping, Told};
use crate::store::runs::RunFolder;
use crate::wire::{Kept, kept};

fn reach(folder: &RunFolder) -> Result<(tokio::runtime::Runtime, Kept)> {
    let operator = surroundings::operator(&WhoOptions { name: None });
    let runtime = surroundings::runtime()?;
    let kept = runtime.block_on(kept(folder, &operator.name)).map_err(|why| eyre!(why))?;
    Ok((runtime, kept))
}

/// `handover journal ship`.
pub(super) fn ship(folder: &RunFolder) -> Result<Status> {
    let (runtime, Kept { whose, lines, places, clock }) = reach(folder)?;
    let last = lines.last().map_or(0, |line| line.seq);
    runtime.block_on(async {
        let mut shipping = Shipping::start(&places, &clock, &whose, lines);
        shipping.anchor();
        let mut status = Status::Ok;
        let mut left: BTreeSet<String> = places.iter().map(|place| place.name(&whose)).collect();
        while !left.is_empty() {
            match Shipping::next(Some(&mut shipping)).await {
                Told::Anchored { to, .. } => {
                    say!("{}: has all {last} entries", text::visible(&to));
                    left.remove(&to);
                }
                Told::Behind { to, why, since } => {
                    eprintln!("{}: not from entry {since} on: {}", text::visible(&to), text::visible(&why));
                    left.remove(&to);
                    status = Status::Failed;
                }
                Told::Kept { .. } | Told::CaughtUp { .. } => {}
            }
        }
        Ok(status)
    })
}

/// `handover journal anchors`.
pub(super) fn anchors(folder: &RunFolder) -> Result<Status> {
    let (runtime, Kept { whose, places, .. }) = reach(folder)?;
    runtime.block_on(async {
        let (mut all, mut status) = (Vec::new(), Status::Ok);
        for place in &places {
            match place.anchors(&whose).await {
                Ok(anchors) => {
                    eprintln!("{}: {} anchors", text::visible(&place.name(&whose)), anchors.len());
                    all.extend(anchors);
                }
                Err(why) => {
                    eprintln!("{}: {}", text::visible(&place.name(&whose)), text::visible(&why.message));
                    status = Status::Failed;
                }
            }
        }
        all.sort();
        all.dedup();
        for anchor in &all {
            say!("{anchor}");
        }
        Ok(status)
    })
}

/// Whether a journal agrees with a file of anchors; says so.
pub(super) fn anchored(path: &Path, entries: &[Entry], anchors: &Path) -> Result<bool> {
    let text = fs::read_to_string(anchors).wrap_err_with(|| name(anchors))?;
    let anchors =
        Anchor::read_all(&text).map_err(|line| eyre!("{}: line {line}: no anchor (SEQ HASH)", name(anchors)))?;
    match Anchor::against(&anchors, entries.iter().map(|entry| entry.hash.as_str())) {
        None => {
            say!("{} anchors agree", anchors.len());
            Ok(true)
        }
        Some(why) => {
            eprintln!("{}: {why}", name(path));
            Ok(false)
        }
    }
}

/// What an export of CloudTrail says of a journal's requests.
pub(super) fn corroborated(entries: &[Entry], export: &Path) -> Result<Status> {
    let bytes = fs::read(export).wrap_err_with(|| name(export))?;
    let events = cloudtrail::read(&bytes).map_err(|why| eyre!("{}: {why}", name(export)))?;
    let found = cloudtrail::compare(entries, &events);
    for one in &found.matched {
        let request = one.request.as_deref().unwrap_or("never answered");
        let what = text::visible(&format!("{:>4} {} {} ({request})", one.seq, one.step, one.call));
        match &one.found {
            Found::Corroborated => say!("{what}: corroborated"),
            Found::Missing => say!("{what}: missing in CloudTrail"),
            Found::Contradicted(why) => say!("{what}: CONTRADICTED: {}", text::visible(why)),
        }
    }
    for event in &found.unknown {
        say!("     not in the journal: {}", text::visible(event));
    }
    let good = found.matched.iter().filter(|one| one.found == Found::Corroborated).count();
    say!("{good} of {} requests corroborated by {} events", found.matched.len(), events.len());
    Ok(match (found.contradicts(), found.is_whole()) {
        (true, _) => Status::Corrupt,
        (false, true) => Status::Ok,
        (false, false) => Status::Failed,
    })
}

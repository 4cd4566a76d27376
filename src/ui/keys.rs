//! Keymap files made a keymap: what their words mean to the console, with every fault at its place in its file.

mod print;

#[cfg(test)]
mod docs;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::io;

pub use print::toml;

use crate::app::{ACTIONS, Action, Binding, Chord, Context, Keymap};
use crate::config::keymap::{self, BUILT_IN, Layer, Located};
use crate::config::{Diagnostic, Diagnostics, Source};

/// Reads a keymap; nothing, if anything is wrong with it.
pub fn load(source: &Source) -> (Option<Keymap>, Diagnostics) {
    let (layers, diagnostics) = keymap::read(source, &Context::ALL.map(Context::as_str));
    made(&layers, diagnostics)
}

/// Reads a built-in keymap by its name, or a keymap file, as [`load`] does.
///
/// # Errors
/// What keeps the file from being read.
pub fn open(wanted: &str) -> io::Result<(Option<Keymap>, Diagnostics)> {
    let (layers, diagnostics) = keymap::open(wanted, &Context::ALL.map(Context::as_str))?;
    Ok(made(&layers, diagnostics))
}

/// A built-in keymap by name.
pub fn built_in(name: &str) -> Option<Keymap> {
    let (name, text) = BUILT_IN.into_iter().find(|(known, _)| *known == name)?;
    load(&Source::new(format!("{name}.toml"), text.as_bytes())).0
}

/// The actions that no key does: they are found in the palette alone. Backing out has `esc`.
pub fn without_a_key(keymap: &Keymap) -> Vec<Action> {
    let keyless = |action: &Action| *action != Action::BackOut && keymap.chord(*action).is_none();
    ACTIONS.iter().map(|info| info.action).filter(keyless).collect()
}

/// A line of a file, to point at.
#[derive(Clone, Copy)]
struct Place<'l> {
    layer: usize,
    source: &'l Source,
    on: &'l Located,
}

/// The keymap of a file and those that it inherits, its own first: what a file says of a key in a context is all that the
/// key does there, whatever those before it said.
fn made(layers: &[Layer], mut diagnostics: Diagnostics) -> (Option<Keymap>, Diagnostics) {
    let mut found: Vec<Diagnostic> = Vec::new();
    let mut said: Vec<(Binding, Place<'_>)> = Vec::new();
    let mut taken: BTreeSet<(Context, Chord)> = BTreeSet::new();
    let mut gone: Vec<((Context, Chord), Place<'_>)> = Vec::new();
    for (layer, Layer { source, lines }) in layers.iter().enumerate() {
        let mut own = BTreeSet::new();
        for line in lines {
            let place = Place { layer, source, on: &line.on };
            let chord = line.on.text.parse::<Chord>();
            if let Err(bad) = &chord {
                found.push(line.on.error(source, &bad.to_string(), []));
            }
            let actions: Vec<_> = line.runs.iter().map(|run| (run, run.id.text.parse::<Action>())).collect();
            for (run, _) in actions.iter().filter(|(_, action)| action.is_err()) {
                found.push(run.id.error(source, "unknown action", ACTIONS.iter().map(|info| info.id)));
            }
            let (Ok(chord), Ok(context)) = (chord, line.context.parse::<Context>()) else { continue };
            let key = (context, chord);
            gone.retain(|(unbound, at)| *unbound != key || at.layer == layer);
            if taken.contains(&key) {
                continue;
            }
            if actions.is_empty() {
                gone.push((key.clone(), place));
            }
            for (run, action) in actions {
                let Ok(action) = action else { continue };
                let desc = run.desc.clone().unwrap_or_else(|| action.info().doc.to_owned());
                said.push((Binding { context, chord: key.1.clone(), action, desc }, place));
            }
            own.insert(key);
        }
        taken.append(&mut own);
    }
    // In the order of the table, an action's own keys before the inherited.
    said.sort_by_key(|(binding, _)| binding.action as usize);
    let (bindings, places): (Vec<Binding>, Vec<Place<'_>>) = said.into_iter().unzip();
    let made = Keymap::from_bindings(bindings);
    if let Err(faults) = &made {
        for fault in faults {
            let Some(place) = places.get(fault.index) else { continue };
            found.push(told(*place, fault.other.and_then(|other| places.get(other)).copied(), &fault.says));
        }
    }
    let whole = found.is_empty() && !diagnostics.has_errors();
    if whole && let Ok(keymap) = &made {
        found.extend(gone.iter().map(|(_, place)| place.on.warning(place.source, "nothing is inherited on this key")));
        if keymap.chord(Action::Palette).is_none()
            && let Some(first) = layers.first()
        {
            let found_none = Diagnostic::warning(&first.source, 0..0, "global", "no key opens the command palette");
            found.push(found_none.help("then what has no key cannot be done: add \":\" = \"palette\" to [global]"));
        }
    }
    // Each file's own, in the order in which the files were read.
    for Layer { source, .. } in layers {
        let (own, others): (Vec<_>, Vec<_>) = found.into_iter().partition(|found| is_of(found, source));
        diagnostics.extend(Diagnostics::of_file(own));
        found = others;
    }
    diagnostics.extend(Diagnostics::of_file(found));
    let sound = !diagnostics.has_errors();
    (made.ok().filter(|_| sound), diagnostics)
}

/// A fault, told in the file that came last of the two: whoever wrote that can mend it.
fn told(place: Place<'_>, other: Option<Place<'_>>, says: &str) -> Diagnostic {
    let (at, other) = match other {
        Some(other) if other.layer < place.layer => (other, Some(place)),
        other => (place, other),
    };
    let help = other.map(|other| {
        let line = other.on.line(other.source);
        if other.layer == at.layer {
            format!("the other is on line {line}")
        } else {
            let file = other.source.name();
            format!("the other is inherited: {file}, line {line}; take it away with {} = false", other.on.key)
        }
    });
    at.on.error(at.source, says, []).help_if(help)
}

fn is_of(found: &Diagnostic, source: &Source) -> bool {
    found.file == crate::domain::text::visible(source.name())
}

//! A keymap as one file that inherits nothing: to start from, and to see what it has come to.

use std::fmt::Write as _;

use crate::app::{Binding, Chord, Context, Keymap};
use crate::config::words::quoted;

/// The keymap as TOML, which reads back as the same.
pub fn toml(keymap: &Keymap) -> String {
    let mut out = String::new();
    for context in Context::ALL {
        let here: Vec<&Binding> = keymap.all().iter().filter(|binding| binding.context == context).collect();
        if here.is_empty() {
            continue;
        }
        let _ = writeln!(out, "{}[{}]", if out.is_empty() { "" } else { "\n" }, context.as_str());
        let mut seen: Vec<&Chord> = Vec::new();
        for binding in &here {
            if !seen.contains(&&binding.chord) {
                seen.push(&binding.chord);
                out.push_str(&line(&here, &binding.chord));
            }
        }
    }
    out
}

/// A line: the key, all that it does, and what that is.
fn line(here: &[&Binding], chord: &Chord) -> String {
    let all: Vec<&Binding> = here.iter().copied().filter(|binding| binding.chord == *chord).collect();
    let runs: Vec<String> = all.iter().map(|binding| run(binding)).collect();
    let value = match runs.as_slice() {
        [one] => one.clone(),
        more => format!("[{}]", more.join(", ")),
    };
    let docs: Vec<&str> = all.iter().map(|binding| binding.action.info().doc).collect();
    let line = format!("{} = {value}", quoted(&chord.to_string()));
    // One space at least, and the comments in a column where the lines are short.
    format!("{line:<40}  # {}\n", docs.join("; or: "))
}

fn run(binding: &Binding) -> String {
    let info = binding.action.info();
    if binding.desc == info.doc {
        return quoted(info.id);
    }
    format!("{{ run = {}, desc = {} }}", quoted(info.id), quoted(&binding.desc))
}

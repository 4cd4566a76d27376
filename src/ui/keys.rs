//! A keymap file made a keymap: what its words mean to the console, with every fault at its place in the file.

use crate::app::{ACTIONS, Action, Binding, Context, Key, Keymap};
use crate::config::keymap::{self, BUILT_IN};
use crate::config::{Diagnostic, Diagnostics, Source};

/// Reads a keymap; nothing, if anything is wrong with it.
pub fn load(source: &Source) -> (Option<Keymap>, Diagnostics) {
    let (binds, mut diagnostics) = keymap::read(source);
    let mut found: Vec<Diagnostic> = Vec::new();
    let mut bindings = Vec::with_capacity(binds.len());
    let mut places = Vec::with_capacity(binds.len());
    for bind in &binds {
        let chord = bind.on.text.parse::<Key>();
        if let Err(bad) = &chord {
            found.push(bind.on.error(source, &bad.to_string(), []));
        }
        let context = bind.context.text.parse::<Context>();
        if context.is_err() {
            let known = Context::ALL.map(Context::as_str);
            let message = format!("unknown context; expected one of {}", known.join(", "));
            found.push(bind.context.error(source, &message, known));
        }
        let action = bind.run.text.parse::<Action>();
        if action.is_err() {
            found.push(bind.run.error(source, "unknown action", ACTIONS.iter().map(|info| info.id)));
        }
        if let (Ok(chord), Ok(context), Ok(action)) = (chord, context, action) {
            let desc = bind.desc.clone().unwrap_or_else(|| action.info().doc.to_owned());
            bindings.push(Binding { context, chord, action, desc });
            places.push(bind);
        }
    }
    let made = Keymap::from_bindings(bindings);
    if let Err(faults) = &made {
        for fault in faults {
            let Some(bind) = places.get(fault.index) else { continue };
            let other = fault.other.and_then(|other| places.get(other));
            let at = other.map(|other| format!("the other is on line {}", other.on.line(source)));
            found.push(bind.on.error(source, &fault.says, []).help_if(at));
        }
    }
    diagnostics.extend(Diagnostics::of_file(found));
    let sound = !diagnostics.has_errors();
    (made.ok().filter(|_| sound), diagnostics)
}

/// A built-in keymap by name.
pub fn built_in(name: &str) -> Option<Keymap> {
    let (name, text) = BUILT_IN.into_iter().find(|(known, _)| *known == name)?;
    load(&Source::new(format!("{name}.toml"), text.as_bytes())).0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_keymaps_have_no_faults() {
        for (name, text) in BUILT_IN {
            let (keymap, diagnostics) = load(&Source::new(name, text.as_bytes()));
            assert!(diagnostics.is_empty() && keymap.is_some(), "{name}: {diagnostics:?}");
        }
    }

    #[test]
    fn the_default_file_and_the_action_table_say_the_same() {
        assert_eq!(built_in("default").unwrap(), Keymap::built_in());
    }

    #[test]
    fn every_action_can_be_reached_with_either_keymap() {
        for (name, _) in BUILT_IN {
            let keymap = built_in(name).unwrap();
            for info in ACTIONS.iter().filter(|info| !info.keys.is_empty()) {
                assert!(keymap.chord(info.action).is_some(), "{name} has no key for {}", info.id);
            }
        }
    }

    #[test]
    fn every_fault_is_at_its_place() {
        let text = "[[bind]]\non = \"j\"\ncontext = \"checklist\"\nrun = \"step-next\"\n\
                    [[bind]]\non = \"j\"\ncontext = \"checklist\"\nrun = \"step-prev\"\n\
                    [[bind]]\non = \"jj\"\ncontext = \"chceklist\"\nrun = \"stp-next\"\n\
                    [[bind]]\non = \"esc\"\ncontext = \"global\"\nrun = \"quit\"\n\
                    [[bind]]\non = \"k\"\ncontext = \"checklist\"\n";
        let (keymap, diagnostics) = load(&Source::new("mine.toml", text.as_bytes()));
        assert!(keymap.is_none());
        let mut lines: Vec<usize> = diagnostics.iter().map(|found| found.line).collect();
        lines.sort_unstable();
        assert_eq!(lines, [6, 10, 11, 12, 14, 17], "{diagnostics:?}");
        assert!(diagnostics.iter().any(|found| found.help.as_deref() == Some("the other is on line 2")));
    }
}

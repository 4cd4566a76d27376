//! `handover keymap`: lists, checks and prints keymaps.

use clap::Args;
use color_eyre::eyre::{Result, WrapErr, eyre};
use serde_json::json;

use super::{Status, check, theme};
use crate::app::{Action, Keymap};
use crate::config::keymap::BUILT_IN;
use crate::config::{Diagnostic, Diagnostics};
use crate::domain::text::visible;
use crate::ui::keys;

/// `handover keymap`.
#[derive(Debug, Args)]
pub(super) struct KeymapCommand {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// List the bundled keymaps
    List,
    /// Check a keymap: every key, every action, and what can never be reached
    Check {
        /// The file, or the name of a bundled keymap
        #[arg(value_name = "KEYMAP")]
        wanted: String,
        /// Print what was found as JSON
        #[arg(long)]
        json: bool,
    },
    /// Print a keymap with all that it inherits as one file, to start from
    Print {
        /// The name of a bundled keymap, or a file
        #[arg(value_name = "KEYMAP")]
        wanted: String,
    },
}

impl KeymapCommand {
    pub(super) fn run(&self) -> Result<Status> {
        match &self.what {
            What::List => {
                theme::list(&BUILT_IN);
                Ok(Status::Ok)
            }
            What::Check { wanted, json } => {
                let (keymap, diagnostics) = read(wanted)?;
                if *json {
                    say!("{}", serde_json::to_string_pretty(&told(wanted, keymap.as_ref(), &diagnostics))?);
                    return Ok(if keymap.is_some() { Status::Ok } else { Status::Failed });
                }
                let status = check::report(&diagnostics);
                if let (Status::Ok, Some(keymap)) = (status, keymap) {
                    let keyless = ids(&keys::without_a_key(&keymap));
                    let note = match keyless.as_slice() {
                        [] => String::new(),
                        ids => format!("; without a key, by the palette only: {}", ids.join(", ")),
                    };
                    say!("{}: sound; {} keys{note}", visible(wanted), keymap.all().len());
                }
                Ok(status)
            }
            What::Print { wanted } => {
                say!(@raw keys::toml(&sound(wanted)?));
                Ok(Status::Ok)
            }
        }
    }
}

/// A keymap, with all that is wrong in it.
fn read(wanted: &str) -> Result<(Option<Keymap>, Diagnostics)> {
    keys::open(wanted).wrap_err_with(|| {
        let known: Vec<&str> = BUILT_IN.iter().map(|(name, _)| *name).collect();
        format!("{wanted:?} is no bundled keymap ({}), and no file that can be read", known.join(", "))
    })
}

/// A keymap without errors: a key that does something else than its file says is worse than no console.
pub(super) fn sound(wanted: &str) -> Result<Keymap> {
    let (keymap, diagnostics) = read(wanted)?;
    keymap.ok_or_else(|| eyre!("{diagnostics}"))
}

fn ids(actions: &[Action]) -> Vec<&'static str> {
    actions.iter().map(|action| action.id()).collect()
}

fn told(wanted: &str, keymap: Option<&Keymap>, diagnostics: &Diagnostics) -> serde_json::Value {
    let found = |found: &Diagnostic| {
        json!({
            "severity": found.severity.as_str(), "file": found.file, "line": found.line, "column": found.column,
            "key": found.key, "message": found.message, "expected": found.expected, "help": found.help,
        })
    };
    let bound = keymap.map(Keymap::all).unwrap_or_default().iter();
    json!({
        "keymap": visible(wanted),
        "sound": keymap.is_some(),
        "diagnostics": diagnostics.iter().map(found).collect::<Vec<_>>(),
        "keys": bound.map(|binding| json!({
            "context": binding.context.as_str(), "on": binding.chord.to_string(), "run": binding.action.id(),
        })).collect::<Vec<_>>(),
        "without_a_key": keymap.map(|keymap| ids(&keys::without_a_key(keymap))),
    })
}

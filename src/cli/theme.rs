//! `handover theme`: lists, checks, prints and previews themes.

use clap::Args;
use color_eyre::eyre::{Result, eyre};
use serde_json::json;

use super::options::{ScreenOptions, THEMES};
use super::{Status, check};
use crate::config::theme::eyes::Vision;
use crate::config::theme::judge::{APART, Contrast, Judgement, Pair};
use crate::config::theme::{BUILT_IN, Theme};
use crate::domain::text::{counted, visible};
use crate::runtime::looks::read_theme;
use crate::runtime::preview;

/// `handover theme`.
#[derive(Debug, Args)]
pub(super) struct ThemeCommand {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// List the bundled themes
    List,
    /// Check a theme: its file, the contrast of every role, and its status colours to the colour-blind
    Check {
        /// The file, or the name of a bundled theme
        #[arg(value_name = "THEME", value_parser = THEMES, hide_possible_values = true)]
        wanted: String,
        /// Print what was found as JSON
        #[arg(long)]
        json: bool,
    },
    /// Print a theme with all that it inherits as one file, to start from
    Print {
        /// The name of a bundled theme, or a file
        #[arg(value_name = "THEME", value_parser = THEMES, hide_possible_values = true)]
        wanted: String,
    },
    /// Show every role on sample lines; without a terminal, print them once
    Preview {
        /// The name of a bundled theme, or a file
        #[arg(value_name = "THEME", value_parser = THEMES, hide_possible_values = true)]
        wanted: Option<String>,
    },
}

impl ThemeCommand {
    pub(super) fn run(&self, screen: &ScreenOptions) -> Result<Status> {
        match &self.what {
            What::List => {
                list(&BUILT_IN);
                Ok(Status::Ok)
            }
            What::Check { wanted, json } => check(wanted, *json),
            What::Print { wanted } => {
                let draft = read_theme(wanted)?.sound().map_err(|diagnostics| eyre!("{diagnostics}"))?;
                say!(@raw draft.toml());
                Ok(Status::Ok)
            }
            What::Preview { wanted } => {
                preview::run(wanted.as_deref().unwrap_or(screen.theme()), screen.color, screen.ascii)?;
                Ok(Status::Ok)
            }
        }
    }
}

/// Each bundled file with the first sentence of its comment.
pub(super) fn list(bundled: &[(&str, &str)]) {
    for (name, text) in bundled {
        let comment: Vec<&str> = text
            .lines()
            .map_while(|line| line.strip_prefix('#'))
            .map(str::trim)
            .take_while(|line| !line.is_empty())
            .collect();
        let comment = comment.join(" ");
        let about = comment.split_once(". ").map_or(comment.trim_end_matches('.'), |(first, _)| first);
        say!("{name:<14} {about}");
    }
}

fn check(wanted: &str, json: bool) -> Result<Status> {
    let loaded = read_theme(wanted)?;
    let status = check::report(&loaded.diagnostics);
    let (Status::Ok, Some(draft)) = (status, loaded.value) else { return Ok(Status::Failed) };
    let theme = draft.theme();
    let found = Judgement::of(&theme);
    if json {
        say!("{}", serde_json::to_string_pretty(&told(&theme, &found))?);
    } else {
        print(wanted, &theme, &found);
    }
    Ok(if found.holds() { Status::Ok } else { Status::Failed })
}

fn print(wanted: &str, theme: &Theme, found: &Judgement) {
    if found.contrasts.is_empty() {
        say!("{}: sound; it has no colours of its own", visible(wanted));
        return;
    }
    if found.assumed {
        say!(
            "The file does not say on which background it is meant to stand (ground = \"#rrggbb\"): black is assumed."
        );
    }
    say!("{:<13} {:<9} {:<8} {:<8} {:>8}  at least", "role", "on", "text", "behind", "contrast");
    let mut row = |found: &Contrast| {
        let low = if found.is_low() { "  too low" } else { "" };
        let Contrast { role, on, fg, bg, ratio, least } = found;
        say!("{role:<13} {on:<9} {:<8} {:<8} {:>6}:1  {least}:1{low}", fg.to_string(), bg.to_string(), below(*ratio));
    };
    for worst in found.worst() {
        row(worst);
        // Where else it is too low; else only where it is read worst.
        found.low().filter(|low| low.role == worst.role && low.on != worst.on).for_each(&mut row);
    }
    let near: Vec<&Pair> = found.near().collect();
    if !near.is_empty() {
        say!();
        say!("{:<13} {:<13} {:<14} {:>8}  at least", "status", "status", "to eyes with", "distance");
        for Pair { one, other, vision, distance, binds } in &near {
            let says = if *binds { "too near" } else { "told apart by word and sign" };
            say!("{one:<13} {other:<13} {:<14} {:>8}  {APART}  {says}", vision.as_str(), below(*distance));
        }
    }
    say!();
    let (low, bound) = (found.low().count(), near.iter().filter(|pair| pair.binds).count());
    if found.holds() {
        let near = if near.is_empty() {
            String::new()
        } else {
            format!(", {} near to the colour-blind", counted(near.len(), "pair"))
        };
        say!("{}: sound; every contrast holds{near}", visible(wanted));
    } else {
        let promised = if theme.promises.colour_blind { ", also to the colour-blind, as it promises" } else { "" };
        say!(
            "{}: not sound; {} too low, {} of status colours too near{promised}",
            visible(wanted),
            counted(low, "contrast"),
            counted(bound, "pair"),
        );
    }
}

/// A figure with one decimal, never rounded up over a limit.
fn below(figure: f64) -> String {
    format!("{:.1}", (figure * 10.0).floor() / 10.0)
}

fn told(theme: &Theme, found: &Judgement) -> serde_json::Value {
    let rounded = |figure: f64| (figure * 100.0).floor() / 100.0;
    let contrasts = found.contrasts.iter().map(|found| {
        json!({
            "role": found.role, "on": found.on, "text": found.fg.to_string(), "behind": found.bg.to_string(),
            "contrast": rounded(found.ratio), "least": found.least, "low": found.is_low(),
        })
    });
    let pairs = found.pairs.iter().map(|pair| {
        json!({
            "roles": [pair.one, pair.other], "vision": pair.vision.as_str(), "distance": rounded(pair.distance),
            "least": APART, "near": pair.is_near(), "binds": pair.binds,
        })
    });
    json!({
        "theme": theme.name,
        "sound": found.holds(),
        "ground": found.ground.to_string(),
        "ground_assumed": found.assumed,
        "visions": Vision::ALL.map(Vision::as_str),
        "contrasts": contrasts.collect::<Vec<_>>(),
        "pairs": pairs.collect::<Vec<_>>(),
    })
}

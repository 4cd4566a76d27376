//! `docs/commands.md` and `docs/files.md`, out of the command line and the tables.

use std::fmt::Write as _;

use clap::{Arg, ArgAction};
use handover::cli::Status;
use handover::cli::manual::environment::VARIABLES;
use handover::cli::manual::examples::examples;
use handover::cli::manual::files::{FILES, Place};
use handover::cli::manual::{Page, pages};

/// A text in a cell of a table.
fn cell(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").replace('|', "\\|")
}

/// As it is called, such as `--speed <N>`.
fn called(arg: &Arg) -> String {
    let long = arg.to_string();
    match arg.get_short() {
        Some(short) => format!("`-{short}`, `{long}`"),
        None => format!("`{long}`"),
    }
}

/// What stands behind an argument: its values, its default, its variable.
fn besides(arg: &Arg) -> String {
    let mut parts = Vec::new();
    let takes = matches!(arg.get_action(), ArgAction::Set | ArgAction::Append);
    if takes && !arg.is_hide_possible_values_set() {
        let values: Vec<String> = arg
            .get_possible_values()
            .iter()
            .filter(|value| !value.is_hide_set())
            .map(|value| format!("`{}`", value.get_name()))
            .collect();
        if !values.is_empty() {
            parts.push(values.join(", "));
        }
    }
    let defaults: Vec<String> =
        arg.get_default_values().iter().map(|value| format!("`{}`", value.to_string_lossy())).collect();
    if takes && !defaults.is_empty() {
        parts.push(format!("without it {}", defaults.join(", ")));
    }
    if let Some(variable) = arg.get_env() {
        parts.push(format!("or `{}`", variable.to_string_lossy()));
    }
    parts.join("; ")
}

fn arguments<'a>(out: &mut String, args: impl Iterator<Item = &'a Arg>) {
    let mut rows = args.peekable();
    if rows.peek().is_none() {
        return;
    }
    out.push_str("| | | values |\n|---|---|---|\n");
    for arg in rows {
        let help = arg.get_long_help().or(arg.get_help()).map(ToString::to_string).unwrap_or_default();
        writeln!(out, "| {} | {} | {} |", cell(&called(arg)), cell(&help), cell(&besides(arg))).unwrap();
    }
    out.push('\n');
}

/// The heading's place in the page, as code hosts make it.
fn anchor(page: &Page) -> String {
    page.slug()
}

fn section(out: &mut String, page: &Page) {
    let command = &page.command;
    writeln!(out, "## {}\n", page.called()).unwrap();
    let about = command.get_long_about().or(command.get_about()).map(ToString::to_string).unwrap_or_default();
    writeln!(out, "{}\n", about.trim_end_matches('.').to_owned() + ".").unwrap();
    let usage = command.clone().render_usage().to_string();
    writeln!(out, "    {}\n", usage.trim_start_matches("Usage: ").replace('\n', "\n    ")).unwrap();
    arguments(out, page.own());
    if !page.name.is_empty()
        && let Some(notes) = command.get_after_help()
    {
        writeln!(out, "{notes}\n").unwrap();
    }
    let below: Vec<String> = page.below().map(|of| format!("[`{0}`](#{1}-{0})", of.get_name(), anchor(page))).collect();
    if !page.name.is_empty() && !below.is_empty() {
        writeln!(out, "Its own commands: {}.\n", below.join(", ")).unwrap();
    }
    let width = examples(&page.name).iter().map(|(line, _)| line.chars().count()).max().unwrap_or(0);
    for (line, says) in examples(&page.name) {
        writeln!(out, "    {line:<width$}  # {says}").unwrap();
    }
    out.push('\n');
    let special: Vec<String> = Status::ALL
        .into_iter()
        .filter_map(|status| Some(format!("{} {}", status.number(), status.says_of(&page.name)?)))
        .collect();
    if !special.is_empty() {
        writeln!(out, "Exit status here: {}.\n", special.join("; ")).unwrap();
    }
}

/// Every command with all that it takes.
pub(crate) fn commands() -> String {
    let pages = pages();
    let mut out = String::from(
        "# Commands\n\nMade of the program's own command line; `tests/docs.rs` keeps it so. `handover COMMAND --help` prints the \
         same, and `handover man` makes pages for `man`.\n\n| command | |\n|---|---|\n",
    );
    for page in &pages {
        let about = page.command.get_about().map(ToString::to_string).unwrap_or_default();
        writeln!(out, "| [`{}`](#{}) | {} |", page.called(), anchor(page), cell(&about)).unwrap();
    }
    out.push_str("\nWhat stands with `handover` itself every command takes, `--runbook` apart.\n\n");
    for page in &pages {
        section(&mut out, page);
    }
    out.push_str("## Exit statuses\n\n| | |\n|---|---|\n");
    for status in Status::ALL {
        writeln!(out, "| {} | {} |", status.number(), cell(status.says())).unwrap();
    }
    out.push_str("\n## Environment variables\n\n| variable | |\n|---|---|\n");
    for page in &pages {
        for (name, option) in page.variables() {
            let of = if page.name.is_empty() { String::new() } else { format!(" of `{}`", page.called()) };
            writeln!(out, "| `{name}` | in place of `{option}`{of} |").unwrap();
        }
    }
    for of in VARIABLES {
        let by = of.by.map(|by| format!(" (read by {by})")).unwrap_or_default();
        writeln!(out, "| `{}` | {}{by} |", of.name, cell(of.says)).unwrap();
    }
    out.push_str(
        "\nBesides, a service file names variables that hold secrets (`password_env`, `url_env`, `key_env`, `token_env`, \
         `external_id_env`); what is in them is neither shown nor recorded. Programs of steps get the whole environment.\n",
    );
    out
}

/// Every file that is read or written.
pub(crate) fn files() -> String {
    let mut out = String::from(
        "# Files\n\nWhat handover reads and writes, and who may read it; `tests/docs.rs` holds it against what a run leaves. Nothing \
         else is written: no cache, no state besides the runs.\n",
    );
    for place in Place::ALL {
        let what = if place == Place::Named { "option" } else { "file" };
        write!(
            out,
            "\n## {}\n\n{}\n\n| {what} | format | readable | what it is for |\n|---|---|---|---|\n",
            place.title(),
            place.says()
        )
        .unwrap();
        for file in FILES.iter().filter(|file| file.place == place) {
            let (path, format, says) = (cell(file.path), cell(file.format), cell(file.says));
            writeln!(out, "| `{path}` | {format} | {} | {says} |", file.access.as_str()).unwrap();
        }
    }
    out.push_str(
        "\nSecrets are in none of them: a service file names the variables that hold them, and what they hold is taken out of \
         everything that is written. The private key of `handover approve` is the one exception, and yours alone.\n",
    );
    out
}

//! A page of the manual.

use clap_mangen::Man;
use roff::{Roff, bold, roman};

use super::environment::VARIABLES;
use super::examples::examples;
use super::files::{FILES, File, Place};
use super::{Page, is_everywhere};
use crate::cli::Status;

/// A page as `man` reads it.
pub(in crate::cli) fn roff(page: &Page, pages: &[Page]) -> std::io::Result<String> {
    let root = page.name.is_empty();
    let mut command = page.command.clone();
    if !root {
        command = command.mut_args(|arg| if is_everywhere(&arg) { arg.hide(true) } else { arg });
    }
    let notes = command.get_after_help().map(ToString::to_string).filter(|_| !root);
    let has_options = page.own().next().is_some();
    let man = Man::new(command.clone()).title(page.slug().to_uppercase()).source(source()).manual("handover");
    let mut out = Vec::new();
    man.render_title(&mut out)?;
    named(page).to_writer(&mut out)?;
    man.render_synopsis_section(&mut out)?;
    man.render_description_section(&mut out)?;
    if has_options {
        man.render_options_section(&mut out)?;
    }
    let mut rest = Roff::new();
    if !root {
        rest.control("PP", []).text([
            roman("It takes, too, what every command takes; see "),
            bold("handover"),
            roman("(1)."),
        ]);
    }
    below(page, &mut rest);
    if let Some(notes) = notes {
        rest.control("SH", ["NOTES"]).text([roman(notes)]);
    }
    statuses(page, &mut rest);
    if root {
        environment(page, &mut rest);
        files(&mut rest);
    } else {
        let own = page.variables();
        if !own.is_empty() {
            rest.control("SH", ["ENVIRONMENT"]);
            for (name, option) in &own {
                variable(name, &format!("in place of {option}"), &mut rest);
            }
        }
        let named: Vec<&File> =
            FILES.iter().filter(|file| file.place == Place::Named && of(file.path, &page.name)).collect();
        if !named.is_empty() {
            rest.control("SH", ["FILES"]);
            for named in named {
                file(named, &mut rest);
            }
        }
    }
    rest.control("SH", ["EXAMPLES"]);
    for (line, says) in examples(&page.name) {
        rest.control("TP", []).text([bold(*line)]).text([roman(*says)]);
    }
    also(page, pages, &mut rest);
    rest.to_writer(&mut out)?;
    Ok(String::from_utf8_lossy(&out).into_owned())
}

fn source() -> String {
    format!("handover {}", env!("CARGO_PKG_VERSION"))
}

/// `handover-journal-verify - Verify a journal …`: one word, so that `man -k` and `whatis` find the page by its file's name.
fn named(page: &Page) -> Roff {
    let about = page.command.get_about().map(ToString::to_string).unwrap_or_default();
    let mut name = Roff::new();
    name.control("SH", ["NAME"]).text([roman(format!("{} - {}", page.slug(), about.trim_end_matches('.')))]);
    name
}

/// Whether a file that is named on a command line, such as `report --to FILE`, is named to this command.
fn of(path: &str, command: &str) -> bool {
    if command.is_empty() {
        path.starts_with("--")
    } else {
        path.strip_prefix(command).is_some_and(|rest| rest.starts_with(' '))
    }
}

fn below(page: &Page, out: &mut Roff) {
    if page.below().next().is_none() {
        return;
    }
    out.control("SH", ["COMMANDS"]);
    for command in page.below() {
        let about = command.get_about().map(ToString::to_string).unwrap_or_default();
        let name = format!("{}-{}", page.slug(), command.get_name());
        out.control("TP", []).text([bold(name), roman("(1)")]).text([roman(about)]);
    }
}

fn statuses(page: &Page, out: &mut Roff) {
    out.control("SH", ["EXIT STATUS"]);
    for status in Status::ALL {
        let says = status.says_of(&page.name).unwrap_or(status.says());
        out.control("TP", []).text([bold(status.number().to_string())]).text([roman(says)]);
    }
}

fn variable(name: &str, says: &str, out: &mut Roff) {
    out.control("TP", []).text([bold(name)]).text([roman(says.replace('`', ""))]);
}

fn environment(page: &Page, out: &mut Roff) {
    out.control("SH", ["ENVIRONMENT"]);
    for (name, option) in page.variables() {
        variable(&name, &format!("in place of {option}"), out);
    }
    for of in VARIABLES {
        variable(of.name, of.says, out);
    }
}

fn files(out: &mut Roff) {
    out.control("SH", ["FILES"]);
    for place in Place::ALL {
        out.control("SS", [place.title()]).text([roman(place.says().replace('`', ""))]);
        // What is named to one command alone is told with that.
        let told = |file: &&File| file.place == place && (place != Place::Named || of(file.path, ""));
        FILES.iter().filter(told).for_each(|of| file(of, out));
    }
}

fn file(file: &File, out: &mut Roff) {
    // A link of a document is its words here.
    let format = file.format.replace("[hash-chained](journal.md)", "hash-chained");
    let says = format!("{}. {format}; {}.", file.says, file.access.as_str()).replace('`', "");
    out.control("TP", []).text([bold(file.path)]).text([roman(says)]);
}

/// The page above, those beside, and the program's own.
fn also(page: &Page, pages: &[Page], out: &mut Roff) {
    let above = page.name.rsplit_once(' ').map(|(above, _)| above.to_owned());
    let of_family = |other: &&Page| {
        other.name != page.name
            && (other.name.is_empty()
                || Some(&other.name) == above.as_ref()
                || (above.is_some() && other.name.rsplit_once(' ').map(|(above, _)| above) == above.as_deref()))
    };
    let family: Vec<String> = pages.iter().filter(of_family).map(Page::slug).collect();
    if family.is_empty() {
        return;
    }
    out.control("SH", ["SEE ALSO"]);
    let last = family.len();
    for (at, slug) in (1..).zip(family) {
        out.control("BR", [slug.as_str(), if at == last { "(1)" } else { "(1)," }]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::manual::pages;

    #[test]
    fn a_page_has_every_section() {
        let pages = pages();
        for page in &pages {
            let text = roff(page, &pages).unwrap();
            for section in ["NAME", "SYNOPSIS", "DESCRIPTION", "EXIT STATUS", "EXAMPLES"] {
                let heads = [format!(".SH {section}\n"), format!(".SH \"{section}\"\n")];
                assert!(heads.iter().any(|head| text.contains(head)), "{} has no {section}:\n{text}", page.called());
            }
        }
        let whole = roff(&pages[0], &pages).unwrap();
        assert!(
            whole.contains("HANDOVER_DATA_DIR") && whole.contains("journal.jsonl") && whole.contains("handover\\-demo")
        );
    }
}

//! Texts that attack a terminal: wherever they stand in a file, no diagnostic lets them through.

use std::fmt::Write as _;

use handover::config::runbook::Scope;
use handover::config::{Project, Source, locate, runbook, service};

/// Escapes, C1 controls, bidirectional overrides, separators, and a megabyte.
fn hostile() -> Vec<String> {
    vec![
        "\u{1b}[2J\u{1b}]0;owned\u{7}".to_owned(),
        "\u{9b}31mred\u{9d}0;x\u{9c}".to_owned(),
        "us\u{202e}1-tsae\u{202c}\u{2066}x\u{2069}".to_owned(),
        "a\u{200b}\u{feff}\u{2028}b\u{2029}\u{e0041}".to_owned(),
        "x\u{8}\u{8}\u{7f}\r".to_owned(),
        format!("{}\u{1b}[31m", "m".repeat(1 << 20)),
    ]
}

/// What must never reach a terminal as it is.
fn is_raw(c: char) -> bool {
    (c.is_control() && c != '\n')
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}'
            | '\u{e0000}'..='\u{e0fff}')
}

fn check(what: &str, shown: &str) {
    assert!(!shown.contains(is_raw), "{what}: {:?}", shown.chars().find(|c| is_raw(*c)));
    assert!(shown.len() < 200_000, "{what}: {} bytes", shown.len());
    let widest = shown.lines().map(|line| line.chars().count()).max().unwrap_or_default();
    assert!(widest < 1_500, "{what}: a line of {widest} characters");
}

/// The text with TOML's own escapes, as a file would have to write it, and raw, as a file must not.
fn spellings(text: &str) -> [String; 2] {
    let mut escaped = String::new();
    for c in text.chars() {
        write!(escaped, "\\U{:08X}", u32::from(c)).unwrap();
    }
    [escaped, text.to_owned()]
}

#[test]
fn a_hostile_value_or_key_never_appears_raw_in_a_diagnostic() {
    let preset = locate::preset("fineract").unwrap();
    let good = service::read(&Source::new("service.toml", preset.service_toml.as_bytes())).sound().unwrap();
    let files = [(true, preset.service_toml), (false, preset.runbooks[0].1)];
    let mut diagnosed = 0;
    for text in hostile() {
        for spelling in spellings(&text) {
            for (is_service, file) in files {
                // Every line of the short file, every kind of line of the long one; a megabyte in a few places says as much.
                let step = if text.len() > 1_000 {
                    61
                } else if is_service {
                    1
                } else {
                    7
                };
                let lines: Vec<&str> = file.lines().collect();
                let set = lines.iter().enumerate().filter(|(_, line)| line.contains(" = "));
                for (number, line) in set.step_by(step) {
                    let (key, value) = line.split_once(" = ").unwrap();
                    for replaced in [format!("{key} = \"{spelling}\""), format!("\"{spelling}\" = {value}")] {
                        let mut lines = lines.clone();
                        lines[number] = &replaced;
                        let source = Source::new("a.toml", lines.join("\n").as_bytes());
                        let diagnostics = if is_service {
                            service::read(&source).diagnostics
                        } else {
                            runbook::read(&source, &Scope::new(&good, &[])).diagnostics
                        };
                        diagnosed += usize::from(!diagnostics.is_empty());
                        check(&format!("line {}", number + 1), &diagnostics.to_string());
                    }
                }
            }
        }
    }
    assert!(diagnosed > 800, "{diagnosed}");
}

#[test]
fn a_hostile_file_name_is_made_visible() {
    let source = Source::new("\u{1b}[2J.toml", b"x = ");
    check("name", &service::read(&source).diagnostics.to_string());
    check("missing", &Project::from_file(std::path::Path::new("/nowhere/\u{1b}[2J.toml")).diagnostics.to_string());
}

#[test]
fn bytes_that_are_not_utf8_are_located_and_the_rest_is_still_checked() {
    let source = Source::new("service.toml", b"[objectives]\nrto = \"3\xff0m\"\nrpo = \"15\"\n");
    let diagnostics = service::read(&source).diagnostics;
    let places: Vec<(usize, usize, &str)> =
        diagnostics.iter().map(|found| (found.line, found.column, found.key.as_str())).collect();
    assert_eq!(places, [(2, 9, "objectives.rto"), (3, 7, "objectives.rpo")], "{diagnostics}");
}

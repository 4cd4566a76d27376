//! Files broken by machine: whatever is done to them, nothing panics, and what is malformed is diagnosed at a place that
//! exists.

use std::collections::BTreeSet;

use handover::config::runbook::Scope;
use handover::config::{Diagnostics, Severity, Source, locate, runbook, service};
use handover::domain::service::Service;

/// A small generator (SplitMix64), so that a failing mutation can be made again from its number.
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.roll() % u64::try_from(limit.max(1)).unwrap()).unwrap()
    }
}

/// One thing done to a file.
fn mutate(text: &str, kind: usize, dice: &mut Dice) -> (String, Vec<u8>) {
    let lines: Vec<&str> = text.lines().collect();
    let set: Vec<usize> =
        lines.iter().enumerate().filter(|(_, line)| line.contains(" = ")).map(|(index, _)| index).collect();
    let line = set[dice.below(set.len())];
    let with = |replacement: String| {
        let mut lines: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
        lines[line] = replacement;
        lines.join("\n").into_bytes()
    };
    let (key, value) = lines[line].split_once(" = ").unwrap();
    let at = dice.below(text.len());
    let mut bytes = text.as_bytes().to_vec();
    let (what, bytes) = match kind {
        0 => ("delete a line", with(String::new())),
        1 => ("value to integer", with(format!("{key} = 7"))),
        2 => ("value to boolean", with(format!("{key} = true"))),
        3 => ("value to list", with(format!("{key} = [[]]"))),
        4 => ("value to table", with(format!("{key} = {{ a = {{}} }}"))),
        5 => ("misspell a key", with(format!("{}x = {value}", &key[..key.len() - 1]))),
        6 => ("a huge text", with(format!("{key} = \"{}\"", "\u{6f22}".repeat(400_000)))),
        7 => ("a huge number", with(format!("{key} = {}", "9".repeat(5_000)))),
        8 => ("an empty text", with(format!("{key} = \"\""))),
        9 => ("a line twice", with(format!("{0}\n{0}", lines[line]))),
        10 => ("no value", with(format!("{key} = "))),
        11 => ("a huge duration", with(format!("{key} = \"99999999999999999999d\""))),
        12 => {
            bytes.truncate(at);
            ("cut", bytes)
        }
        13 => {
            bytes[at] ^= 1 << dice.below(8);
            ("flip a bit", bytes)
        }
        14 => {
            bytes[at] = 0xff;
            ("a byte that is not UTF-8", bytes)
        }
        15 => {
            let end = (at + dice.below(200)).min(bytes.len());
            bytes.drain(at..end);
            ("take a piece out", bytes)
        }
        16 => {
            let junk = ["\"\"\"", "'''", "[[", "]]", "{", "}", "= ", "\r", "\0", "#", "\\", "[a]\n", "\u{feff}", "🦀"];
            let piece = junk[dice.below(junk.len())].as_bytes();
            bytes.splice(at..at, piece.iter().copied());
            ("put junk in", bytes)
        }
        17 => {
            bytes.splice(at..at, b"[".repeat(50_000));
            ("nest deeply", bytes)
        }
        18 => ("nest tables deeply", with(format!("{key} = {}1{}", "{a=".repeat(3_000), "}".repeat(3_000)))),
        _ => {
            let other = set[dice.below(set.len())];
            let mut lines = lines.clone();
            lines.swap(line, other);
            ("swap two lines", lines.join("\n").into_bytes())
        }
    };
    (format!("{what} at line {}, byte {at}", line + 1), bytes)
}

const KINDS: usize = 20;

fn diagnose(is_service: bool, source: &Source, shop: &Service) -> (bool, Diagnostics) {
    if is_service {
        let loaded = service::read(source);
        (loaded.clone().sound().is_ok(), loaded.diagnostics)
    } else {
        let loaded = runbook::read(source, &Scope::new(shop, &[]));
        (loaded.clone().sound().is_ok(), loaded.diagnostics)
    }
}

#[test]
fn no_mutation_of_the_presets_panics_and_each_malformed_one_is_located() {
    let preset = locate::preset("fineract").unwrap();
    let service = service::read(&Source::new("service.toml", preset.service_toml.as_bytes()))
        .sound()
        .expect("the preset is sound");
    let mut malformed = 0;
    let mut by_kind = BTreeSet::new();
    for number in 0..800u64 {
        let mut dice = Dice(number);
        let kind = usize::try_from(number).unwrap() % KINDS;
        let is_service = number / u64::try_from(KINDS).unwrap() % 2 == 0;
        let (name, text) =
            if is_service { ("service.toml", preset.service_toml) } else { ("failover.toml", preset.runbooks[0].1) };
        let (what, bytes) = mutate(text, kind, &mut dice);
        let source = Source::new(name, &bytes);
        let (sound, diagnostics) = diagnose(is_service, &source, &service);
        let errors: Vec<_> = diagnostics.iter().filter(|found| found.severity == Severity::Error).collect();
        assert_eq!(sound, errors.is_empty(), "mutation {number} ({what}): sound or diagnosed, never both or neither");
        let lines = source.text().matches('\n').count() + 1;
        for found in &errors {
            assert_eq!(found.file, name);
            assert!((1..=lines).contains(&found.line), "mutation {number} ({what}): line {} of {lines}", found.line);
            let width = source.text().split('\n').nth(found.line - 1).unwrap().chars().count();
            assert!((1..=width + 2).contains(&found.column), "mutation {number} ({what}): {found}");
            assert!(!found.message.is_empty() && found.snippet.is_some());
        }
        let shown = diagnostics.to_string();
        assert!(shown.len() < 300_000, "mutation {number} ({what}): {} bytes", shown.len());
        assert!(shown.chars().all(|c| c == '\n' || !c.is_control()), "mutation {number} ({what})");
        if !sound {
            malformed += 1;
            by_kind.insert(kind);
        }
    }
    assert!(malformed >= 200, "only {malformed} mutations were malformed");
    assert_eq!(by_kind.len(), KINDS, "some kind of mutation never breaks anything: {by_kind:?}");
}

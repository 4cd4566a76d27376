//! The documents that are made of the program itself: its commands, its files, its exit statuses, its manual and its
//! completions. `HANDOVER_WRITE_DOCS=1` writes `docs/commands.md` and `docs/files.md` anew.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

#[path = "common/written.rs"]
#[allow(dead_code, unreachable_pub, reason = "as in the other helpers")]
mod written;

#[path = "docs/completed.rs"]
mod completed;
#[path = "docs/markdown.rs"]
mod markdown;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use handover::cli::Status;
use handover::cli::manual::environment::VARIABLES;
use handover::cli::manual::files::{Access, FILES, Place};
use handover::cli::manual::{self, pages};

/// Runs the program with folders of its own.
fn handover(dir: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_handover"))
        .args(args)
        .current_dir(dir)
        .env("HOME", dir)
        .env("XDG_CONFIG_HOME", dir.join("config"))
        .env("XDG_DATA_HOME", dir.join("data"))
        .env_remove("HANDOVER_DATA_DIR")
        .env_remove("HANDOVER_SERVICE")
        .env("HANDOVER_LOG", "handover=info")
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

/// What a program prints, if it is to be had here.
fn asked(program: &str, args: &[&str]) -> Option<Output> {
    match Command::new(program).args(args).stdin(Stdio::null()).output() {
        Ok(out) => Some(out),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            eprintln!("there is no {program} here: what it would say is not looked at");
            None
        }
        Err(error) => panic!("{program}: {error}"),
    }
}

#[test]
fn the_documents_say_what_the_program_takes_and_keeps() {
    written::keep("docs/commands.md", &markdown::commands());
    written::keep("docs/files.md", &markdown::files());
}

#[test]
fn the_readme_and_the_help_have_every_exit_status() {
    let line = Status::ALL.map(|status| format!("{} {}", status.number(), status.says())).join("; ");
    let readme = fs::read_to_string(written::path("README.md")).unwrap();
    let flowing = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(flowing(&readme).contains(&format!("{line}.")), "the README does not say: {line}.");
    let help = manual::command().render_help().to_string();
    assert!(flowing(&help).contains(&line), "{help}");
}

#[test]
fn the_readme_names_no_command_and_no_option_that_there_is_not() {
    let pages = pages();
    let root = &pages[0];
    for name in ["README.md", "docs/commands.md", "docs/files.md", "docs/tutorial.md", "ARCHITECTURE.md"] {
        let Ok(text) = fs::read_to_string(written::path(name)) else { continue };
        for call in text.split(['`', '\n']).filter_map(|part| part.trim().strip_prefix("handover ")) {
            let call = call.split(['#', '|', '>']).next().unwrap();
            let words: Vec<&str> = call.split_whitespace().collect();
            // The longest of the commands that it begins with.
            let page = pages.iter().rev().find(|page| {
                let of: Vec<&str> = page.name.split_whitespace().collect();
                !of.is_empty() && words.starts_with(&of)
            });
            let page = page.unwrap_or(root);
            for option in words.iter().filter_map(|word| word.strip_prefix("--")) {
                let option = option.split(['=', ']', ',', ')', '…', '.', ';']).next().unwrap();
                let known =
                    |page: &manual::Page| page.command.get_arguments().any(|arg| arg.get_long() == Some(option));
                assert!(option.is_empty() || known(page) || known(root), "{name}: `handover {call}`: --{option}");
            }
        }
    }
}

/// Every file below a folder, by its path from there.
fn files_below(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(next) = open.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else {
                found.push(path.strip_prefix(folder).unwrap().to_str().unwrap().to_owned());
            }
        }
    }
    found
}

#[test]
fn a_run_leaves_the_files_that_the_table_names_and_nobody_else_reads_its_secrets() {
    let dir = tempfile::tempdir().unwrap();
    let out = handover(dir.path(), &["demo", "--autoplay", "--headless", "--speed", "200"]);
    assert_eq!(out.status.code(), Some(0), "{}", String::from_utf8_lossy(&out.stderr));
    let data = dir.path().join("data/handover");
    let there = files_below(&data);
    for path in &there {
        let file = FILES.iter().find(|file| file.place == Place::Data && file.is(path));
        let file = file.unwrap_or_else(|| panic!("docs/files.md does not tell of {path}"));
        let mode = fs::metadata(data.join(path)).unwrap().permissions().mode() & 0o777;
        assert!(mode == 0o600 || file.access != Access::Owner, "{path} is {mode:o}");
    }
    for wanted in ["journal.jsonl", "readings.jsonl", "lock", "service.toml", "runbooks/failover.toml", "wire.jsonl"] {
        assert!(there.iter().any(|path| path.ends_with(wanted)), "{wanted} is not among {there:?}");
    }
    // The configuration directory is where the table says, too: a key is made there.
    assert_eq!(handover(dir.path(), &["approve", "--new-key"]).status.code(), Some(0));
    let config = dir.path().join("config/handover");
    assert_eq!(files_below(&config), ["approver.key"]);
    let key = FILES.iter().find(|file| file.place == Place::Config && file.is("approver.key")).unwrap();
    let mode = fs::metadata(config.join("approver.key")).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode, key.access), (0o600, Access::Owner));
    let service = config.join("services/shop/service.toml");
    fs::create_dir_all(service.parent().unwrap()).unwrap();
    fs::copy(written::path("assets/presets/regami/service.toml"), &service).unwrap();
    let out = handover(dir.path(), &["--service", "shop", "check"]);
    assert!(String::from_utf8_lossy(&out.stdout).contains("0 runbooks"), "{out:?}");
}

/// The text of every source file.
fn sources(folder: &Path, all: &mut Vec<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, all);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            all.push(fs::read_to_string(path).unwrap());
        }
    }
}

#[test]
fn every_environment_variable_that_is_read_is_told() {
    let mut all = Vec::new();
    sources(&written::path("src"), &mut all);
    let mut read: Vec<String> = Vec::new();
    for text in &all {
        // Tests of a file have environments of their own.
        let code = text.split("#[cfg(test)]\nmod tests").next().unwrap();
        for before in ["var(\"", "var_os(\"", "env(\"", "said(env, \"", "wants(\""] {
            read.extend(code.split(before).skip(1).filter_map(|rest| Some(rest.split_once('"')?.0.to_owned())));
        }
        for list in code.split("[\"LC_ALL\"").skip(1) {
            read.push("LC_ALL".to_owned());
            read.extend(list.split(']').next().unwrap().split('"').filter(|part| part.len() > 2).map(str::to_owned));
        }
    }
    // What tests write is nobody's business who runs the program.
    read.retain(|name| name != "HANDOVER_WRITE_DOCS");
    read.retain(|name| !name.is_empty() && name.chars().all(|c| c.is_ascii_uppercase() || c == '_'));
    let of_options: Vec<String> = pages().iter().flat_map(manual::Page::variables).map(|(name, _)| name).collect();
    for name in &read {
        let told = VARIABLES.iter().any(|of| of.by.is_none() && of.name == name) || of_options.contains(name);
        assert!(told, "{name} is read, and nobody is told of it");
    }
    assert!(of_options.contains(&"HANDOVER_THEME".to_owned()));
}

#[test]
fn the_manual_has_a_page_for_each_command_that_groff_takes_without_a_word() {
    let dir = tempfile::tempdir().unwrap();
    let pages = pages();
    let out = handover(dir.path(), &["man", "--dir", "man1"]);
    assert!(out.status.success(), "{out:?}");
    let mut there = files_below(&dir.path().join("man1"));
    there.sort();
    let mut wanted: Vec<String> = pages.iter().map(|page| format!("{}.1", page.slug())).collect();
    wanted.sort();
    assert_eq!(there, wanted);
    for file in &there {
        let path = dir.path().join("man1").join(file);
        let Some(out) = asked("groff", &["-man", "-ww", "-Tutf8", "-z", path.to_str().unwrap()]) else { break };
        let said = String::from_utf8_lossy(&out.stderr);
        assert!(out.status.success() && said.is_empty(), "{file}: {said}");
    }
    if let Some(out) =
        asked("groff", &["-man", "-Tascii", "-P-cbou", dir.path().join("man1/handover-demo.1").to_str().unwrap()])
    {
        let page = String::from_utf8_lossy(&out.stdout).into_owned();
        for part in ["--scenario", "EXIT STATUS", "EXAMPLES", "region-outage", "SEE ALSO"] {
            assert!(page.contains(part), "{part} is not in\n{page}");
        }
    }
    for file in &there {
        let Some(out) =
            asked("mandoc", &["-T", "lint", "-W", "warning", dir.path().join("man1").join(file).to_str().unwrap()])
        else {
            break;
        };
        assert!(out.status.success(), "{file}: {}", String::from_utf8_lossy(&out.stdout));
    }
    let out = handover(dir.path(), &["man", "journal", "verify"]);
    let page = fs::read(dir.path().join("man1/handover-journal-verify.1")).unwrap();
    assert_eq!(out.stdout, page);
    let out = handover(dir.path(), &["man", "jurnal"]);
    assert_eq!(out.status.code(), Some(1));
}

//! Texts that attack a terminal, from everywhere outside: programs, AWS, HTTP, files, names. The real program shows them
//! made visible, on its screen and in everything that it prints or logs, and lets none of them through.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod common;

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Output;
use std::thread;
use std::time::Duration;

use common::pty::Pty;
use common::short::{PROGRAM, Short, said};

const LIMIT: Duration = Duration::from_secs(30);

/// Escapes, OSC (title, clipboard, link), C1, bidirectional overrides, invisible characters. Each is followed by a word
/// by which it is found.
const HOSTILE: &str = "\u{1b}]0;OWNED\u{7}\u{1b}[2JOWNED\u{1b}]52;c;T1dORUQ=\u{7}\u{1b}]8;;http://OWNED\u{1b}\\\u{9b}31mOWNED\u{9d}0;OWNED\u{9c}\u{202e}OWNED\u{2066}\u{200b}\u{feff}";

/// The same with bytes that are not UTF-8: among them C1 controls as single bytes.
fn raw() -> Vec<u8> {
    let mut bytes = HOSTILE.as_bytes().to_vec();
    bytes.extend_from_slice(b"\xff\xfe\x9b31mOWNED\x9d0;OWNED\x9c\xc3");
    bytes
}

/// What may not come out anywhere: `screen` allows what a console itself sends, escapes for colours and places.
fn assert_clean(what: &str, bytes: &[u8], screen: bool) {
    let text = std::str::from_utf8(bytes).unwrap_or_else(|error| panic!("{what} is not UTF-8: {error}"));
    let around = |at: usize| {
        let from = text.floor_char_boundary(at.saturating_sub(120));
        text[from..text.ceil_char_boundary((at + 60).min(text.len()))].to_owned()
    };
    for (at, c) in text.char_indices() {
        let control = c.is_control() && !(c == '\n' || screen && matches!(c, '\u{1b}' | '\r' | '\u{8}' | '\u{7}'));
        let sly = matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}');
        assert!(!control && !sly, "{what} holds {c:?}: {:?}", around(at));
    }
    for attack in ["\u{1b}]0;", "\u{1b}]52;c;T1dO", "\u{1b}]8;;", "\u{1b}[2JOWNED", "\u{1b}P"] {
        if let Some(at) = text.find(attack) {
            panic!("{what} holds {attack:?}: {:?}", around(at));
        }
    }
}

fn assert_output_clean(what: &str, output: &Output) {
    assert_clean(&format!("{what}, standard output"), &output.stdout, false);
    assert_clean(&format!("{what}, standard error"), &output.stderr, false);
}

/// A server that answers everything with an error, whose message is hostile in the protocol's own spelling or raw.
fn server() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for (number, stream) in listener.incoming().enumerate() {
            thread::spawn(move || {
                let Ok(mut stream) = stream else { return };
                let mut request = vec![0; 64 * 1024];
                let size = stream.read(&mut request).unwrap_or(0);
                let request = String::from_utf8_lossy(&request[..size]).to_ascii_lowercase();
                let long = "m".repeat(if number % 3 == 2 { 1 << 20 } else { 0 });
                let body = if request.contains("secretsmanager") {
                    let message = serde_json::to_string(&format!("{HOSTILE}{long}")).unwrap();
                    format!(r#"{{"__type":"InvalidRequestException","message":{message}}}"#).into_bytes()
                } else {
                    // XML can spell C1 and bidirectional characters, and no escape: that comes raw, every other time.
                    let spelled = "&#x9b;31mOWNED&#x202e;OWNED&#x2066;&#x9d;0;OWNED&#x9c;";
                    let message = if number % 2 == 0 { spelled } else { HOSTILE };
                    format!(
                        "<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>{message}{long}\
                         </Message></Error><RequestId>{message}</RequestId></ErrorResponse>"
                    )
                    .into_bytes()
                };
                let id = if number % 4 == 3 { "\u{9b}31mOWNED" } else { "an-id" };
                let head = format!(
                    "HTTP/1.1 400 Bad\r\ncontent-type: text/xml\r\nx-amzn-requestid: {id}\r\n\
                     content-length: {}\r\nconnection: close\r\n\r\n",
                    body.len()
                );
                let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&body));
            });
        }
    });
    address
}

const SPEWING: &str = r#"
[runbook]
id = "failover"
title = "A program that shouts"
description = "It changes nothing."
way = "failover"

[[phase]]
title = "Everything"

[[phase.step]]
id = "spew"
title = "Run what shouts"
kind = "exec"
hazard = "none"
run = ["./spew"]
timeout = "20s"
expected = "1m"
"#;

/// A live service all of whose Regions are this one server, and a program that prints the worst.
fn live() -> Short {
    let short = Short::with(SPEWING);
    let at = server();
    let path = short.path("service/service.toml");
    let service = fs::read_to_string(&path).unwrap();
    let cut = service.find("[components.database.sql]").unwrap();
    let next = service.find("[components.traffic]").unwrap();
    // The drills' list names what is cut out.
    let end = service.find("# What a drill may touch").unwrap();
    let mut service = format!("{}{}", &service[..cut], &service[next..end])
        .replace("https://api-us-east-1.fineract.com", &format!("http://{at}/east"))
        .replace("https://api-us-west-2.fineract.com", &format!("http://{at}/west"))
        .replace("https://api.fineract.com", &format!("http://{at}"))
        .replace(r#"["1.1.1.1:53", "8.8.8.8:53", "9.9.9.9:53"]"#, r#"["127.0.0.1:9"]"#);
    service.push_str(&format!(
        "\n[aws.endpoints]\nus-east-1 = \"http://{at}\"\nus-west-2 = \"http://{at}\"\nglobal = \"http://{at}\"\n"
    ));
    fs::write(&path, service).unwrap();
    let mut lines = raw();
    lines.push(b'\n');
    lines.extend(std::iter::repeat_n(b'x', 1 << 20));
    lines.extend(raw());
    lines.extend(b"\nthe end of it\n");
    fs::write(short.path("service/noise"), lines).unwrap();
    let program = short.path("service/spew");
    fs::write(&program, "#!/bin/sh\ncat \"$(dirname \"$0\")/noise\"\ncat \"$(dirname \"$0\")/noise\" >&2\n").unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    short
}

fn credentials() -> Vec<(String, String)> {
    [("AWS_ACCESS_KEY_ID", "testing"), ("AWS_SECRET_ACCESS_KEY", "testing"), ("AWS_EC2_METADATA_DISABLED", "true")]
        .into_iter()
        .chain([("HANDOVER_LOG", "debug")])
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

#[test]
fn what_programs_aws_and_http_say_is_shown_and_harmless() {
    let short = live();
    let service = short.service();
    let env: Vec<(String, String)> = short.env("data").into_iter().chain(credentials()).collect();
    let env: Vec<(&str, &str)> = env.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let mut console = Pty::spawn(PROGRAM, &["--service", &service], &env, 160, 45);
    console.wait_for_any(&["checklist"], LIMIT);
    console.wait_for("LIVE", LIMIT);
    console.send_keys("<enter>");
    console.wait_for("exit status 0", LIMIT);
    console.send_keys("f");
    std::thread::sleep(Duration::from_secs(1));
    console.send_keys("fl");
    std::thread::sleep(Duration::from_millis(300));
    let shown = console.screen();
    assert!(shown.contains(r"\u{1b}") || shown.contains(r"\u{9b}"), "{shown}");
    console.send_keys("q");
    console.wait_exit(LIMIT);
    assert_clean("the terminal", &console.raw_output(), true);

    let journal = short.journal("data");
    assert!(String::from_utf8_lossy(&journal).contains("OWNED"), "the journal has what was said");
    assert_clean("the journal", &journal, false);
    let log = fs::read(short.path("data/handover.log")).unwrap();
    assert!(String::from_utf8_lossy(&log).contains("OWNED"), "the log has what AWS said");
    assert_clean("the log", &log, false);
    for args in [&["journal", "show"][..], &["journal", "show", "--json"], &["runs"], &["runs", "--json"]] {
        assert_output_clean(&args.join(" "), &short.run("data", args));
    }
    let plain: Vec<(String, String)> = credentials();
    for args in
        [&["status"][..], &["status", "--json"], &["plan", "failover"], &["plan", "failover", "--format", "markdown"]]
    {
        let output = common::short::finish(
            short.command("data", args).args(["--service", &service]).envs(plain.iter().cloned()),
        );
        assert_output_clean(&args.join(" "), &output);
        assert!(!said(&output).is_empty(), "{args:?}");
    }
    assert!(
        said(&common::short::finish(
            short.command("data", &["status", "--service", &service]).envs(plain.iter().cloned())
        ))
        .contains("OWNED"),
        "status says what AWS said"
    );
}

#[test]
fn hostile_files_are_refused_or_shown_harmless() {
    let escaped: String = HOSTILE.chars().map(|c| format!("\\U{:08X}", u32::from(c))).collect();
    let long = "m".repeat(1 << 20);
    for text in [escaped.as_str(), HOSTILE, &long] {
        for (file, from) in [
            ("service.toml", "title = \"Database\""),
            ("service.toml", "description = \"Fineract core"),
            ("service.toml", "name = \"fineract-production\""),
            ("runbooks/failover.toml", "title = \"Decide\""),
            ("runbooks/failover.toml", "statement = \"We hand over.\""),
            ("runbooks/failover.toml", "run = [\"deploy\""),
            ("runbooks/failover.toml", "{ name = \"replica is available\""),
        ] {
            let short = Short::new();
            let path = short.path("service").join(file);
            let good = fs::read_to_string(&path).unwrap();
            assert!(good.contains(from), "{from}");
            let quote = from.find('"').unwrap() + 1;
            let bad = good.replacen(from, &format!("{}{text}{}", &from[..quote], &from[quote..]), 1);
            fs::write(&path, bad).unwrap();
            let what = format!("{file}: {from} with {} characters more", text.chars().count());
            let service = short.service();
            for args in [&["check", "--service", &service][..], &["plan", "failover", "--service", &service]] {
                let output =
                    common::short::finish(short.command("data", args).envs(credentials()).env_remove("HANDOVER_LOG"));
                assert_output_clean(&what, &output);
                assert!(output.stdout.len() + output.stderr.len() < 200_000, "{what}: too much is printed");
            }
        }
    }
    let short = Short::new();
    fs::write(short.path("service/service.toml"), raw()).unwrap();
    let output = short.run("data", &["check", "--service", &short.service()]);
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    assert_output_clean("a service file of noise", &output);
}

#[test]
fn hostile_journals_and_names_are_printed_harmless() {
    let short = Short::new();
    let played = short.play("data", "region-outage", &[]);
    assert!(played.status.success(), "{}", said(&played));
    let folder = short.folder("data");
    let good = short.journal("data");

    // A journal of noise; a good one with a noisy line; one whose entries are sound JSON with hostile texts.
    let hostile = serde_json::to_string(HOSTILE).unwrap();
    let first = String::from_utf8(good.split(|byte| *byte == b'\n').next().unwrap().to_vec()).unwrap();
    let mut name = first.clone();
    name.insert_str(name.find(r#""by":""#).unwrap() + 6, hostile.trim_matches('"'));
    let mut id = first.clone();
    id.insert_str(id.find(r#""run":""#).unwrap() + 7, hostile.trim_matches('"'));
    let noise = [raw(), b"\n".to_vec(), good.clone(), raw(), vec![b'x'; 1 << 20], b"\n".to_vec()].concat();
    for (number, journal) in
        [noise, format!("{name}\n").into_bytes(), format!("{id}\n").into_bytes()].into_iter().enumerate()
    {
        fs::write(folder.join("journal.jsonl"), journal).unwrap();
        let path = folder.join("journal.jsonl").to_str().unwrap().to_owned();
        for args in [
            &["journal", "show"][..],
            &["journal", "show", "--json"],
            &["journal", "verify"],
            &["journal", "verify", &path],
            &["runs"],
            &["runs", "--json"],
            &["resume", "--autoplay", "--headless"],
        ] {
            let output = short.run("data", args);
            assert_output_clean(&format!("journal {number}, {}", args.join(" ")), &output);
            if args[0] != "runs" {
                assert_eq!(output.status.code(), Some(4), "journal {number}, {args:?}: {}", said(&output));
            }
        }
    }
    fs::write(folder.join("journal.jsonl"), &good).unwrap();

    // Names of files, of the run's folder, and on the command line.
    let hostile = std::ffi::OsStr::from_bytes(b"\x1b]0;OWNED\x07\x1b[2JOWNED\xc2\x9b31m\xe2\x80\xae\xff");
    fs::rename(&folder, folder.with_file_name(hostile)).unwrap();
    fs::write(folder.with_file_name(hostile).join("journal.jsonl"), raw()).unwrap();
    let file = short.path("service").join(hostile);
    fs::write(&file, "no toml [").unwrap();
    let cases: [(&str, Vec<&std::ffi::OsStr>); 9] = [
        ("runs", vec!["runs".as_ref()]),
        ("runs --json", vec!["runs".as_ref(), "--json".as_ref()]),
        ("journal show", vec!["journal".as_ref(), "show".as_ref()]),
        ("journal verify", vec!["journal".as_ref(), "verify".as_ref()]),
        ("resume", vec!["resume".as_ref(), "--autoplay".as_ref(), "--headless".as_ref()]),
        ("check", vec!["check".as_ref(), "--service".as_ref(), file.as_os_str()]),
        ("theme", vec!["theme".as_ref(), "check".as_ref(), file.as_os_str()]),
        ("keymap", vec!["keymap".as_ref(), "check".as_ref(), file.as_os_str()]),
        ("plan", vec!["plan".as_ref(), "failover".as_ref(), "--service".as_ref(), file.as_os_str()]),
    ];
    for (what, args) in cases {
        let output = common::short::finish(short.command("data", &[]).args(args));
        assert_output_clean(what, &output);
    }
}

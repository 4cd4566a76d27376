//! Real programs, in real process groups.

use std::time::{Duration, Instant};

use handover::domain::redact::Redactor;
use handover::ports::{Exit, OutputLine, Program, ProgramSpec};
use handover::providers::program::Programs;
use tokio::sync::{mpsc, watch};

fn shell(line: &str) -> ProgramSpec {
    ProgramSpec {
        argv: vec!["/bin/sh".into(), "-c".into(), line.into()],
        env: vec![("GREETING".into(), "hello there".into())],
        dir: None,
        timeout: Duration::from_secs(20),
    }
}

async fn run(spec: ProgramSpec) -> (Exit, Vec<OutputLine>) {
    let (output, mut lines) = mpsc::unbounded_channel();
    let (_keep, cancel) = watch::channel(false);
    let exit = Programs::new(Redactor::new(["hunter22".to_owned()])).run(&spec, output, cancel).await;
    let mut all = Vec::new();
    while let Some(line) = lines.recv().await {
        all.push(line);
    }
    (exit, all)
}

fn texts(lines: &[OutputLine]) -> Vec<&str> {
    lines.iter().map(|line| line.text.as_str()).collect()
}

#[tokio::test]
async fn output_environment_and_status_arrive() {
    let (exit, lines) = run(shell("echo \"$GREETING\"; echo oh >&2; printf tail; exit 3")).await;
    assert_eq!(exit, Exit::Status(3));
    let out: Vec<&str> = lines.iter().filter(|line| !line.error).map(|line| line.text.as_str()).collect();
    assert_eq!(out, ["hello there", "tail"]);
    assert!(lines.iter().any(|line| line.error && line.text == "oh"));
}

#[tokio::test]
async fn arguments_are_no_shell_and_there_is_nothing_to_read() {
    let spec = ProgramSpec { argv: vec!["/bin/echo".into(), "$GREETING; exit 9".into()], ..shell("") };
    let (exit, lines) = run(spec).await;
    assert_eq!((exit, texts(&lines)), (Exit::Status(0), vec!["$GREETING; exit 9"]));
    assert_eq!(run(shell("read line")).await.0, Exit::Status(1));
}

#[tokio::test]
async fn hostile_output_is_made_visible_redacted_and_cut() {
    let line = "printf '\\033[31mred\\007\\n\\377\\376ok\\nthe password is hunter22\\n'; head -c 1000000 /dev/zero | tr '\\0' x; echo";
    let (_, lines) = run(shell(line)).await;
    let texts = texts(&lines);
    assert_eq!(texts[0], "\\u{1b}[31mred\\u{7}");
    assert_eq!(texts[1], "\\xff\\xfeok");
    assert_eq!(texts[2], "the password is [redacted]");
    assert!(texts[3].len() < 2100 && texts[3].ends_with("(cut, 1000000 bytes in all)"), "{}", texts[3].len());
}

#[tokio::test]
async fn a_flood_of_lines_is_bounded() {
    let (exit, lines) = run(shell("yes | head -n 50000")).await;
    assert_eq!(exit, Exit::Status(0));
    assert_eq!(lines.len(), 10_001);
    assert!(lines[10_000].text.contains("not shown"));
}

#[tokio::test]
async fn signals_and_programs_that_do_not_start_are_told() {
    assert_eq!(run(shell("kill -9 $$")).await.0, Exit::Signal(9));
    let (exit, _) = run(ProgramSpec { argv: vec!["/no/such\u{1b}program".into()], ..shell("") }).await;
    assert!(matches!(&exit, Exit::NotStarted(why) if !why.contains('\u{1b}')), "{exit:?}");
    let (exit, _) = run(ProgramSpec { argv: vec![], ..shell("") }).await;
    assert!(matches!(exit, Exit::NotStarted(_)));
}

/// Whether a process is there and no zombie.
fn alive(id: &str) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
    stat.rsplit(") ").next().is_some_and(|rest| !rest.is_empty() && !rest.starts_with(['Z', 'X']))
}

#[cfg(target_os = "linux")]
async fn ended(line: &str, timeout: Duration, cancel_it: bool) -> (Exit, Duration) {
    let (output, mut lines) = mpsc::unbounded_channel();
    let (cancel, cancelled) = watch::channel(false);
    let spec = ProgramSpec { timeout, ..shell(line) };
    let start = Instant::now();
    let running = tokio::spawn(async move { Programs::new(Redactor::default()).run(&spec, output, cancelled).await });
    let grandchild = lines.recv().await.unwrap().text;
    assert!(alive(&grandchild), "{grandchild}");
    if cancel_it {
        cancel.send(true).unwrap();
    }
    let exit = running.await.unwrap();
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert!(!alive(&grandchild), "the grandchild {grandchild} is still there");
    (exit, start.elapsed())
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn cancelling_ends_the_whole_group() {
    let (exit, took) = ended("sleep 100 & echo $!; wait", Duration::from_mins(1), true).await;
    assert_eq!(exit, Exit::Cancelled);
    assert!(took < Duration::from_secs(4), "{took:?}");
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn running_out_of_time_ends_the_whole_group() {
    let (exit, _) = ended("sleep 100 & echo $!; wait", Duration::from_millis(500), false).await;
    assert_eq!(exit, Exit::TimedOut);
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn what_ignores_sigterm_is_killed() {
    let line = "trap '' TERM; (trap '' TERM; while :; do sleep 1; done) & echo $!; wait; wait";
    let (exit, took) = ended(line, Duration::from_mins(1), true).await;
    assert_eq!(exit, Exit::Cancelled);
    assert!(took >= Duration::from_secs(5) && took < Duration::from_secs(9), "{took:?}");
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_program_goes_with_the_one_who_waits_for_it() {
    let (output, mut lines) = mpsc::unbounded_channel();
    let (_keep, cancel) = watch::channel(false);
    let running = tokio::spawn(async move {
        Programs::new(Redactor::default()).run(&shell("sleep 100 & echo $!; wait"), output, cancel).await
    });
    let grandchild = lines.recv().await.unwrap().text;
    running.abort();
    let _ = running.await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert!(!alive(&grandchild));
}

#[tokio::test]
async fn what_a_program_leaves_behind_does_not_hold_it_up() {
    let start = Instant::now();
    let (exit, lines) = run(shell("sleep 3 & echo done")).await;
    assert_eq!((exit, texts(&lines)), (Exit::Status(0), vec!["done"]));
    assert!(start.elapsed() < Duration::from_millis(2500), "{:?}", start.elapsed());
}

//! Measures the console as its operator meets it: the real program, in a pseudo-terminal.
//!
//! `cargo bench --bench console -- [--screens] [--instructions] [--idle SECONDS] [--presses N] [--starts N] [--against COMMAND]…`
//!
//! What is measured, and how, is told in `benches/README.md`.

#![allow(
    dead_code,
    missing_docs,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss
)]

#[cfg(unix)]
#[path = "../tests/common/pty.rs"]
mod pty;

#[cfg(unix)]
mod measure;

#[cfg(unix)]
fn main() {
    use handover::app::screen::Screen;
    use measure::{Measured, Plan, Subject, ms, percentile};
    use std::time::Duration;

    let mut plan = Plan { idle: Duration::from_secs(30), presses: 300, starts: 9, instructions: false };
    let (mut screens, mut others) = (vec![Screen::Overview], Vec::new());
    let mut args = std::env::args().skip(1);
    while let Some(arg) = args.next() {
        let mut value = || args.next().unwrap_or_else(|| panic!("{arg} wants a value"));
        match arg.as_str() {
            "--idle" => plan.idle = Duration::from_secs(value().parse().expect("seconds")),
            "--presses" => plan.presses = value().parse().expect("a number"),
            "--starts" => plan.starts = value().parse().expect("a number"),
            "--against" => others.push(Subject::other(&value())),
            "--screens" => screens = Screen::ALL.to_vec(),
            "--instructions" => plan.instructions = true,
            "--only-others" => screens.clear(),
            // cargo adds it.
            "--bench" => {}
            other => panic!("unknown argument {other}"),
        }
    }

    println!(
        "| program | size | first byte ms | full screen ms | key p50 ms | key p99 ms | unanswered | bytes a key | idle B/s | \
         bytes a draw | idle CPU % | instructions a draw |"
    );
    println!("|---|---|---|---|---|---|---|---|---|---|---|---|");
    let mut all = Vec::new();
    let moving = (screens.len() > 1).then(Subject::moving);
    for subject in screens.into_iter().map(Subject::handover).chain(moving).chain(others) {
        for size in measure::SIZES {
            let Measured {
                first_byte,
                full_screen,
                mut keys,
                unanswered,
                key_bytes,
                idle_bytes,
                draw_bytes,
                idle_cpu,
                instructions,
            } = measure::subject(&subject, size, &plan);
            let (p50, p99) = (ms(percentile(&mut keys, 50)), ms(percentile(&mut keys, 99)));
            println!(
                "| {} | {}×{} | {:.1} | {:.1} | {p50:.3} | {p99:.3} | {unanswered} | {key_bytes:.0} | {idle_bytes:.0} | \
                 {draw_bytes:.0} | {idle_cpu:.3} | {} |",
                subject.name,
                size.0,
                size.1,
                ms(first_byte),
                ms(full_screen),
                instructions.map_or_else(|| "not counted".to_owned(), |count| format!("{count:.0}")),
            );
            let figures = [
                ("first byte", Some(ms(first_byte))),
                ("full screen", Some(ms(full_screen))),
                ("key p50", Some(p50)),
                ("key p99", Some(p99)),
                ("bytes a key", Some(key_bytes)),
                ("idle bytes a second", Some(idle_bytes)),
                ("bytes a draw", Some(draw_bytes)),
                ("idle CPU", Some(idle_cpu)),
                ("instructions a draw", instructions),
            ];
            if subject.compared {
                all.push((subject.own, subject.name.clone(), size, figures));
            }
        }
    }
    ratios(&all);

    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let measure::Durable { bytes, mut bare, mut append, mut seal } = measure::durable(folder.path(), 1000);
    println!("\n| an entry of {bytes} bytes | p50 ms | p99 ms |\n|---|---|---|");
    for (what, took) in
        [("bare write + fdatasync", &mut bare), ("the journal's append", &mut append), ("sealing it", &mut seal)]
    {
        println!("| {what} | {:.3} | {:.3} |", ms(percentile(took, 50)), ms(percentile(took, 99)));
    }

    match measure::instructions(&[env!("CARGO_BIN_EXE_handover"), "--version"]) {
        Some(count) => println!("\ninstructions of `handover --version`: {count}"),
        None => println!("\ninstructions: not measured (neither perf's counter nor valgrind is there)"),
    }
}

/// What was measured of a program at a size, by name.
#[cfg(unix)]
type Row = (bool, String, (u16, u16), [(&'static str, Option<f64>); 9]);

/// The worst of this program's screens over the best of the other programs: below 1 it is ahead.
#[cfg(unix)]
fn ratios(all: &[Row]) {
    println!("\n| of | size | our worst screen | the best of the others | ratio |\n|---|---|---|---|---|");
    for size in measure::SIZES {
        let rows = || all.iter().filter(|(_, _, at, _)| *at == size);
        let names = rows().next().map(|(.., figures)| figures.map(|(name, _)| name)).unwrap_or_default();
        for (index, name) in names.into_iter().enumerate() {
            // A program that answers no key, or draws nothing, is no measure.
            let figures = |own: bool| {
                rows().filter(move |row| row.0 == own).filter_map(move |(_, name, _, figures)| {
                    figures[index].1.filter(|figure| *figure > 0.0).map(|figure| (figure, name))
                })
            };
            let worst = figures(true).max_by(|one, other| one.0.total_cmp(&other.0));
            let best = figures(false).min_by(|one, other| one.0.total_cmp(&other.0));
            let (Some((worst, screen)), Some((best, program))) = (worst, best) else { continue };
            println!(
                "| {name} | {}×{} | {worst:.3} ({screen}) | {best:.3} ({program}) | {:.2} |",
                size.0,
                size.1,
                worst / best
            );
        }
    }
}

#[cfg(not(unix))]
fn main() {
    println!("not measured: there are no pseudo-terminals here");
}

//! `handover runs`: the runs of this machine, how their recovery times go, when the next drill is due, and two of them compared.

use clap::{Args, Subcommand, ValueEnum};
use color_eyre::eyre::Result;
use serde_json::{Value, json};

use super::options::ServiceOptions;
use super::{Status, surroundings};
use crate::domain::compare::{Compared, compare};
use crate::domain::duration::clock;
use crate::domain::figures::Span;
use crate::domain::history::{History, Line, Past, Trend, sparkline};
use crate::domain::run::Mode;
use crate::domain::text;
use crate::wire::Archive;

/// `handover runs`.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(super) struct RunsCommand {
    #[command(subcommand)]
    command: Option<RunsOf>,
    /// As JSON
    #[arg(long)]
    json: bool,
    /// Only live runs, drills or simulations
    #[arg(long, value_enum, value_name = "MODE")]
    mode: Option<Wanted>,
}

#[derive(Debug, Subcommand)]
enum RunsOf {
    /// What a drill or a simulation was worth as an exercise: points, each deduction by its entry, the surprise
    Score {
        /// The run's id, or enough of it; without it, the latest
        run: Option<String>,
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Two runs side by side: figures and steps, and by how much they differ
    Compare {
        /// The first run's id, or enough of it
        a: String,
        /// The second run's
        b: String,
        /// As JSON
        #[arg(long)]
        json: bool,
    },
}

/// Which runs are wanted.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Wanted {
    /// Real ones
    Live,
    /// Drills
    Drill,
    /// Simulations
    Simulation,
}

impl RunsCommand {
    pub(super) fn run(&self, service: &ServiceOptions) -> Result<Status> {
        let archive = Archive::new(surroundings::runs(), None);
        if let Some(RunsOf::Score { run, json }) = &self.command {
            return super::score::run(run.as_deref(), *json);
        }
        if let Some(RunsOf::Compare { a, b, json }) = &self.command {
            return side_by_side(&archive.one(a)?, &archive.one(b)?, *json);
        }
        let mode = self.mode.map(|mode| match mode {
            Wanted::Live => Mode::Live,
            Wanted::Drill => Mode::Drill,
            Wanted::Simulation => Mode::Simulation,
        });
        let history = of_service(archive, service).only(mode).read()?;
        if self.json {
            let folder = |line: &Line| surroundings::runs().folder(&line.run).path;
            let mut list: Value =
                history.lines.iter().map(|line| as_json(line, &folder(line).display().to_string())).collect();
            text::clean_json(&mut list);
            say!("{}", serde_json::to_string_pretty(&list)?);
            return Ok(Status::Ok);
        }
        as_text(&history);
        Ok(Status::Ok)
    }
}

/// `--service` names a service by its file or by the name that its runs bear: old runs outlive files.
fn of_service(archive: Archive, service: &ServiceOptions) -> Archive {
    let Some(wanted) = &service.service else { return archive };
    match service.project(None) {
        Ok(project) if project.service().is_some() => Archive::new(archive.runs().clone(), project.service()),
        _ => archive.of(Some(wanted.display().to_string())),
    }
}

fn as_json(line: &Line, folder: &str) -> Value {
    match &line.past {
        Ok(past) => json!({
            "run": past.run, "service": past.service, "runbook": past.runbook, "mode": past.mode.as_str(),
            "state": past.state(), "lead": past.lead, "entries": past.entries, "folder": folder,
            "opened": past.opened, "recovery_time": past.figures.total, "execution_time": past.figures.execution,
            "waiting_for_people": past.figures.waiting, "without_a_standby": past.figures.exposure,
            "data_loss": past.figures.loss.as_ref().map(ToString::to_string),
            "rto": past.rto(), "rpo": past.rpo(),
        }),
        Err(why) => json!({"run": line.run, "mode": "?", "state": why, "folder": folder, "entries": 0}),
    }
}

fn as_text(history: &History) {
    if history.lines.is_empty() {
        say!("There is no run yet. `handover demo` opens one on the simulated Regions.");
    }
    for line in &history.lines {
        match &line.past {
            Ok(past) => say!("{}", one_line(past)),
            Err(why) => say!("{}  ?  {}", text::visible(&line.run), text::visible(why)),
        }
    }
    let trends = history.trends();
    if !trends.is_empty() {
        say!();
        say!("Recovery times, oldest first (drills and real events apart; the last sign is the latest run):");
    }
    for trend in &trends {
        say!("  {}", text::visible(&trend_line(trend)));
    }
    let today = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date();
    if let Some((says, over)) = history.due(today) {
        say!();
        say!("{}{says}.", if over { "! " } else { "" });
    }
}

fn one_line(past: &Past) -> String {
    let figures = &past.figures;
    let took = match (figures.total, figures.execution) {
        (Span::NotMeasured, Span::NotMeasured) => "not measured".to_owned(),
        (Span::NotMeasured, execution) => format!("took {execution}"),
        (total, _) => format!("RTA {total}"),
    };
    let loss = figures.loss.as_ref().map_or_else(|| "not known".to_owned(), ToString::to_string);
    format!(
        "{}  {}  {}  {}  {} entries  {took} (RTO {})  lost {} (RPO {})",
        text::visible(&past.run),
        past.mode.as_str(),
        past.state(),
        text::bounded(&past.lead, 40),
        past.entries,
        past.rto().as_str(),
        text::visible(&loss),
        past.rpo().as_str(),
    )
}

fn trend_line(trend: &Trend) -> String {
    let times: Vec<String> = trend.times.iter().map(|time| time.map_or_else(|| "?".to_owned(), clock)).collect();
    let line = sparkline(&trend.times, trend.rto, &["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"]);
    let rto = trend.rto.map_or_else(|| "RTO unknown".to_owned(), |rto| format!("RTO {}", clock(rto)));
    let (met, known) = trend.met;
    let kept = if known == 0 { "unknown whether it was met".to_owned() } else { format!("met in {met} of {known}") };
    format!(
        "{} {}, {}: {line}  {}  ({rto}, {kept})",
        trend.service,
        trend.runbook,
        trend.mode.as_str(),
        times.join(" ")
    )
}

fn side_by_side(a: &Past, b: &Past, as_json: bool) -> Result<Status> {
    let rows = compare(a, b);
    if as_json {
        let mut value = json!({"a": a.run, "b": b.run, "rows": rows});
        text::clean_json(&mut value);
        say!("{}", serde_json::to_string_pretty(&value)?);
        return Ok(Status::Ok);
    }
    say!("A  {}", text::visible(&a.run));
    say!("B  {}", text::visible(&b.run));
    say!();
    let wide = |of: &dyn Fn(&Compared) -> usize, least: usize| rows.iter().map(of).max().unwrap_or(0).clamp(least, 44);
    let what = wide(&|row| row.what.chars().count(), 4);
    let first = wide(&|row| row.a.chars().count(), 1);
    let second = wide(&|row| row.b.chars().count(), 1);
    for row in &rows {
        let mark = if row.differs { "≠" } else { " " };
        let difference = row.difference_ms.filter(|ms| *ms != 0).map_or_else(String::new, |ms| {
            let sign = if ms < 0 { "-" } else { "+" };
            format!("  {sign}{}", clock(std::time::Duration::from_millis(ms.unsigned_abs())))
        });
        let line = format!("{mark} {:<what$}  {:<first$}  {:<second$}{difference}", row.what, row.a, row.b);
        say!("{}", line.trim_end());
    }
    Ok(Status::Ok)
}

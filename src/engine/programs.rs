//! What an exec step would run: the words, filled in, and their plan.

use crate::domain::gate::fill;
use crate::domain::plan::{Basis, Call, Plan};
use crate::domain::region::Place;
use crate::domain::run::Run;
use crate::domain::runbook::{Exec, Hazard, Step};
use crate::domain::service::Service;
use crate::domain::text;
use crate::ports::ProgramSpec;

/// The program, with everything filled in.
pub(super) fn program_of(service: &Service, run: &Run, exec: &Exec, dir: Option<&str>) -> ProgramSpec {
    // Before a run is opened nobody knows either.
    let date = run.opened.map_or("{date}".to_owned(), |at| at.strftime("%Y-%m-%d").to_string());
    let id = if run.id.is_empty() { "{run}" } else { &run.id };
    let fill = |word: &String| {
        let word = fill(word, &run.direction, &service.regions).replace("{service}", &service.name);
        word.replace("{run}", id).replace("{date}", &date)
    };
    let argv = match &exec.shell {
        Some(line) => vec!["/bin/sh".to_owned(), "-c".to_owned(), fill(line)],
        None => exec.run.iter().map(fill).collect(),
    };
    ProgramSpec {
        argv,
        env: exec.env.iter().map(|(name, value)| (name.clone(), fill(value))).collect(),
        dir: exec.dir.as_ref().map(fill).or_else(|| dir.map(str::to_owned)),
        timeout: exec.timeout,
    }
}

/// The plan of a program: its words are its parameters.
pub(super) fn program_plan(service: &Service, run: &Run, step: &Step, exec: &Exec, dir: Option<&str>) -> Plan {
    let spec = program_of(service, run, exec, dir);
    let mut params: Vec<(String, String)> =
        spec.argv.iter().enumerate().map(|(at, word)| (format!("argv[{at}]"), word.clone())).collect();
    params.extend(spec.env.iter().map(|(name, value)| (format!("env {name}"), value.clone())));
    params.extend(spec.dir.iter().map(|dir| ("dir".to_owned(), dir.clone())));
    let env = spec.env.iter().map(|(name, value)| format!("{name}={}", text::shell_word(value)));
    let by_hand = env.chain([text::shell_line(&spec.argv)]).collect::<Vec<_>>().join(" ");
    Plan {
        step: step.id.clone(),
        component: String::new(),
        action: "run".to_owned(),
        direction: run.direction.clone(),
        on: Place::Global,
        call: Call {
            service: "exec".to_owned(),
            operation: spec.argv.first().cloned().unwrap_or_default(),
            control_plane: "this host".to_owned(),
            params,
        },
        by_hand,
        hazard: step.hazard,
        changes: Vec::new(),
        basis: vec![Basis { what: "timeout".to_owned(), value: format!("{} s", spec.timeout.as_secs()) }],
        gates: Vec::new(),
        phrase: (step.hazard == Hazard::Irreversible).then(|| format!("run {}", step.id)),
        accepting: None,
    }
}

//! `handover approve`: a second person approves a plan of somebody else's run, from a process and with a key of their own.

use std::fs;
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::PathBuf;

use clap::Args;
use color_eyre::eyre::{Result, WrapErr as _, bail, eyre};

use super::{Status, surroundings};
use crate::config::Project;
use crate::domain::approval::{Key, LIFETIME, Rule, Statement};
use crate::domain::hash::unhex;
use crate::domain::plan::Plan;
use crate::domain::run::{Mode, Run};
use crate::domain::runbook::StepId;
use crate::domain::text;
use crate::store::approvals::Approvals;
use crate::store::runs::RunFolder;

/// `handover approve`.
#[derive(Debug, Args)]
pub(super) struct Approve {
    /// The run's id, or enough of it; without it, the latest run
    run: Option<String>,
    /// The step, where more than one waits
    #[arg(long, value_name = "STEP")]
    step: Option<String>,
    /// The file of your private key
    #[arg(long, value_name = "FILE", env = "HANDOVER_APPROVER_KEY")]
    key: Option<PathBuf>,
    /// Make a private key, and print what goes into the service file
    #[arg(long, conflicts_with_all = ["run", "step"])]
    new_key: bool,
}

impl Approve {
    pub(super) fn run(&self) -> Result<Status> {
        let file =
            self.key.clone().or_else(default_key).ok_or_else(|| eyre!("there is no home directory: name --key"))?;
        if self.new_key {
            return new_key(&file);
        }
        let kept = fs::read_to_string(&file).wrap_err_with(|| {
            format!("your key cannot be read (`handover approve --new-key` makes one): {}", file.display())
        })?;
        let key = Key::parse(&kept).map_err(|why| eyre!("{}: {why}", file.display()))?;
        let folder = surroundings::runs().find(self.run.as_deref())?;
        let (run, rule) = read(&folder)?;
        let Some(approver) = rule.approvers.iter().find(|approver| unhex(&key.public()) == Some(approver.key.to_vec()))
        else {
            bail!("{} is the key of no approver of {}: {}", file.display(), run.service, names(&rule));
        };
        let lead = run.lead.as_ref().map_or("nobody", |(lead, _)| lead.as_str());
        if approver.name.eq_ignore_ascii_case(lead) {
            bail!("{lead} leads this run, and cannot approve what {lead} carries out");
        }
        let Some((step, plan, hash)) = self.waiting(&run)? else {
            say!("{}: nothing waits for an approval", folder.id);
            return Ok(Status::Failed);
        };
        show(&run, &step, &plan, &hash, lead);
        let phrase = format!("approve {}", run.runbook.number(&step));
        print!("As {}, type {phrase} exactly, or anything else to leave it: ", text::visible(&approver.name));
        io::stdout().flush()?;
        let mut answer = String::new();
        io::stdin().read_line(&mut answer)?;
        if answer.trim() != phrase {
            say!("not approved");
            return Ok(Status::Failed);
        }
        let statement = Statement {
            run: run.id.clone(),
            step: step.clone(),
            plan: hash,
            approver: approver.name.clone(),
            at: surroundings::now(&folder)?,
            user: text::bounded(&whoami::username().unwrap_or_default(), 80),
            host: text::bounded(&gethostname::gethostname().to_string_lossy(), 80),
        };
        let path = Approvals::new(folder.approvals()).keep(&key.sign(statement)).wrap_err("the approval")?;
        say!("approved for {} minutes: {}", LIFETIME.as_secs() / 60, path.display());
        Ok(Status::Ok)
    }

    /// What waits: the plan that was asked about last, of a step that is not over and not approved.
    fn waiting(&self, run: &Run) -> Result<Option<(StepId, Plan, String)>> {
        let mut waiting = Vec::new();
        for (_, step) in run.runbook.steps() {
            let record = run.record(&step.id);
            let open = !record.state.is_ended() && !record.state.is_running();
            if let Some((plan, hash)) = record.asked.filter(|(_, hash)| open && !record.approved.contains_key(hash)) {
                waiting.push((step.id.clone(), plan, hash));
            }
        }
        if let Some(wanted) = &self.step {
            waiting.retain(|(step, ..)| step == wanted || run.runbook.number(step) == *wanted);
        }
        if waiting.len() > 1 {
            let steps: Vec<String> =
                waiting.iter().map(|(step, ..)| format!("{} {step}", run.runbook.number(step))).collect();
            bail!("more than one step waits: name one by --step: {}", steps.join(", "));
        }
        Ok(waiting.pop())
    }
}

/// The run as its journal has it, and what its own service file says of approvals.
fn read(folder: &RunFolder) -> Result<(Run, Rule)> {
    let verified = folder.read()?.map_err(|broken| eyre!("{}: {broken}", folder.journal().display()))?;
    let project = Project::from_file(&folder.service());
    let (Some(service), Some(runbook)) = (project.service(), project.runbooks.first()) else {
        bail!("the run's own files do not load:\n{}", project.diagnostics);
    };
    crate::wire::check_files(verified.entries.first(), &folder.files(&runbook.id)?)?;
    let rule = service.approval.clone().ok_or_else(|| eyre!("{} asks nobody to approve anything", service.name))?;
    let direction = service.direction(runbook.way);
    let run = Run::new(&service.name, runbook.clone(), Mode::Live, direction).fold(&verified.entries);
    if run.closed.is_some() {
        bail!("the run {} is closed", folder.id);
    }
    Ok((run, rule))
}

fn show(run: &Run, step: &str, plan: &Plan, hash: &str, lead: &str) {
    let title = run.runbook.step(step).map_or(step, |step| step.title.as_str());
    let line = |label: &str, says: &str| say!("{label:<10} {}", text::visible(says));
    line("run", &format!("{} ({})", run.id, run.mode.as_str()));
    line("service", &run.service);
    line("step", &format!("{} {title}", run.runbook.number(step)));
    line("asked by", lead);
    line("call", &plan.call.headline());
    for (name, value) in &plan.call.params {
        line("", &format!("{name} = {value}"));
    }
    line("by hand", &plan.by_hand);
    for change in &plan.changes {
        line("changes", change);
    }
    line("hazard", &plan.hazard.to_string());
    if let Some(accepting) = &plan.accepting {
        line("accepting", accepting);
    }
    line("plan", hash);
}

fn names(rule: &Rule) -> String {
    rule.approvers.iter().map(|approver| approver.name.as_str()).collect::<Vec<_>>().join(", ")
}

fn default_key() -> Option<PathBuf> {
    directories::ProjectDirs::from("", "", "handover").map(|dirs| dirs.config_dir().join("approver.key"))
}

/// Makes a key that nobody else can read. One that is there is never written over.
fn new_key(file: &PathBuf) -> Result<Status> {
    let (key, kept) = Key::generate().map_err(|why| eyre!(why))?;
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut options = fs::OpenOptions::new();
    let mut new = options
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(file)
        .wrap_err_with(|| format!("{}: a key that is there is not written over", file.display()))?;
    writeln!(new, "{kept}")?;
    let name = whoami::username().unwrap_or_else(|_| "bert".to_owned());
    say!("Your private key is in {}. For the service file:\n", file.display());
    say!("[approval]\nhazard = \"irreversible\"\n\n[[approval.approvers]]");
    say!("name = \"{}\"\nkey = \"{}\"", text::visible(&name), key.public());
    Ok(Status::Ok)
}

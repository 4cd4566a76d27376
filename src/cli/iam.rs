//! `handover iam`: the least policy that a run needs, or one for whoever watches.

use clap::Args;
use color_eyre::eyre::{Result, eyre};

use super::Status;
use super::options::{PRESETS, ServiceOptions};
use crate::domain::permissions::{observer, policy, publishing, runs};
use crate::domain::runbook::{Action, Runbook};

/// `handover iam`.
#[derive(Debug, Args)]
pub(super) struct Iam {
    /// The runbook's id; without one, all of them
    runbook: Option<String>,
    /// What watching alone needs: for observers, and for a console that is not armed
    #[arg(long, conflicts_with = "runbook")]
    observe: bool,
    /// What `handover watch` needs: watching, and publishing metrics where the service file wants that
    #[arg(long, conflicts_with_all = ["runbook", "observe"])]
    watch: bool,
    /// Of a preset instead of a service
    #[arg(long, value_name = "PRESET", value_parser = PRESETS)]
    preset: Option<String>,
}

impl Iam {
    pub(super) fn run(&self, options: &ServiceOptions) -> Result<Status> {
        let project = options.project(self.preset.as_deref())?;
        let service = project.service().ok_or_else(|| eyre!("{}", project.diagnostics))?;
        let runbooks: Vec<&Runbook> = match &self.runbook {
            Some(id) => vec![project.runbook(id).ok_or_else(|| {
                let known: Vec<&str> = project.runbooks.iter().map(|runbook| runbook.id.as_str()).collect();
                eyre!("there is no runbook {id:?} without errors; there is: {}", known.join(", "))
            })?],
            None => project.runbooks.iter().collect(),
        };
        let watches = self.observe || self.watch;
        let mut statements = if watches { observer(service) } else { runs(service, &runbooks) };
        if self.watch {
            statements.extend(publishing(service));
        }
        say!("{}", serde_json::to_string_pretty(&policy(&statements))?);
        let programs =
            |runbook: &&Runbook| runbook.steps().filter(|(_, step)| matches!(step.action, Action::Exec(_))).count();
        let programs: usize = runbooks.iter().map(programs).sum();
        if programs > 0 && !watches {
            eprintln!(
                "{programs} steps run programs, with the credentials of the shell: what those need is not in it."
            );
        }
        if service.aws.account.is_none() {
            eprintln!("The service file names no account ([aws] account): the ARNs have * in its place.");
        }
        Ok(Status::Ok)
    }
}

//! `handover follow-up`: what somebody is to see to after a run, in its journal and so in its report.

use clap::Args;
use color_eyre::eyre::{Result, bail};
use jiff::civil::Date;

use super::options::WhoOptions;
use super::{Status, headless, surroundings};
use crate::domain::journal::Body;
use crate::domain::text;
use crate::wire::add;

/// `handover follow-up`.
#[derive(Debug, Args)]
pub(super) struct FollowUp {
    /// A run's id, or enough of it; without it, the latest run
    run: Option<String>,
    /// What is to be done
    #[arg(long, value_name = "TEXT")]
    says: String,
    /// Who sees to it
    #[arg(long, value_name = "NAME")]
    owner: String,
    /// Until when, such as 2026-12-01
    #[arg(long, value_name = "DATE")]
    due: Date,
    /// The journal's entry that it is about: a deviation, as the report numbers it
    #[arg(long, value_name = "ENTRY")]
    about: Option<u64>,
    /// How it was seen to, and by what retest that is known
    #[arg(long, value_name = "TEXT")]
    done: Option<String>,
}

impl FollowUp {
    pub(super) fn run(&self, who: &WhoOptions) -> Result<Status> {
        let filled = |text: &str| !text.trim().is_empty();
        if !filled(&self.says) || !filled(&self.owner) || self.done.as_deref().is_some_and(|done| !filled(done)) {
            bail!("say what is to be done, who sees to it, and how it was seen to: it goes into the journal");
        }
        let folder = surroundings::runs().find(self.run.as_deref())?;
        let body = Body::FollowUp {
            about: self.about,
            says: self.says.trim().to_owned(),
            owner: self.owner.trim().to_owned(),
            due: self.due,
            done: self.done.as_ref().map(|done| done.trim().to_owned()),
        };
        let about = self.about;
        let added = surroundings::runtime()?.block_on(add(&folder, &surroundings::operator(who), |run| match about {
            Some(entry) if entry == 0 || entry > run.entries => {
                Err(format!("the journal has no entry {entry}: it has {}", run.entries))
            }
            _ => Ok(body),
        }));
        match added {
            Ok(entry) => {
                say!("{}", headless::line(&entry));
                say!("`handover report {}` has it from here on.", text::visible(&folder.id));
                Ok(Status::Ok)
            }
            Err(error) => super::unheld(error),
        }
    }
}

//! `handover man`: the manual's pages.

use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;
use color_eyre::eyre::{Result, WrapErr as _, bail};

use super::{Status, manual};
use crate::domain::text;

/// `handover man`.
#[derive(Debug, Args)]
pub(super) struct ManCommand {
    /// The words of a command, such as: journal verify; without them, the program's own page
    #[arg(value_name = "COMMAND", conflicts_with = "dir")]
    words: Vec<String>,
    /// Write every page into this folder, over those of another version
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
}

impl ManCommand {
    pub(super) fn run(&self) -> Result<Status> {
        let pages = manual::pages();
        if let Some(dir) = &self.dir {
            fs::create_dir_all(dir).wrap_err_with(|| shown(dir))?;
            for page in &pages {
                let file = dir.join(format!("{}.1", page.slug()));
                fs::write(&file, manual::roff(page, &pages)?).wrap_err_with(|| shown(&file))?;
            }
            say!("wrote {} pages into {}", pages.len(), shown(dir));
            return Ok(Status::Ok);
        }
        let wanted = self.words.join(" ");
        let Some(page) = pages.iter().find(|page| page.name == wanted) else {
            bail!("there is no command {:?}; `handover help` lists them", text::visible(&wanted));
        };
        say!(@raw manual::roff(page, &pages)?);
        Ok(Status::Ok)
    }
}

fn shown(path: &Path) -> String {
    text::visible(&path.display().to_string())
}

//! `handover init`: a service file and runbooks to start from.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use clap::Args;
use color_eyre::eyre::{Result, WrapErr, eyre};

use super::Status;
use super::options::preset;
use crate::domain::text;

/// `handover init`.
#[derive(Debug, Args)]
pub(super) struct Init {
    /// The preset that is nearest to your service
    preset: String,
    /// Where to write it; made if it is not there
    #[arg(default_value = ".", value_name = "DIR")]
    dir: PathBuf,
}

impl Init {
    pub(super) fn run(&self) -> Result<Status> {
        let preset = preset(&self.preset)?;
        let runbooks = preset.runbooks.iter().map(|(name, text)| (Path::new("runbooks").join(name), *text));
        let files: Vec<(PathBuf, &str)> = std::iter::once((PathBuf::from("service.toml"), preset.service_toml))
            .chain(runbooks)
            .map(|(file, text)| (self.dir.join(file), text))
            .collect();
        // All or nothing: what somebody has written is never mixed with a preset.
        let there: Vec<String> =
            files.iter().filter(|(file, _)| file.symlink_metadata().is_ok()).map(|(file, _)| shown(file)).collect();
        if !there.is_empty() {
            return Err(eyre!("{} is there already; nothing was written. Name another directory.", there.join(", ")));
        }
        let runbooks = self.dir.join("runbooks");
        fs::create_dir_all(&runbooks).wrap_err_with(|| shown(&runbooks))?;
        for (file, text) in &files {
            let written = OpenOptions::new()
                .write(true)
                .create_new(true)
                .open(file)
                .and_then(|mut to| to.write_all(text.as_bytes()));
            written.wrap_err_with(|| format!("{} could not be written", shown(file)))?;
            say!("wrote {}", shown(file));
        }
        let service = text::shell_line(["--service", &self.dir.join("service.toml").display().to_string()]);
        say!();
        say!("Replace the names and ids in it by your own, then");
        say!("  handover {service} check            # are the files sound?");
        say!("  handover {service} plan failover    # every step with its exact calls; changes nothing");
        say!("  handover {service}                  # the console, read-only until armed");
        Ok(Status::Ok)
    }
}

fn shown(path: &Path) -> String {
    text::visible(&path.display().to_string())
}

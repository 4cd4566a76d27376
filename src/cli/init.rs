//! `handover init`: a service file and runbooks to start from.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write as _};
use std::path::{Path, PathBuf};

use clap::Args;
use color_eyre::eyre::{Result, WrapErr, eyre};

use super::Status;
use super::options::{PRESETS_OR_FOLDER, preset};
use crate::config::locate::{self, Preset};
use crate::config::terraform::{self, Asked, Draft, MAX_BYTES};
use crate::config::{Project, Severity};
use crate::domain::region::Region;
use crate::domain::text;

/// `handover init`.
#[derive(Debug, Args)]
#[command(after_help = RULES)]
pub(super) struct Init {
    /// The preset that is nearest to your service; with --from-terraform, whose runbooks to start from
    #[arg(required_unless_present = "from_terraform", value_parser = PRESETS_OR_FOLDER)]
    preset: Option<String>,
    /// Where to write it; made if it is not there
    #[arg(value_name = "DIR")]
    dir: Option<PathBuf>,
    /// Draft the service file from what `terraform state pull`, `show -json` or `output -json` printed; `-` reads
    /// standard input. May be given several times, such as once for each Region's state
    #[arg(long, value_name = "FILE", action = clap::ArgAction::Append)]
    from_terraform: Vec<PathBuf>,
    /// The primary Region, where the states do not say it
    #[arg(long, value_name = "REGION", requires = "from_terraform")]
    primary: Option<Region>,
    /// The standby Region, where the states do not say it
    #[arg(long, value_name = "REGION", requires = "from_terraform")]
    standby: Option<Region>,
}

const RULES: &str = "With --from-terraform, PRESET may be left out: then no runbooks are written, and a single \
argument that is no preset's name is DIR.";

/// A file to be written.
type Planned = (PathBuf, String);

impl Init {
    pub(super) fn run(&self) -> Result<Status> {
        let (preset, dir) = self.what_and_where()?;
        let draft = if self.from_terraform.is_empty() { None } else { Some(self.draft()?) };
        let service = match (&draft, &preset) {
            (Some(draft), _) => Some(draft.text.clone()),
            (None, preset) => preset.map(|preset| preset.service_toml.to_owned()),
        };
        let runbooks = preset.iter().flat_map(|preset| preset.runbooks);
        let runbooks = runbooks.map(|(name, text)| (Path::new("runbooks").join(name), (*text).to_owned()));
        let files: Vec<Planned> = service
            .map(|text| (PathBuf::from("service.toml"), text))
            .into_iter()
            .chain(runbooks)
            .map(|(file, text)| (dir.join(file), text))
            .collect();
        write(&dir, &files, preset.is_some())?;
        let file = dir.join("service.toml");
        if let Some(draft) = &draft {
            tell(draft, &file, preset.is_some());
        }
        next(&file, draft.is_some(), preset.is_some());
        Ok(Status::Ok)
    }

    /// The preset, if there is one, and the folder. Of a state alone one may say where, without saying whose runbooks.
    fn what_and_where(&self) -> Result<(Option<Preset>, PathBuf)> {
        let here = || PathBuf::from(".");
        match (&self.preset, &self.dir) {
            (Some(name), None) if !self.from_terraform.is_empty() => match locate::preset(name) {
                Some(preset) => Ok((Some(preset), here())),
                None => Ok((None, PathBuf::from(name))),
            },
            (Some(name), dir) => Ok((Some(preset(name)?), dir.clone().unwrap_or_else(here))),
            (None, dir) => Ok((None, dir.clone().unwrap_or_else(here))),
        }
    }

    fn draft(&self) -> Result<Draft> {
        if self.from_terraform.iter().filter(|path| is_stdin(path)).count() > 1 {
            return Err(eyre!("standard input can be read once: give --from-terraform - once"));
        }
        let mut files = Vec::new();
        for path in &self.from_terraform {
            let name = if is_stdin(path) { "standard input".to_owned() } else { shown(path) };
            let bytes = if is_stdin(path) { read(io::stdin().lock()) } else { File::open(path).and_then(read) };
            files.push((name.clone(), bytes.wrap_err_with(|| format!("{name} could not be read"))?));
        }
        let asked = Asked { primary: self.primary.clone(), standby: self.standby.clone() };
        Ok(terraform::draft(&files, &asked)?)
    }
}

fn is_stdin(path: &Path) -> bool {
    path.as_os_str() == "-"
}

/// One byte more than is taken, so that a file that is too large shows as such.
fn read(from: impl Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    from.take(u64::try_from(MAX_BYTES).unwrap_or(u64::MAX).saturating_add(1)).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// All or nothing: what somebody has written is never mixed with a preset or a draft.
fn write(dir: &Path, files: &[Planned], with_runbooks: bool) -> Result<()> {
    let there: Vec<String> =
        files.iter().filter(|(file, _)| file.symlink_metadata().is_ok()).map(|(file, _)| shown(file)).collect();
    if !there.is_empty() {
        return Err(eyre!("{} is there already; nothing was written. Name another directory.", there.join(", ")));
    }
    let folder = if with_runbooks { dir.join("runbooks") } else { dir.to_owned() };
    fs::create_dir_all(&folder).wrap_err_with(|| shown(&folder))?;
    for (file, text) in files {
        let written =
            OpenOptions::new().write(true).create_new(true).open(file).and_then(|mut to| to.write_all(text.as_bytes()));
        written.wrap_err_with(|| format!("{} could not be written", shown(file)))?;
        say!("wrote {}", shown(file));
    }
    Ok(())
}

/// What was found, and what is left to be done.
fn tell(draft: &Draft, file: &Path, with_runbooks: bool) {
    say!();
    say!("{}", text::visible(&draft.regions));
    let width = draft.components.iter().map(|(id, ..)| id.len()).max().unwrap_or_default();
    for (id, kind, from) in &draft.components {
        say!("  {id:width$}  {kind:18}  {}", text::visible(from));
    }
    if !draft.left.is_empty() {
        say!();
        say!("left to you, {}; each is a comment at its place:", draft.left.len());
        for line in &draft.left {
            say!("  {}", text::visible(line));
        }
    }
    // A preset's runbooks speak of the preset's components.
    let found = Project::from_file(file).diagnostics;
    let errors = found.iter().filter(|found| found.severity == Severity::Error).count();
    if with_runbooks && errors > 0 {
        say!();
        say!("The runbooks do not fit this service yet, at {errors} places: `check` shows them.");
    }
}

fn next(file: &Path, drafted: bool, with_runbooks: bool) {
    let service = text::shell_line(["--service", &file.display().to_string()]);
    say!();
    say!(
        "{}, then",
        if drafted { "Go through the comments in it" } else { "Replace the names and ids in it by your own" }
    );
    say!("  handover {service} check            # are the files sound?");
    if with_runbooks {
        say!("  handover {service} plan failover    # every step with its exact calls; changes nothing");
        say!("  handover {service}                  # the console, read-only until armed");
    } else {
        say!("  handover {service} status           # both Regions' health; changes nothing");
        say!("Its checklists go into runbooks/ beside it; `handover init PRESET` writes some to start from.");
    }
}

fn shown(path: &Path) -> String {
    text::visible(&path.display().to_string())
}

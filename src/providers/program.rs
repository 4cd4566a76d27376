//! External programs, each in a process group of its own.

use std::fmt::Write as _;
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::{Child, Command};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

use crate::domain::redact::Redactor;
use crate::domain::text;
use crate::ports::{Exit, OutputLine, Program, ProgramSpec};

/// How long a group has to end after SIGTERM, before SIGKILL.
const GRACE: Duration = Duration::from_secs(5);
/// How long output is still waited for once the program has ended: something it left behind may hold the pipe open.
const DRAIN: Duration = Duration::from_secs(1);
/// How much of one line is kept, in bytes.
const LINE: usize = 16 * 1024;
/// How many lines are passed on: a program that writes without end must not fill the memory or the journal.
const LINES: usize = 10_000;

/// Runs programs on this machine.
#[derive(Debug, Clone)]
pub struct Programs {
    redactor: Redactor,
}

impl Programs {
    /// Programs whose output goes through `redactor`.
    pub fn new(redactor: Redactor) -> Self {
        Self { redactor }
    }

    fn read<R: AsyncRead + Unpin + Send + 'static>(
        &self,
        pipe: Option<R>,
        error: bool,
        output: &mpsc::UnboundedSender<OutputLine>,
        count: &Arc<AtomicUsize>,
    ) -> JoinHandle<()> {
        let (redactor, output, count) = (self.redactor.clone(), output.clone(), count.clone());
        tokio::spawn(async move {
            let Some(mut pipe) = pipe else { return };
            let mut lines = Lines::default();
            let mut chunk = vec![0; 8 * 1024];
            let send = |line: &Lines| {
                let text = match count.fetch_add(1, Ordering::Relaxed) {
                    0..LINES => line.shown(&redactor),
                    LINES => format!("(more than {LINES} lines: the rest is not shown)"),
                    _ => return,
                };
                let _ = output.send(OutputLine { error, text });
            };
            loop {
                match pipe.read(&mut chunk).await {
                    Ok(0) | Err(_) => break,
                    Ok(length) => lines.take(chunk.get(..length).unwrap_or_default(), &send),
                }
            }
            if lines.total > 0 {
                send(&lines);
            }
        })
    }
}

/// The line being read.
#[derive(Default)]
struct Lines {
    kept: Vec<u8>,
    total: usize,
}

impl Lines {
    fn take(&mut self, bytes: &[u8], send: &impl Fn(&Self)) {
        for part in bytes.split_inclusive(|byte| *byte == b'\n') {
            let ended = part.last() == Some(&b'\n');
            let part = part.strip_suffix(b"\n").unwrap_or(part);
            let room = LINE.saturating_sub(self.kept.len());
            self.kept.extend(part.iter().take(room));
            self.total += part.len();
            if ended {
                send(self);
                *self = Self::default();
            }
        }
    }

    /// The line, redacted before it is cut: half a secret is still one.
    fn shown(&self, redactor: &Redactor) -> String {
        let safe = match std::str::from_utf8(&self.kept) {
            Ok(line) => text::bounded(&redactor.apply(line), LINE),
            Err(_) => self.kept.utf8_chunks().fold(String::new(), |mut line, chunk| {
                line.push_str(&text::bounded(&redactor.apply(chunk.valid()), LINE));
                line.extend(chunk.invalid().iter().map(|byte| format!("\\x{byte:02x}")));
                line
            }),
        };
        let safe = redactor.apply(&safe);
        let mut shown: String = safe.chars().take(text::LIMIT).collect();
        if self.total > self.kept.len() || shown.len() < safe.len() {
            let _ = write!(shown, "… (cut, {} bytes in all)", self.total);
        }
        shown
    }
}

#[async_trait]
impl Program for Programs {
    fn find(&self, name: &str, dir: Option<&str>) -> Option<String> {
        let runs = |path: &PathBuf| {
            path.metadata().is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
        };
        let told = |path: PathBuf| text::bounded(&path.display().to_string(), 200);
        if name.contains('/') {
            let path = dir.map_or_else(|| PathBuf::from(name), |dir| Path::new(dir).join(name));
            return Some(path).filter(runs).map(told);
        }
        let all = std::env::var_os("PATH")?;
        std::env::split_paths(&all).map(|folder| folder.join(name)).find(runs).map(told)
    }

    async fn run(
        &self,
        spec: &ProgramSpec,
        output: mpsc::UnboundedSender<OutputLine>,
        mut cancel: watch::Receiver<bool>,
    ) -> Exit {
        let mut child = match start(spec) {
            Ok(child) => child,
            Err(err) => {
                let program = spec.argv.first().map(String::as_str).unwrap_or_default();
                return Exit::NotStarted(text::bounded(&format!("{program:?} could not be started: {err}"), 400));
            }
        };
        // If this future is dropped, the group goes with it.
        let mut group = Group::of(&child);
        let count = Arc::new(AtomicUsize::new(0));
        let readers = [
            self.read(child.stdout.take(), false, &output, &count),
            self.read(child.stderr.take(), true, &output, &count),
        ];
        let exit = tokio::select! {
            biased;
            () = asked_to_end(&mut cancel) => Exit::Cancelled,
            () = sleep(spec.timeout) => Exit::TimedOut,
            status = child.wait() => exit(status),
        };
        if matches!(exit, Exit::Cancelled | Exit::TimedOut) {
            group.end(&mut child).await;
        }
        group.release();
        for mut reader in readers {
            if timeout(DRAIN, &mut reader).await.is_err() {
                reader.abort();
            }
        }
        exit
    }
}

fn start(spec: &ProgramSpec) -> io::Result<Child> {
    let Some((program, arguments)) = spec.argv.split_first() else {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "the argument list is empty"));
    };
    let mut command = Command::new(program);
    command
        .args(arguments)
        .envs(spec.env.iter().map(|(name, value)| (name, value)))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    if let Some(dir) = &spec.dir {
        command.current_dir(dir);
    }
    #[cfg(unix)]
    command.process_group(0);
    command.spawn()
}

/// Waits until somebody says so. A sender that has gone without a word never will.
async fn asked_to_end(cancel: &mut watch::Receiver<bool>) {
    if cancel.wait_for(|end| *end).await.is_err() {
        std::future::pending::<()>().await;
    }
}

fn exit(status: io::Result<ExitStatus>) -> Exit {
    match status {
        Ok(status) => match status.code() {
            Some(code) => Exit::Status(code),
            None => Exit::Signal(signal(status)),
        },
        Err(err) => Exit::NotStarted(format!("it was started, and cannot be waited for: {err}")),
    }
}

#[cfg(unix)]
fn signal(status: ExitStatus) -> i32 {
    std::os::unix::process::ExitStatusExt::signal(&status).unwrap_or(0)
}

#[cfg(not(unix))]
fn signal(_: ExitStatus) -> i32 {
    0
}

/// A process group that ends with its guard.
#[cfg(unix)]
struct Group {
    leader: Option<rustix::process::Pid>,
}

#[cfg(unix)]
impl Group {
    fn of(child: &Child) -> Self {
        let id = child.id().and_then(|id| i32::try_from(id).ok());
        Self { leader: id.and_then(rustix::process::Pid::from_raw) }
    }

    /// SIGTERM to the whole group, and SIGKILL to whatever is left of it after [`GRACE`].
    async fn end(&mut self, child: &mut Child) {
        use rustix::process::{Signal, kill_process_group, test_kill_process_group};
        let Some(leader) = self.leader else { return };
        let _ = kill_process_group(leader, Signal::TERM);
        let gone = async {
            let _ = child.wait().await;
            // The leader may be gone and its children not.
            while test_kill_process_group(leader).is_ok() {
                sleep(Duration::from_millis(20)).await;
            }
        };
        if timeout(GRACE, gone).await.is_err() {
            let _ = kill_process_group(leader, Signal::KILL);
            let _ = child.wait().await;
        }
    }

    fn release(&mut self) {
        self.leader = None;
    }
}

#[cfg(unix)]
impl Drop for Group {
    fn drop(&mut self) {
        if let Some(leader) = self.leader {
            let _ = rustix::process::kill_process_group(leader, rustix::process::Signal::KILL);
        }
    }
}

/// Where there are no process groups, the program itself is all that can be ended.
#[cfg(not(unix))]
struct Group;

#[cfg(not(unix))]
impl Group {
    fn of(_: &Child) -> Self {
        Self
    }

    async fn end(&mut self, child: &mut Child) {
        let _ = child.kill().await;
    }

    fn release(&mut self) {}
}

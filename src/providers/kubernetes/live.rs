//! `kubectl` on this machine.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use async_trait::async_trait;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::{Child, Command};
use tokio::time::{sleep, timeout};

use crate::domain::text;
use crate::ports::{Exit, Kube, KubeAnswer};

/// How much output is read: a large cluster's nodes are some megabytes.
const MOST: u64 = 32 << 20;
/// How long its output is still waited for once it has ended.
const DRAIN: Duration = Duration::from_secs(1);

/// The kubectl that is found in `PATH`, with the environment as it is.
#[derive(Debug, Clone)]
pub struct Kubectl {
    program: PathBuf,
    dir: Option<PathBuf>,
}

impl Kubectl {
    /// The kubectl of this machine; `dir` is where it runs, and so what a relative folder of manifests is relative to.
    pub fn new(dir: Option<PathBuf>) -> Self {
        Self::of("kubectl", dir)
    }

    /// Another program in its place.
    pub fn of(program: impl Into<PathBuf>, dir: Option<PathBuf>) -> Self {
        // The folder of a bare file name is written as nothing.
        Self { program: program.into(), dir: dir.filter(|dir| !dir.as_os_str().is_empty()) }
    }
}

#[async_trait]
impl Kube for Kubectl {
    async fn run(&self, arguments: &[String], limit: Duration) -> KubeAnswer {
        let mut command = Command::new(&self.program);
        command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        if let Some(dir) = &self.dir {
            command.current_dir(dir);
        }
        #[cfg(unix)]
        command.process_group(0);
        let mut child = match command.spawn() {
            Ok(child) => child,
            Err(error) => {
                let program = self.program.display();
                let said = text::bounded(&format!("{program} could not be started: {error}"), 300);
                return KubeAnswer { exit: Exit::NotStarted(said), stdout: vec![], stderr: vec![], cut: false };
            }
        };
        let group = Group::of(&child);
        let (out, err) = (child.stdout.take(), child.stderr.take());
        let mut written = tokio::spawn(async move { tokio::join!(read(out), read(err)) });
        let status = tokio::select! {
            biased;
            status = child.wait() => Some(status),
            () = sleep(limit) => None,
        };
        let exit = match status {
            None => Exit::TimedOut,
            Some(Ok(status)) => match status.code() {
                Some(code) => Exit::Status(code),
                None => Exit::Signal(signal(status)),
            },
            Some(Err(error)) => Exit::NotStarted(format!("it was started, and cannot be waited for: {error}")),
        };
        match &exit {
            // Whatever it has started goes with it: a plugin that logs in may wait for somebody.
            Exit::TimedOut => drop(group),
            _ => group.release(),
        }
        let read = if let Ok(Ok(read)) = timeout(DRAIN, &mut written).await {
            read
        } else {
            written.abort();
            ((vec![], true), (vec![], true))
        };
        let ((stdout, cut), (stderr, _)) = read;
        KubeAnswer { exit, stdout, stderr, cut }
    }
}

/// Reads to the end, keeps what is allowed, and says whether there was more.
async fn read<R: AsyncRead + Unpin>(pipe: Option<R>) -> (Vec<u8>, bool) {
    let Some(mut pipe) = pipe else { return (vec![], false) };
    let mut kept = Vec::new();
    let _ = (&mut pipe).take(MOST).read_to_end(&mut kept).await;
    let more = tokio::io::copy(&mut pipe, &mut tokio::io::sink()).await.unwrap_or(0) > 0;
    (kept, more)
}

#[cfg(unix)]
fn signal(status: std::process::ExitStatus) -> i32 {
    std::os::unix::process::ExitStatusExt::signal(&status).unwrap_or(0)
}

#[cfg(not(unix))]
fn signal(_: std::process::ExitStatus) -> i32 {
    0
}

/// A process group that ends with its guard.
struct Group {
    #[cfg(unix)]
    leader: Option<rustix::process::Pid>,
}

impl Group {
    #[cfg(unix)]
    fn of(child: &Child) -> Self {
        let id = child.id().and_then(|id| i32::try_from(id).ok());
        Self { leader: id.and_then(rustix::process::Pid::from_raw) }
    }

    #[cfg(not(unix))]
    fn of(_: &Child) -> Self {
        Self {}
    }

    /// It has ended by itself: its number may be somebody else's by now.
    #[cfg_attr(not(unix), expect(clippy::unused_self, reason = "there are no groups here"))]
    fn release(self) {
        #[cfg(unix)]
        {
            let mut group = self;
            group.leader = None;
        }
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

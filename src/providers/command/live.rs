//! Declared programs on this machine.

use std::path::PathBuf;

use async_trait::async_trait;
use serde_json::Value;

use crate::domain::redact::Redactor;
use crate::domain::text;
use crate::ports::{CommandAnswer, CommandLine, Commands, Exit, Kube as _};
use crate::providers::kubernetes::live::Kubectl;

/// Programs that are found in `PATH`, with the environment as it is.
#[derive(Debug, Clone)]
pub struct Programs {
    redactor: Redactor,
    dir: Option<PathBuf>,
}

impl Programs {
    /// Programs that run in `dir`, and whose output goes through `redactor`.
    pub fn new(redactor: Redactor, dir: Option<PathBuf>) -> Self {
        Self { redactor, dir }
    }
}

#[async_trait]
impl Commands for Programs {
    async fn run(&self, line: &CommandLine) -> CommandAnswer {
        let Some((program, arguments)) = line.argv.split_first() else {
            let exit = Exit::NotStarted("no program is named".to_owned());
            return CommandAnswer { exit, stdout: String::new(), stderr: String::new(), cut: false };
        };
        let answer = Kubectl::of(program, self.dir.clone()).run(arguments, line.timeout).await;
        // Text by text: JSON stays JSON, whatever a secret was made of.
        let stdout = if let Ok(mut json) = serde_json::from_slice::<Value>(&answer.stdout) {
            self.redactor.apply_json(&mut json);
            json.to_string()
        } else {
            self.redactor.apply(&String::from_utf8_lossy(&answer.stdout))
        };
        let stderr = self.redactor.apply(&text::visible_bytes(&answer.stderr));
        CommandAnswer { exit: answer.exit, stdout, stderr, cut: answer.cut }
    }
}

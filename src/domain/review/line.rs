//! The command lines of a step: what it runs, word by word.

use crate::domain::runbook::{Action, Exec, Step};

/// One command: a program and its arguments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::domain) struct Line {
    words: Vec<String>,
}

impl Line {
    /// The program's name, without its folder.
    pub(in crate::domain) fn program(&self) -> &str {
        let first = self.words.first().map_or("", String::as_str);
        first.rsplit('/').next().unwrap_or(first)
    }

    /// Whether the arguments begin with these, options left out: `aws`, `rds`, `promote-read-replica`.
    pub(super) fn is(&self, words: &[&str]) -> bool {
        let plain = self.words.iter().skip(1).filter(|word| !word.starts_with('-')).map(String::as_str);
        words.first().is_some_and(|program| self.program() == *program)
            && plain.take(words.len().saturating_sub(1)).eq(words.iter().skip(1).copied())
    }

    /// Whether it is a command of `aws` about a service.
    pub(in crate::domain) fn is_of(&self, service: &str) -> bool {
        self.program() == "aws"
            && self.words.iter().skip(1).find(|word| !word.starts_with('-')).is_some_and(|word| word == service)
    }

    /// Whether it runs somebody's own script: nothing that is known by its name.
    pub(super) fn is_script(&self) -> bool {
        let known = [
            "aws",
            "handover",
            "kubectl",
            "echo",
            "curl",
            "dig",
            "grep",
            "cat",
            "export",
            "argocd",
            "psql",
            "terraform",
        ];
        !known.contains(&self.program())
    }

    /// Whether one of its words is this.
    pub(super) fn has(&self, word: &str) -> bool {
        self.words.iter().any(|of| of == word || of.strip_prefix(word).is_some_and(|rest| rest.starts_with('=')))
    }

    /// The value of an option, as `--name value` or `--name=value`.
    pub(in crate::domain) fn option(&self, name: &str) -> Option<&str> {
        let at = self.words.iter().position(|word| word == name);
        let after = at.and_then(|at| self.words.get(at + 1)).map(String::as_str);
        after.or_else(|| self.words.iter().find_map(|word| word.strip_prefix(name)?.strip_prefix('=')))
    }

    /// Whether some word has this in it.
    pub(super) fn mentions(&self, part: &str) -> bool {
        self.words.iter().any(|word| word.contains(part))
    }
}

/// The commands of a step that runs a program; none of any other.
pub(in crate::domain) fn lines(step: &Step) -> Vec<Line> {
    match &step.action {
        Action::Exec(Exec { shell: Some(text), .. }) => commands(text),
        Action::Exec(exec) => vec![Line { words: exec.run.clone() }],
        Action::Attest { .. } | Action::Check { .. } | Action::Act { .. } | Action::Wait { .. } => Vec::new(),
    }
}

/// The commands of a shell's text, one after the other: what is between `;`, `&&`, `||`, `|`, newlines and brackets. Quotes
/// keep words together; nothing is expanded.
fn commands(text: &str) -> Vec<Line> {
    let mut lines = Vec::new();
    let (mut words, mut word, mut quote): (Vec<String>, Option<String>, Option<char>) = (Vec::new(), None, None);
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match (quote, letter) {
            (Some(open), close) if open == close => quote = None,
            (Some('\''), letter) => word.get_or_insert_default().push(letter),
            (_, '\\') => match letters.next() {
                Some('\n') | None => {}
                Some(letter) => word.get_or_insert_default().push(letter),
            },
            (None, '\'' | '"') => {
                quote = Some(letter);
                word.get_or_insert_default();
            }
            (None, ';' | '|' | '&' | '\n' | '(' | ')' | '`') => {
                words.extend(word.take());
                end(&mut words, &mut lines);
            }
            (None, letter) if letter.is_whitespace() => words.extend(word.take()),
            (_, letter) => word.get_or_insert_default().push(letter),
        }
    }
    words.extend(word);
    end(&mut words, &mut lines);
    lines
}

/// Words that stand before a command and are none.
const BEFORE: &[&str] = &["do", "then", "else", "if", "while", "until", "!", "{", "exec", "time", "sudo", "$"];

fn end(words: &mut Vec<String>, lines: &mut Vec<Line>) {
    let mut words = std::mem::take(words);
    // `NAME=value` before a command is its environment.
    let is_set = |word: &String| {
        word.split_once('=')
            .is_some_and(|(name, _)| !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_'))
    };
    let skipped = words.iter().take_while(|word| BEFORE.contains(&word.as_str()) || is_set(word)).count();
    words.drain(..skipped);
    if !words.is_empty() {
        lines.push(Line { words });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> Vec<Vec<String>> {
        commands(text).into_iter().map(|line| line.words).collect()
    }

    #[test]
    fn commands_are_told_apart_and_quotes_keep_words_together() {
        let text =
            "export A=b; X=1 aws rds wait db-instance-available \\\n --db-instance-identifier 'a b' && sleep 60 | tee";
        let told = said(text);
        assert_eq!(told[0], ["export", "A=b"]);
        assert_eq!(told[1], ["aws", "rds", "wait", "db-instance-available", "--db-instance-identifier", "a b"]);
        assert_eq!(told[2..], [vec!["sleep".to_owned(), "60".into()], vec!["tee".to_owned()]]);
        assert_eq!(
            said("at=$(date +%s)"),
            [vec!["at=$".to_owned()], vec!["date".into(), "+%s".into()]].map(|l| l)[1..]
        );
    }

    #[test]
    fn an_option_is_found_in_both_spellings() {
        let line = &commands("aws --region us-west-2 rds failover-global-cluster --target=arn:x --allow-data-loss")[0];
        assert!(line.has("--allow-data-loss") && line.has("--target"));
        assert_eq!((line.option("--target"), line.option("--region")), (Some("arn:x"), Some("us-west-2")));
    }
}

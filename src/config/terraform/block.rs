//! A block of the service file that is being written: a component with what is to be said of it.

use std::fmt;

use super::resource::Resource;
use crate::domain::redact::Redactor;
use crate::domain::text::{bounded, visible};

/// What a draft cannot say for certain. Shown in the file and on the terminal, and safe there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Note {
    /// It is not in the states.
    Missing(String),
    /// There is something, and what it means does not follow.
    Unsure(String),
    /// It follows; somebody should look at it nevertheless.
    Check(String),
    /// This program knows no such kind.
    Unknown(String),
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (word, text) = match self {
            Self::Missing(text) => ("not found in the state: ", text),
            Self::Unsure(text) => ("not sure: ", text),
            Self::Check(text) => ("check: ", text),
            Self::Unknown(text) => ("", text),
        };
        let text = Redactor::default().apply(text);
        write!(f, "{word}{}", bounded(&text, 600))
    }
}

/// Whether a text from a state can stand in the file: as it is or not at all.
pub(super) fn is_plain(text: &str) -> bool {
    visible(text) == text && Redactor::default().apply(text) == text
}

/// A value of TOML, written by the `toml` crate's own quoting.
#[derive(Debug, Clone)]
pub(super) enum Val {
    Text(String),
    Number(i64),
    Flag(bool),
    List(Vec<Val>),
    Table(Vec<(&'static str, Val)>),
    /// To be filled in.
    Gap,
}

/// A text; a gap if there is none.
pub(super) fn text<'a>(value: impl Into<Option<&'a str>>) -> Val {
    value.into().map_or(Val::Gap, |value| Val::Text(value.to_owned()))
}

impl Val {
    /// Whether anything in it cannot be written as it is.
    fn is_strange(&self) -> bool {
        match self {
            Self::Text(text) => !is_plain(text),
            Self::List(items) => items.iter().any(Self::is_strange),
            Self::Table(pairs) => pairs.iter().any(|(_, value)| value.is_strange()),
            Self::Number(_) | Self::Flag(_) | Self::Gap => false,
        }
    }

    fn has_gap(&self) -> bool {
        match self {
            Self::Gap => true,
            Self::List(items) => items.iter().any(Self::has_gap),
            Self::Table(pairs) => pairs.iter().any(|(_, value)| value.has_gap()),
            Self::Text(_) | Self::Number(_) | Self::Flag(_) => false,
        }
    }
}

impl fmt::Display for Val {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let join = |items: Vec<String>| items.join(", ");
        match self {
            Self::Text(text) if is_plain(text) => toml::Value::String(text.clone()).fmt(f),
            // What cannot be written is never written, commented out or not.
            Self::Text(_) | Self::Gap => f.write_str("\"…\""),
            Self::Number(number) => number.fmt(f),
            Self::Flag(flag) => flag.fmt(f),
            Self::List(items) => write!(f, "[{}]", join(items.iter().map(Self::to_string).collect())),
            Self::Table(pairs) => {
                write!(f, "{{ {} }}", join(pairs.iter().map(|(key, value)| format!("{key} = {value}")).collect()))
            }
        }
    }
}

#[derive(Debug, Clone)]
enum Line {
    Set(&'static str, Val),
    Table(&'static str),
    Note(Note),
    Say(String),
}

/// A component of the file.
#[derive(Debug, Clone)]
pub(super) struct Block {
    /// Its id, unless there are several of its like.
    pub(super) id: &'static str,
    /// Its kind.
    pub(super) kind: &'static str,
    title: Option<String>,
    from: Vec<String>,
    /// Each line, and whether it is commented out by itself.
    lines: Vec<(Line, bool)>,
    off: bool,
    part_off: bool,
}

impl Block {
    pub(super) fn new(id: &'static str, kind: &'static str) -> Self {
        Self { id, kind, title: None, from: Vec::new(), lines: Vec::new(), off: false, part_off: false }
    }

    /// Made from these resources.
    pub(super) fn from<'r>(mut self, resources: impl IntoIterator<Item = &'r Resource>) -> Self {
        self.from.extend(resources.into_iter().map(Resource::told));
        self
    }

    /// A name for the screen, for what may stand in a file several times. A name that is too long is none.
    pub(super) fn title(mut self, title: &str) -> Self {
        let fits = !title.trim().is_empty() && title.chars().count() <= 32 && is_plain(title);
        self.title = fits.then(|| title.to_owned());
        self
    }

    /// Sets a key. With a gap, or a text that cannot be written, the block is commented out.
    pub(super) fn set(&mut self, key: &'static str, value: Val) {
        if value.is_strange() {
            let text = format!("`{key}` holds characters that are not shown, or what looks like a secret: left out");
            self.note(Note::Unsure(text));
            self.off |= !self.part_off;
        }
        self.off |= value.has_gap() && !self.part_off;
        self.lines.push((Line::Set(key, value), self.part_off));
    }

    /// Sets a key where there is something.
    pub(super) fn set_if(&mut self, key: &'static str, value: Option<Val>) {
        if let Some(value) = value {
            self.set(key, value);
        }
    }

    /// Begins a table in the block, to its end or the next table; commented out by itself if it is not sure.
    pub(super) fn table(&mut self, name: &'static str, sure: bool) {
        self.part_off = !sure;
        self.lines.push((Line::Table(name), !sure));
    }

    /// Says something that follows from the states.
    pub(super) fn say(&mut self, text: impl Into<String>) {
        self.lines.push((Line::Say(text.into()), self.part_off));
    }

    /// Says something that does not.
    pub(super) fn note(&mut self, note: Note) {
        self.lines.push((Line::Note(note), self.part_off));
    }

    /// Comments the block out, for this reason.
    pub(super) fn put_off(&mut self, why: Note) {
        self.off = true;
        self.lines.insert(0, (Line::Note(why), false));
    }

    /// Whether it is commented out.
    pub(super) fn is_off(&self) -> bool {
        self.off
    }

    /// What it does not say for certain.
    pub(super) fn notes(&self) -> impl Iterator<Item = &Note> {
        self.lines.iter().filter_map(|(line, _)| match line {
            Line::Note(note) => Some(note),
            _ => None,
        })
    }

    /// The resources it is made from, safe to show.
    pub(super) fn sources(&self) -> String {
        bounded(&Redactor::default().apply(&self.from.join(", ")), 400)
    }

    /// Its text in the file.
    pub(super) fn render(&self, id: &str) -> String {
        let mut out = if self.from.is_empty() { String::new() } else { comment(&self.sources()) };
        let mut put = |text: String, off: bool| {
            for line in text.lines() {
                out.push_str(if off || self.off { "# " } else { "" });
                out.push_str(line);
                out.push('\n');
            }
        };
        put(format!("[components.{id}]"), false);
        put(format!("kind = \"{}\"", self.kind), false);
        if let Some(title) = &self.title {
            put(format!("title = {}", Val::Text(title.clone())), false);
        }
        for (line, off) in &self.lines {
            match line {
                Line::Set(key, value) => put(format!("{key} = {value}"), *off),
                Line::Table(name) => {
                    put("\n".to_owned(), false);
                    put(format!("[components.{id}.{name}]"), *off);
                }
                // What is commented out keeps its comments, so that taking one mark off every line gives it back.
                Line::Note(note) => put(comment(&note.to_string()), *off),
                Line::Say(text) => put(comment(text), *off),
            }
        }
        out.replace("\n# \n", "\n#\n")
    }
}

/// How wide a comment is written.
const WIDTH: usize = 118;

/// A comment of one or more lines: nothing in it can end it.
pub(super) fn comment(text: &str) -> String {
    let (mut out, mut line) = (String::new(), String::from("#"));
    for word in visible(text).split_whitespace() {
        if line.len() > 1 && line.chars().count() + 1 + word.chars().count() > WIDTH {
            out.push_str(&line);
            out.push('\n');
            "#".clone_into(&mut line);
        }
        line.push(' ');
        line.push_str(word);
    }
    out.push_str(&line);
    out.push('\n');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_with_a_gap_is_commented_out_to_its_last_line() {
        let mut block = Block::new("compute", "ecs");
        block.set("primary", Val::Table(vec![("cluster", text("a\"b")), ("count", Val::Number(2))]));
        assert!(!block.is_off());
        block.note(Note::Missing("the count".to_owned()));
        block.set("standby", Val::Table(vec![("cluster", text("b")), ("count", Val::Gap)]));
        block.table("more", true);
        block.set("x", Val::Flag(true));
        assert!(block.is_off());
        let text = block.render("compute");
        assert!(text.lines().all(|line| line.starts_with('#')), "{text}");
        assert!(text.contains("# # not found in the state: the count\n"), "{text}");
        let given_back: String = text.lines().map(|line| format!("{}\n", line[1..].trim_start())).collect();
        let table: toml::Table = given_back.parse().unwrap();
        assert_eq!(table["components"]["compute"]["more"]["x"].as_bool(), Some(true));
    }

    #[test]
    fn what_cannot_be_shown_is_not_written() {
        for bad in ["a\u{1b}[2J", "a\nb", "\u{202e}x", "AKIAIOSFODNN7EXAMPLE", "postgres://a:hunter2@b/"] {
            let mut block = Block::new("database", "rds-replica").title(bad);
            block.set("x", text(bad));
            let text = block.render("database");
            assert!(block.is_off() && !text.contains(bad) && text.contains("x = \"…\""), "{text}");
        }
    }

    #[test]
    fn a_comment_cannot_be_left() {
        let text = comment(&format!("a\n[x]\r\ny = 1 {}", "word ".repeat(100)));
        assert!(text.lines().all(|line| line.starts_with("# ") && line.chars().count() <= WIDTH), "{text}");
    }
}

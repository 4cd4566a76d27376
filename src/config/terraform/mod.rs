//! A service file drafted from what Terraform knows: states (version 4), `terraform show -json`, `terraform output -json`.
//!
//! Only the attributes that `wanted` lists are ever taken from a state, and none that it marks as sensitive: states hold
//! passwords and keys. What is in the draft follows from the state. What does not is in a comment at its place and in
//! [`Draft::left`]; a block that rests on something uncertain is commented out. The draft loads through this program's own
//! reader, or there is none.

mod block;
mod file;
mod find;
mod head;
mod hidden;
mod hosts;
mod names;
mod output;
mod pairs;
mod resource;
mod show;
mod sides;
mod state;
mod wanted;

pub use file::{BadFile, MAX_BYTES};
pub use sides::Undecided;

use block::{Block, Note};
use resource::Estate;
use sides::Sides;

use super::component::KINDS;
use super::service;
use super::source::Source;
use crate::domain::region::Region;

/// What the caller says about the Regions, where the states do not say it.
#[derive(Debug, Clone, Default)]
pub struct Asked {
    /// Where the service lives on an ordinary day.
    pub primary: Option<Region>,
    /// The Region that takes over.
    pub standby: Option<Region>,
}

/// A service file, and what its author still has to do.
#[derive(Debug, Clone)]
pub struct Draft {
    /// The text of the service file; it loads without an error.
    pub text: String,
    /// Which Regions, and how that is known: one line, safe to show.
    pub regions: String,
    /// Its components: id, kind, and the resources that they are made from. Safe to show.
    pub components: Vec<(String, &'static str, String)>,
    /// What was not found, is not sure or should be looked at, each with its place. Safe to show.
    pub left: Vec<String>,
}

/// Why there is no draft.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// A file is none that Terraform wrote, or broken.
    #[error(transparent)]
    File(#[from] BadFile),
    /// The states do not say which Regions are meant.
    #[error(transparent)]
    Regions(#[from] Undecided),
    /// Nothing is certain enough to be a component.
    #[error(
        "nothing in it is certain enough to be a component of a service, and a service file needs one{}",
        left.iter().map(|line| format!("\n  {line}")).collect::<String>()
    )]
    Nothing {
        /// What was seen, and why it is not enough. Safe to show.
        left: Vec<String>,
    },
}

/// Drafts a service file from the contents of files by name, one state a Region or one for all.
pub fn draft(files: &[(String, Vec<u8>)], asked: &Asked) -> Result<Draft, Refused> {
    let mut estate = Estate::default();
    for (name, bytes) in files {
        file::read(name, bytes, &mut estate)?;
    }
    estate.settle();
    let sides = sides::decide(&estate, asked)?;
    Pen::new(&estate, &sides).write(&estate, &sides)
}

/// How many blocks or notes of one kind are written: beyond that, a list of names tells more than a file can.
const MOST: usize = 12;

/// The file as it grows: every block is read by the program's own reader before it stays.
struct Pen {
    head: String,
    body: String,
    components: Vec<(String, &'static str, String)>,
    left: Vec<String>,
}

impl Pen {
    fn new(estate: &Estate, sides: &Sides) -> Self {
        let (head, left) = head::write(estate, sides);
        Self { head, body: String::new(), components: Vec::new(), left }
    }

    fn write(mut self, estate: &Estate, sides: &Sides) -> Result<Draft, Refused> {
        for part in find::all(estate, sides) {
            let (mut number, mut over) = (0, 0);
            for block in part.blocks {
                if number == MOST {
                    over += 1;
                    continue;
                }
                number += 1;
                let id = if number == 1 { block.id.to_owned() } else { format!("{}-{number}", block.id) };
                self.add(id, block);
            }
            let mut rest: Vec<Note> = part.left;
            let cut = rest.len().saturating_sub(MOST);
            rest.truncate(MOST);
            if cut > 0 {
                rest.push(Note::Check(format!("{cut} more {} are like these", part.what)));
            }
            if over > 0 {
                rest.push(Note::Check(format!("{over} more {} were found and are not in this file", part.what)));
            }
            for (at, note) in rest.iter().enumerate() {
                self.body.push_str(if at == 0 { "\n" } else { "" });
                self.body.push_str(&block::comment(&note.to_string()));
                self.left.push(format!("components: {note}"));
            }
        }
        let text = format!("{}{}", self.head, self.body);
        // A last look at the whole: what does not load is not written.
        match service::read(&Source::new("service.toml", text.as_bytes())).sound() {
            Ok(_) if !self.components.is_empty() => {
                Ok(Draft { text, regions: sides.told(), components: self.components, left: self.left })
            }
            _ => Err(Refused::Nothing { left: self.left }),
        }
    }

    /// Adds a component; commented out if it is not certain, or if this program could not read it.
    fn add(&mut self, id: String, mut block: Block) {
        if !KINDS.contains(&block.kind) {
            block.put_off(Note::Unknown(format!("there is no kind \"{}\" in this handover yet", block.kind)));
        } else if !block.is_off()
            && let Some(why) = self.refusal(&block.render(&id))
        {
            block.put_off(Note::Unsure(format!("handover's own reader refuses it: {why}")));
        }
        let place = if block.is_off() { "commented out" } else { block.kind };
        self.left.extend(block.notes().map(|note| format!("components.{id} ({place}): {note}")));
        self.body.push('\n');
        self.body.push_str(&block.render(&id));
        if !block.is_off() {
            self.components.push((id, block.kind, block.sources()));
        }
    }

    /// Why the file would not load with a block more, if it wouldn't.
    fn refusal(&self, block: &str) -> Option<String> {
        let text = format!("{}{}\n{block}", self.head, self.body);
        let loaded = service::read(&Source::new("service.toml", text.as_bytes()));
        let error = loaded.diagnostics.iter().find(|found| found.severity == super::Severity::Error)?;
        Some(error.message.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pen() -> Pen {
        let bytes = include_bytes!("../../../tests/fixtures/terraform/regami.tfstate");
        let mut estate = Estate::default();
        file::read("s.json", bytes, &mut estate).unwrap();
        estate.settle();
        let sides = sides::decide(&estate, &Asked::default()).unwrap();
        Pen::new(&estate, &sides)
    }

    #[test]
    fn a_kind_that_is_not_known_is_commented_out_and_one_that_is_known_is_read() {
        let mut pen = pen();
        for kind in ["abacus", "route53-failover"] {
            let mut block = Block::new("part", kind);
            block.set("zone", block::text("Z1"));
            pen.add("part".to_owned(), block);
        }
        assert!(pen.body.contains("\n# # there is no kind \"abacus\" in this handover yet\n"), "{}", pen.body);
        assert!(pen.left[pen.left.len() - 2].starts_with("components.part (commented out): there is no kind"));
        // The other is known, and lacks what its kind needs: the reader says so.
        let last = pen.left.last().unwrap();
        assert!(last.contains("handover's own reader refuses it: components.part has no `"), "{last}");
        assert!(pen.components.is_empty());
    }
}

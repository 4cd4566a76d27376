//! A theme as its files say it, with the names of its colours: what a child begins with, and what is printed to start from.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;

use super::{Ansi, Paint, Promises, ROLES, Rgb, Theme};
use crate::config::words::quoted;

/// A colour as a file says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ink {
    /// By its name in the palette: whoever changes that, changes this.
    Named(String),
    /// By its value.
    Value(Rgb),
}

/// What `[ansi]` says of a role; a mark that it leaves out is the role's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Sixteen {
    pub(super) fg: Option<Ansi>,
    pub(super) bg: Option<Ansi>,
    /// Bold, dim, italic, underline, reverse.
    pub(super) marks: [Option<bool>; 5],
}

/// A theme with the names of its colours.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Draft {
    /// Its name.
    pub name: String,
    /// The files that it was read from, its own first; built-in ones are none.
    pub files: Vec<PathBuf>,
    pub(super) ground: Option<Ink>,
    pub(super) promises: Promises,
    /// The palette; `None` for a colour whose value is wrong, which has been reported.
    pub(super) palette: BTreeMap<String, Option<Rgb>>,
    pub(super) roles: [Paint<Ink>; ROLES.len()],
    pub(super) ansi: [Option<Sixteen>; ROLES.len()],
}

impl Draft {
    fn value(&self, ink: Option<&Ink>) -> Option<Rgb> {
        match ink? {
            Ink::Value(rgb) => Some(*rgb),
            Ink::Named(name) => self.palette.get(name).copied().flatten(),
        }
    }

    /// The theme, with the palette's colours in their places. A dialog that has no background of its own has the text's.
    pub fn theme(&self) -> Theme {
        let mut paints = [Paint::default(); ROLES.len()];
        for (paint, role) in paints.iter_mut().zip(&self.roles) {
            *paint = role.in_colours(self.value(role.fg.as_ref()), self.value(role.bg.as_ref()));
        }
        let behind = paints.first().and_then(|text| text.bg);
        if let Some(dialog) = paints.last_mut() {
            dialog.bg = dialog.bg.or(behind);
        }
        let mut ansi = [None; ROLES.len()];
        for ((made, said), role) in ansi.iter_mut().zip(&self.ansi).zip(&self.roles) {
            *made = said.map(|said| {
                let [bold, dim, italic, underline, reverse] = said.marks;
                Paint {
                    fg: said.fg,
                    bg: said.bg,
                    bold: bold.unwrap_or(role.bold),
                    dim: dim.unwrap_or(role.dim),
                    italic: italic.unwrap_or(role.italic),
                    underline: underline.unwrap_or(role.underline),
                    reverse: reverse.unwrap_or(role.reverse),
                }
            });
        }
        let ground = self.value(self.ground.as_ref());
        Theme { name: self.name.clone(), ground, promises: self.promises, paints, ansi }
    }

    /// The whole of it as one file, without a parent.
    pub fn toml(&self) -> String {
        let mut out = format!("name = {}\n", quoted(&self.name));
        if let Some(ground) = &self.ground {
            let _ = writeln!(out, "ground = {}", ink(ground));
        }
        if self.promises != Promises::default() {
            out.push_str("\n[promises]\n");
            if let Some(contrast) = self.promises.contrast {
                let _ = writeln!(out, "contrast = {contrast:?}");
            }
            if self.promises.colour_blind {
                out.push_str("colour_blind = true\n");
            }
        }
        if !self.palette.is_empty() {
            out.push_str("\n[palette]\n");
        }
        for (name, rgb) in &self.palette {
            if let Some(rgb) = rgb {
                let _ = writeln!(out, "{} = \"{rgb}\"", key(name));
            }
        }
        out.push_str("\n[roles]\n");
        for (role, paint) in ROLES.iter().zip(&self.roles) {
            let mut parts = Vec::new();
            parts.extend(paint.fg.as_ref().map(|fg| format!("fg = {}", ink(fg))));
            parts.extend(paint.bg.as_ref().map(|bg| format!("bg = {}", ink(bg))));
            parts.extend(paint.marks().iter().filter(|(_, on)| *on).map(|(mark, _)| format!("{mark} = true")));
            let _ = writeln!(out, "{role} = {}", table(&parts));
        }
        if self.ansi.iter().any(Option::is_some) {
            out.push_str("\n[ansi]\n");
        }
        for (role, said) in ROLES.iter().zip(&self.ansi) {
            let Some(said) = said else { continue };
            let mut parts = Vec::new();
            parts.extend(said.fg.map(|fg| format!("fg = \"{}\"", fg.as_str())));
            parts.extend(said.bg.map(|bg| format!("bg = \"{}\"", bg.as_str())));
            let names = Paint::<Ansi>::default().marks();
            let marks = names.iter().zip(said.marks);
            parts.extend(marks.filter_map(|((mark, _), on)| on.map(|on| format!("{mark} = {on}"))));
            let _ = writeln!(out, "{role} = {}", table(&parts));
        }
        out
    }
}

fn table(parts: &[String]) -> String {
    if parts.is_empty() { "{}".to_owned() } else { format!("{{ {} }}", parts.join(", ")) }
}

fn ink(ink: &Ink) -> String {
    match ink {
        Ink::Named(name) => quoted(name),
        Ink::Value(rgb) => format!("\"{rgb}\""),
    }
}

/// A name as a TOML key.
fn key(name: &str) -> String {
    let bare = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-".contains(&b));
    if bare { name.to_owned() } else { quoted(name) }
}

//! TOML files with located diagnostics: the service, its runbooks, themes, keymaps, and where they are found.
//!
//! Every error of a file is found in one go, each with its file, line, column and key. What is read is safe to show:
//! every text from a file that gets into a diagnostic went through [`crate::domain::text`].

mod approval;
pub mod context;
mod criteria;
pub mod diagnostic;
mod drills;
pub mod facts;
pub mod keymap;
pub mod locate;
mod notify;
mod people;
pub mod project;
pub mod reader;
pub mod runbook;
pub mod service;
pub mod source;
pub mod terraform;
pub mod theme;
pub mod words;

mod assume_role;
mod component;
mod fencing;
mod form;
mod graph;
mod inherit;
mod learn;
mod metrics;
mod predicate;
mod step;
mod trail;
mod waivers;

pub use context::Context;
pub use diagnostic::{Diagnostic, Diagnostics, Severity};
pub use project::{Files, Loaded, Origin, Project};
pub use source::Source;

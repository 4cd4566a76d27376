//! A runbook or a run as a document.

pub mod draft;
pub mod plan;
pub mod preflight;
pub mod record;
pub mod review;
pub mod run;

//! What things are and how they behave, without I/O: the words of ARCHITECTURE.md as types.

pub mod approval;
pub mod board;
pub mod command;
pub mod consent;
pub mod drill;
pub mod duration;
pub mod gate;
pub mod hash;
pub mod journal;
pub mod lag;
pub mod outline;
pub mod permissions;
pub mod plan;
pub mod preflight;
pub mod reading;
pub mod redact;
pub mod region;
pub mod review;
pub mod run;
pub mod runbook;
pub mod safeguard;
pub mod service;
pub mod text;
pub mod timeline;
pub mod undo;
pub mod writers;

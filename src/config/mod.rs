//! TOML files with located diagnostics.

pub mod theme;

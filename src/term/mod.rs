//! The terminal: taking it over and giving it back whatever happens, what is typed, what it can show, and the bytes
//! that go out to it.
//!
//! | file | does |
//! |---|---|
//! | [`session`] | takes the terminal over; gives it back on drop, on a panic, and from any thread |
//! | [`input`] | a thread that waits for keys, pastes and resizes, and hands them over |
//! | [`hangup`] | notices, at no cost, that the terminal or whoever started us is gone |
//! | [`signals`] | what other processes ask: end, stop, go on |
//! | [`screen`] | the drawing end for ratatui: the fewest bytes a frame |
//! | [`canvas`] | what is shown and what is to be; the difference goes out |
//! | [`links`] | cells that lead somewhere |
//! | [`output`] | one frame, one `write`, counted |
//! | [`capabilities`] | colours, Unicode, links, and whether others are in the same terminal |
//! | [`clipboard`] | copying, through ssh too |

pub mod canvas;
pub mod capabilities;
pub mod clipboard;
#[cfg(unix)]
pub mod hangup;
pub mod input;
pub mod links;
pub mod output;
pub mod screen;
pub mod session;
#[cfg(unix)]
pub mod signals;

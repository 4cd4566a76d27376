//! The composition root: the one place where ports meet providers, live or simulated.

mod afterwards;
mod archive;
mod book;
mod reel;
mod stage;
mod trail;
mod world;

pub use afterwards::{add, channels, send_owed};
pub use archive::Archive;
pub use book::{Book, book, open};
pub use reel::Reel;
pub use stage::{NoStage, Operator, Seat, Stage, Wanted, check_files};
pub use trail::{Kept, kept};
pub use world::{live, redactor, simulated_world};

/// The version of this program, as the journal has it.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

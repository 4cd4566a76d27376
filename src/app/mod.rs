//! The console's core, pure: what it knows ([`model`]), what can be done ([`action`], [`keymap`]), and what follows from
//! a key or an event ([`update()`]). It draws nothing and reads nothing; every clock reading comes in a message.

pub mod action;
pub mod chord;
pub mod filter;
pub mod find;
pub mod guide;
mod health;
pub mod input;
pub mod key;
pub mod keymap;
pub mod modal;
pub mod model;
pub mod presenter;
pub mod screen;
pub mod spot;
pub mod update;
pub mod when;

pub use action::{ACTIONS, Action, Context, Need, Rights};
pub use chord::{Chord, Pending};
pub use filter::Filter;
pub use key::{Code, Key};
pub use keymap::{Binding, Fault, Found, Keymap};
pub use modal::Modal;
pub use model::{Capabilities, Model, Opening, Role};
pub use update::{Effect, Msg, update};

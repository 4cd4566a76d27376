//! The runbooks of a service, of which a console waits for one.

use std::fmt;
use std::ops::Deref;
use std::sync::{Arc, LazyLock};

use super::runbook::Runbook;

type Read = Box<dyn FnOnce() -> Vec<Runbook> + Send>;

/// The runbooks of a service without errors, in the order of their files. Whoever asks for them first may be the one who reads them.
#[derive(Clone)]
pub struct Shelf(Arc<LazyLock<Vec<Runbook>, Read>>);

impl Shelf {
    /// What `read` will give, once it is asked for.
    pub fn later(read: impl FnOnce() -> Vec<Runbook> + Send + 'static) -> Self {
        Self(Arc::new(LazyLock::new(Box::new(read))))
    }
}

impl From<Vec<Runbook>> for Shelf {
    fn from(runbooks: Vec<Runbook>) -> Self {
        Self::later(|| runbooks)
    }
}

impl Default for Shelf {
    fn default() -> Self {
        Vec::new().into()
    }
}

impl Deref for Shelf {
    type Target = [Runbook];

    fn deref(&self) -> &[Runbook] {
        &self.0
    }
}

impl fmt::Debug for Shelf {
    /// Reads nothing.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Shelf").field(&self.0).finish()
    }
}

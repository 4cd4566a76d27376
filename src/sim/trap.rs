//! The trap: reads each entry of a run as it becomes durable, and lets a surprise come at its moment: before whatever follows it.

use std::io;
use std::sync::Arc;

use super::regions::Regions;
use super::surprise::Watch;
use crate::domain::journal::Entry;
use crate::ports::JournalStore;

/// A journal that is watched for the moment of a surprise.
pub struct Trap {
    store: Box<dyn JournalStore>,
    regions: Arc<Regions>,
    watch: Option<Watch>,
}

impl Trap {
    /// Watches a journal for the surprise that the Regions hold back, if they do and it has not come yet.
    pub fn new(store: Box<dyn JournalStore>, regions: Arc<Regions>) -> Self {
        let watch = regions.held_back().map(|surprise| Watch::new(&surprise));
        Self { store, regions, watch }
    }
}

impl JournalStore for Trap {
    fn append(&mut self, line: &str) -> io::Result<()> {
        self.store.append(line)?;
        let Some(watch) = &mut self.watch else { return Ok(()) };
        let Ok(entry) = serde_json::from_str::<Entry>(line) else { return Ok(()) };
        if watch.sees(&entry) {
            self.watch = None;
            // An exercise that goes on without its surprise is told of in the debrief; the journal is not at fault.
            let _ = self.regions.spring();
        }
        Ok(())
    }
}

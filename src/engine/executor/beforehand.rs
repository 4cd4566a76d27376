//! What is found out before and beside a run: whose account our credentials are for, and what a run will need.

use std::sync::Arc;

use super::{Executor, MYSELF};
use crate::domain::account::Account;
use crate::domain::command::Event;
use crate::domain::journal::Body;
use crate::domain::preflight::Preflight;
use crate::engine::preflight::{Known, entry};

impl Executor {
    /// Why nothing may be written with these credentials, if that is so. An account that is not known yet hinders nobody: plans have
    /// gates of their own.
    pub(super) fn wrong_account(&self) -> Option<String> {
        self.account.as_ref()?.wrong()
    }

    /// Takes in what was found out.
    pub(super) async fn learn(&mut self, known: Known) {
        match known {
            Known::Account(account) => self.belongs_to(account).await,
            Known::Preflight(made) => self.preflighted(made).await,
        }
    }

    /// Tells whose account the credentials are for. In another than the service's nothing is written from here on.
    async fn belongs_to(&mut self, account: Account) {
        let wrong = account.wrong();
        let account = Arc::new(account);
        self.account = Some(Arc::clone(&account));
        self.tell(Event::Account(account));
        if let (Some(reason), true) = (wrong, self.run.armed.is_some()) {
            self.record(MYSELF, Body::Disarmed { reason }).await;
        }
    }

    /// Tells what a preflight came to; while a run is open, its journal has it too.
    async fn preflighted(&mut self, made: Preflight) {
        let made = Arc::new(made);
        self.preflight = Some(Arc::clone(&made));
        self.tell(Event::Preflight(made));
        if self.announced {
            self.record_preflight().await;
        }
    }

    pub(super) async fn record_preflight(&mut self) {
        if self.run.closed.is_none()
            && self.recorder.latched().is_none()
            && let Some(made) = self.preflight.take()
        {
            self.record(MYSELF, entry(&made)).await;
        }
    }
}

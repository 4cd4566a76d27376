//! The channels of a simulation: they take everything after a moment, and reach nobody.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use crate::domain::notice::{Notice, Severity};
use crate::domain::service::Notify;
use crate::ports::{Channel, Clock, Sent, Unsent};

/// How long a message takes.
const MOMENT: Duration = Duration::from_millis(300);

/// Channels by the names of a service's own.
pub fn channels(notify: &[Notify], clock: &Arc<dyn Clock>) -> Vec<Arc<dyn Channel>> {
    let channel = |notify: &Notify| {
        let channel = Nobody { id: notify.name.clone(), least: notify.from, clock: Arc::clone(clock) };
        Arc::new(channel) as Arc<dyn Channel>
    };
    notify.iter().map(channel).collect()
}

struct Nobody {
    id: String,
    least: Severity,
    clock: Arc<dyn Clock>,
}

#[async_trait]
impl Channel for Nobody {
    fn id(&self) -> &str {
        &self.id
    }

    fn least(&self) -> Severity {
        self.least
    }

    async fn send(&self, _notices: &[Arc<Notice>]) -> Result<Sent, Unsent> {
        self.clock.sleep(MOMENT).await;
        Ok(Sent { answer: "simulated: nobody was told".to_owned() })
    }
}

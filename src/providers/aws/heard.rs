//! Which endpoints answer: every call of the SDK goes through here, and how it ended is kept, so that nothing has to be asked
//! for the sake of knowing.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use aws_smithy_async::time::SharedTimeSource;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use jiff::Timestamp;

use super::caller::Caller;
use crate::domain::preflight::Answered;
use crate::domain::reading::{Unread, Why};

/// How each endpoint answered last, by service, Region and host; and for whom they are asked.
#[derive(Debug, Clone, Default)]
pub(super) struct Heard {
    all: Arc<Mutex<BTreeMap<Asked, Answered>>>,
    caller: Arc<OnceLock<Caller>>,
}

/// A service, the Region that its requests are signed for, and the host that they went to.
type Asked = (String, String, String);

impl Heard {
    /// How every endpoint answered last.
    pub(super) fn all(&self) -> Vec<Answered> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }

    /// For whom the calls are made, once that is known.
    pub(super) fn caller(&self) -> &Arc<OnceLock<Caller>> {
        &self.caller
    }

    /// The same client, overheard.
    pub(super) fn through(&self, client: SharedHttpClient, time: SharedTimeSource) -> SharedHttpClient {
        SharedHttpClient::new(Overheard { client, time, heard: self.clone() })
    }

    fn keep(&self, (service, region, host): &Asked, at: Timestamp, outcome: Result<Duration, Unread>) {
        let answered = Answered { service: service.clone(), region: region.clone(), host: host.clone(), at, outcome };
        let key = (service.clone(), region.clone(), host.clone());
        self.all.lock().unwrap_or_else(PoisonError::into_inner).insert(key, answered);
    }
}

#[derive(Clone)]
struct Overheard<T> {
    client: T,
    time: SharedTimeSource,
    heard: Heard,
}

impl<T> fmt::Debug for Overheard<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Overheard")
    }
}

impl HttpClient for Overheard<SharedHttpClient> {
    fn http_connector(&self, settings: &HttpConnectorSettings, parts: &RuntimeComponents) -> SharedHttpConnector {
        let (time, heard) = (self.time.clone(), self.heard.clone());
        SharedHttpConnector::new(Overheard { client: self.client.http_connector(settings, parts), time, heard })
    }
}

impl HttpConnector for Overheard<SharedHttpConnector> {
    fn call(&self, mut request: HttpRequest) -> HttpConnectorFuture {
        if let Some(caller) = self.heard.caller.get() {
            caller.sign(&mut request);
        }
        let asked = asked(&request);
        let call = self.client.call(request);
        let Some(asked) = asked else { return call };
        let mut pending =
            Pending { asked, time: self.time.clone(), heard: self.heard.clone(), began: None, over: false };
        HttpConnectorFuture::new(async move {
            pending.began = pending.now();
            let result = call.await;
            pending.end(result.as_ref().err());
            result
        })
    }
}

/// Whom a request asks, by its signature.
fn asked(request: &HttpRequest) -> Option<Asked> {
    let scope = request.headers().get("authorization")?.split_once("Credential=")?.1;
    let mut parts = scope.split(',').next()?.rsplit('/');
    let (_, service, region) = (parts.next()?, parts.next()?, parts.next()?);
    let uri: http::Uri = request.uri().parse().ok()?;
    Some((service.to_owned(), region.to_owned(), uri.authority()?.to_string()))
}

/// A call that is not answered yet. Whoever gives it up has waited as long as they would.
struct Pending {
    asked: Asked,
    time: SharedTimeSource,
    heard: Heard,
    began: Option<Timestamp>,
    over: bool,
}

impl Pending {
    fn now(&self) -> Option<Timestamp> {
        Timestamp::try_from(self.time.now()).ok()
    }

    fn took(&self, now: Timestamp) -> Duration {
        self.began.map_or(Duration::ZERO, |began| Duration::try_from(now.duration_since(began)).unwrap_or_default())
    }

    fn end(&mut self, error: Option<&ConnectorError>) {
        self.over = true;
        let Some(now) = self.now() else { return };
        let outcome = match error {
            None => Ok(self.took(now)),
            Some(error) if error.is_timeout() => Err(Unread::new(Why::TimedOut, error.to_string())),
            Some(error) => Err(Unread::new(Why::Unreachable, error.to_string())),
        };
        self.heard.keep(&self.asked, now, outcome);
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        let (false, Some(now)) = (self.over, self.now()) else { return };
        let waited = format!("no answer within {} s", self.took(now).as_secs());
        self.heard.keep(&self.asked, now, Err(Unread::new(Why::TimedOut, waited)));
    }
}

//! The in-process HTTP client that the AWS SDK is given in place of a network.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;

use super::{WireRequest, WireResponse};
use crate::ports::within;
use crate::sim::regions::{Broken, Regions};

/// Hands the SDK's requests to the simulated Regions.
#[derive(Clone)]
pub struct WireClient {
    regions: Arc<Regions>,
    read_timeout: Option<Duration>,
}

impl WireClient {
    /// A client of these Regions.
    pub fn new(regions: Arc<Regions>) -> Self {
        Self { regions, read_timeout: None }
    }

    async fn send(self, request: HttpRequest) -> Result<HttpResponse, ConnectorError> {
        let request = read(&request)?;
        let answer = self.regions.serve(&request);
        let answer = match self.read_timeout {
            None => answer.await,
            Some(limit) => within(self.regions.clock().as_ref(), limit, answer)
                .await
                .ok_or_else(|| ConnectorError::timeout("no answer within the read timeout".into()))?,
        };
        match answer {
            Ok(response) => write(response),
            Err(Broken::Refused) => Err(ConnectorError::io("connection refused".into())),
        }
    }
}

impl fmt::Debug for WireClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WireClient")
    }
}

impl HttpConnector for WireClient {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        HttpConnectorFuture::new(self.clone().send(request))
    }
}

impl HttpClient for WireClient {
    fn http_connector(&self, settings: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        // Connections always open at once here, so that the connect timeout has nothing to bound.
        SharedHttpConnector::new(Self { read_timeout: settings.read_timeout(), ..self.clone() })
    }
}

fn read(request: &HttpRequest) -> Result<WireRequest, ConnectorError> {
    let user = |error: http::Error| ConnectorError::user(error.into());
    let mut builder = http::Request::builder().method(request.method()).uri(request.uri());
    for (name, value) in request.headers() {
        builder = builder.header(name, value);
    }
    let body = request.body().bytes().ok_or_else(|| ConnectorError::user("a streaming body".into()))?;
    builder.body(body.to_vec()).map_err(user)
}

fn write(response: WireResponse) -> Result<HttpResponse, ConnectorError> {
    let status =
        StatusCode::try_from(response.status().as_u16()).map_err(|error| ConnectorError::other(error.into(), None))?;
    let (parts, body) = response.into_parts();
    let mut out = HttpResponse::new(status, SdkBody::from(body));
    for (name, value) in &parts.headers {
        if let Ok(value) = value.to_str() {
            out.headers_mut().append(name.as_str().to_owned(), value.to_owned());
        }
    }
    Ok(out)
}

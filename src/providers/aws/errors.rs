//! What an error of the SDK means: for a reading, and for a mutation. Nothing that came from outside leaves unsanitised.

use std::error::Error;
use std::fmt::Write as _;
use std::io;

use aws_sdk_rds::operation::RequestId;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use crate::domain::plan::{PerformError, Receipt};
use crate::domain::reading::{Unread, Why};
use crate::domain::text;

/// Codes by which AWS asks to slow down; the call was not carried out (AWS SDK reference guide, "Retry behavior", and Route 53's
/// `PriorRequestNotComplete`).
const THROTTLED: [&str; 14] = [
    "Throttling",
    "ThrottlingException",
    "ThrottledException",
    "RequestThrottled",
    "RequestThrottledException",
    "TooManyRequests",
    "TooManyRequestsException",
    "RequestLimitExceeded",
    "BandwidthLimitExceeded",
    "LimitExceededException",
    "ProvisionedThroughputExceededException",
    "TransactionInProgressException",
    "PriorRequestNotComplete",
    "SlowDown",
];

const NO_CREDENTIALS: [&str; 12] = [
    "AuthFailure",
    "ExpiredToken",
    "ExpiredTokenException",
    "IncompleteSignature",
    "InvalidAccessKeyId",
    "InvalidClientTokenId",
    "InvalidSignatureException",
    "MissingAuthenticationToken",
    "MissingAuthenticationTokenException",
    "RequestExpired",
    "SignatureDoesNotMatch",
    "UnrecognizedClientException",
];

const DENIED: [&str; 5] =
    ["AccessDenied", "AccessDeniedException", "NotAuthorized", "OptInRequired", "UnauthorizedOperation"];

/// What became of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    /// It was never sent: no connection came to be.
    NeverSent,
    /// It was never sent: there is nothing to sign it with.
    Unsigned,
    /// It could not even be made.
    Unmade,
    /// It may have been sent, and no answer came in time.
    TimedOut,
    /// It may have been sent, and the connection ended.
    Cut,
    /// An answer came that makes no sense.
    Garbled,
    /// An answer came, with this status.
    Answered(u16),
}

/// An error of the SDK, looked at.
struct Looked {
    fate: Fate,
    code: String,
    message: String,
    request_id: Option<String>,
}

/// What a failed read means. `what` says what was tried, such as `rds:DescribeDBInstances us-west-2`.
pub fn unread<E>(what: &str, err: &SdkError<E, HttpResponse>) -> Unread
where
    E: ProvideErrorMetadata + Error + 'static,
{
    let looked = look(err);
    Unread::new(looked.why(), looked.sentence(what))
}

/// What a failed mutation means: not done, refused, or nobody knows.
pub fn perform<E>(what: &str, err: &SdkError<E, HttpResponse>) -> PerformError
where
    E: ProvideErrorMetadata + Error + 'static,
{
    let looked = look(err);
    let message = text::bounded(&looked.sentence(what), 600);
    let request_id = looked.request_id.clone();
    match looked.fate {
        Fate::NeverSent => PerformError::NotYet { message, request_id },
        Fate::Answered(status) if looked.throttled(status) => PerformError::NotYet { message, request_id },
        // 408: the server gave up waiting, and may say so after having begun.
        Fate::Unsigned | Fate::Unmade | Fate::Answered(400..=407 | 409..=499) => {
            PerformError::Refused { message, request_id }
        }
        Fate::TimedOut | Fate::Cut | Fate::Garbled | Fate::Answered(_) => PerformError::Unknown { message },
    }
}

/// The code of an error that the service answered with.
pub fn code<E>(err: &SdkError<E, HttpResponse>) -> Option<&str>
where
    E: ProvideErrorMetadata,
{
    err.as_service_error().and_then(ProvideErrorMetadata::code)
}

/// What an accepted mutation answered.
pub fn receipt(output: &impl RequestId, answer: impl AsRef<str>, handle: Option<&str>) -> Receipt {
    Receipt {
        request_id: output.request_id().map(|id| text::bounded(id, 100)),
        answer: text::bounded(answer.as_ref(), 400),
        handle: handle.map(|handle| text::bounded(handle, 200)),
    }
}

impl Looked {
    fn throttled(&self, status: u16) -> bool {
        status == 429 || THROTTLED.contains(&self.code.as_str())
    }

    fn why(&self) -> Why {
        let status = match self.fate {
            Fate::NeverSent | Fate::Cut => return Why::Unreachable,
            Fate::Unsigned => return Why::Auth,
            Fate::Unmade => return Why::Other,
            Fate::TimedOut => return Why::TimedOut,
            Fate::Garbled => return Why::Malformed,
            Fate::Answered(status) => status,
        };
        let code = self.code.as_str();
        if self.throttled(status) {
            Why::Throttled
        } else if NO_CREDENTIALS.contains(&code) {
            Why::Auth
        } else if DENIED.contains(&code) {
            Why::Denied
        } else if status >= 500 {
            Why::ServerError
        } else if code.contains("NotFound") || code.starts_with("NoSuch") || status == 404 {
            Why::NotFound
        } else if status == 401 || status == 403 {
            Why::Denied
        } else {
            Why::Other
        }
    }

    fn sentence(&self, what: &str) -> String {
        let mut said = format!("{what}: {}", self.message);
        if let Some(id) = &self.request_id {
            let _ = write!(said, " (request {id})");
        }
        said
    }
}

fn look<E>(err: &SdkError<E, HttpResponse>) -> Looked
where
    E: ProvideErrorMetadata + Error + 'static,
{
    let request_id = err.request_id().map(|id| text::bounded(id, 100));
    let chain = chain(err);
    let (fate, code, message) = match err {
        SdkError::ConstructionFailure(_) => (Fate::Unmade, None, chain),
        SdkError::TimeoutError(_) => (Fate::TimedOut, None, "no answer in time".to_owned()),
        SdkError::DispatchFailure(failure) => {
            let timed_out = failure.is_timeout();
            (
                dispatch_fate(err, timed_out, &chain),
                None,
                if timed_out { "no answer in time".to_owned() } else { chain },
            )
        }
        // The SDK also calls a success that it cannot parse an error of the service.
        SdkError::ServiceError(service) if service.raw().status().is_success() => {
            (Fate::Garbled, None, format!("an answer that cannot be read: {chain}"))
        }
        SdkError::ServiceError(service) => {
            let status = service.raw().status().as_u16();
            let body = service.raw().body().bytes().unwrap_or_default();
            let (code, said) = match (service.err().code(), service.err().message()) {
                (None, None) => unwrapped(body),
                (code, said) => (code.map(ToOwned::to_owned), said.unwrap_or("no message").to_owned()),
            };
            let code = code.map(|code| text::bounded(&code, 100));
            let said = text::bounded(&said, 300);
            let message = match &code {
                Some(code) => format!("{code}: {said}"),
                None => format!("HTTP {status}: {said}"),
            };
            (Fate::Answered(status), code, message)
        }
        SdkError::ResponseError(response) => {
            let status = response.raw().status().as_u16();
            (Fate::Garbled, None, format!("HTTP {status} and an answer that cannot be read: {chain}"))
        }
        _ => (Fate::Cut, None, chain),
    };
    Looked { fate, code: code.unwrap_or_default(), message, request_id }
}

/// The code and message of an error that the SDK does not take apart: Route 53 documents `InvalidChangeBatch` as an element of
/// its own, around messages, without the `ErrorResponse` that the SDK expects.
fn unwrapped(body: &[u8]) -> (Option<String>, String) {
    let Ok(said) = std::str::from_utf8(body) else { return (None, "an answer that is no text".to_owned()) };
    if said.trim().is_empty() {
        return (None, "no message".to_owned());
    }
    let Ok(document) = roxmltree::Document::parse(said) else { return (None, text::bounded(said, 200)) };
    let messages: Vec<&str> = document
        .descendants()
        .filter(|node| node.tag_name().name().eq_ignore_ascii_case("message"))
        .filter_map(|node| node.text())
        .collect();
    if messages.is_empty() {
        return (None, text::bounded(said, 200));
    }
    (Some(document.root_element().tag_name().name().to_owned()), messages.join("; "))
}

/// Whether a request that had no answer may have been sent.
fn dispatch_fate(err: &(dyn Error + 'static), timed_out: bool, chain: &str) -> Fate {
    let mut next = Some(err);
    while let Some(cause) = next {
        if let Some(io) = cause.downcast_ref::<io::Error>() {
            match io.kind() {
                io::ErrorKind::ConnectionRefused
                | io::ErrorKind::HostUnreachable
                | io::ErrorKind::NetworkUnreachable
                | io::ErrorKind::AddrNotAvailable
                | io::ErrorKind::NetworkDown => return Fate::NeverSent,
                io::ErrorKind::TimedOut => return Fate::TimedOut,
                _ => {}
            }
        }
        next = cause.source();
    }
    // The connector's own words: its types are not public.
    if chain.contains("client error (Connect)") || chain.contains("connect timeout") || chain.contains("dns error") {
        Fate::NeverSent
    } else if chain.contains("identity") || chain.contains("credentials") {
        Fate::Unsigned
    } else if timed_out {
        Fate::TimedOut
    } else {
        Fate::Cut
    }
}

/// An error's causes, each once, safe to show.
fn chain(err: &(dyn Error + 'static)) -> String {
    let mut parts: Vec<String> = Vec::new();
    let mut next = err.source();
    while let Some(cause) = next {
        let said = text::bounded(&cause.to_string(), 200);
        // The connector's bare word for what it has no word for.
        if said != "other" && parts.last() != Some(&said) {
            parts.push(said);
        }
        next = cause.source();
    }
    if parts.is_empty() { text::bounded(&err.to_string(), 200) } else { parts.join(": ") }
}

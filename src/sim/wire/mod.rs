//! The protocols of AWS: requests as the SDKs send them, answers as AWS gives them. One file a service.
//!
//! [`answer`] is a plain function from request to response over the world, so that the same Regions can stand behind an
//! in-process client or a real socket.

mod arc;
mod aurora;
pub mod client;
pub mod cloudfront;
pub mod cloudwatch;
pub mod ecs;
pub mod elasticache;
pub mod form;
mod iam;
mod json;
pub mod kubernetes;
pub mod lambda;
pub mod rds;
pub mod route53;
pub mod s3;
pub mod secretsmanager;
pub mod ssm;
mod sts;
mod tree;
pub mod xml;

use http::{Method, Request, Response};

use super::world::faults::ApiCall;
use super::world::{ApiError, World};

/// A request with its whole body.
pub type WireRequest = Request<Vec<u8>>;
/// A response with its whole body.
pub type WireResponse = Response<Vec<u8>>;

/// Where a request goes and what it wants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Called {
    /// The Region of its signature.
    pub region: String,
    /// The service that it is signed for.
    pub service: String,
    /// The operation.
    pub operation: String,
    /// How it is written.
    pub protocol: Protocol,
}

/// How requests and answers are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// A form in, XML out.
    Query,
    /// Paths, queries and XML.
    RestXml,
    /// JSON, with the operation in a header.
    Json,
    /// Paths, queries and JSON.
    RestJson,
    /// CBOR, with the operation in the path.
    Cbor,
    /// Kubernetes: paths, JSON, and an error as a Status.
    Kubernetes,
}

impl Called {
    /// Reads the SigV4 scope (`Credential=KEY/DATE/REGION/SERVICE/aws4_request`) and the operation; `None` where a
    /// request is not signed.
    pub fn of(request: &WireRequest) -> Option<Self> {
        if let Some(called) = kubernetes::called(request) {
            return Some(called);
        }
        let header = request.headers().get("authorization")?.to_str().ok()?;
        let credential = header.split_once("Credential=")?.1;
        let scope = credential.split(',').next()?;
        let mut parts = scope.rsplit('/');
        let (_, service, region) = (parts.next()?, parts.next()?, parts.next()?);
        let target = json::operation(request);
        let (operation, protocol) = match service {
            "rds" | "elasticache" | "sts" | "iam" => (form::action(request.body()), Protocol::Query),
            "route53" => {
                (Some(route53::operation(request.method(), request.uri().path()).to_owned()), Protocol::RestXml)
            }
            "s3" => (Some(s3::operation(request).to_owned()), Protocol::RestXml),
            "secretsmanager" | "ecs" | "ssm" | arc::SERVICE => (target, Protocol::Json),
            "cloudfront" => {
                (Some(cloudfront::operation(request.method(), request.uri().path()).to_owned()), Protocol::RestXml)
            }
            "lambda" => {
                (Some(lambda::operation(request.method(), request.uri().path()).to_owned()), Protocol::RestJson)
            }
            "monitoring" if target.is_some() => (target, Protocol::Json),
            "monitoring" => (cloudwatch::operation(request.uri().path()), Protocol::Cbor),
            _ => (None, Protocol::Query),
        };
        let operation = operation.unwrap_or_default();
        Some(Self { region: region.to_owned(), service: service.to_owned(), operation, protocol })
    }

    /// As faults see it.
    pub fn api(&self) -> ApiCall<'_> {
        ApiCall { region: &self.region, service: &self.service, operation: &self.operation }
    }

    /// Whether it changes something, and so must never be asked twice on a guess.
    pub fn writes(&self, method: &Method) -> bool {
        match self.service.as_str() {
            "route53" | "kubernetes" => *method != Method::GET,
            "s3" => *method != Method::GET && *method != Method::HEAD,
            // A session is no part of the service.
            "sts" | "iam" => false,
            _ => !["Describe", "Get", "List"].iter().any(|verb| self.operation.starts_with(verb)),
        }
    }
}

/// Answers a request from the world as it is now.
pub fn answer(world: &mut World, called: &Called, request: &WireRequest, id: &str) -> WireResponse {
    if world.role_of(&called.region).is_none()
        && !matches!(called.service.as_str(), "route53" | "cloudfront" | "iam" | arc::SERVICE)
    {
        let message = format!("the simulated Regions hold nothing in {}", called.region);
        return refuse(called, &ApiError::new(400, "InvalidParameterValue", message), id);
    }
    if let Some(error) = sts::expired(world, called, request) {
        return refuse(called, &error, id);
    }
    let answered = match called.service.as_str() {
        "rds" => rds::answer(world, called, request, id),
        "route53" => route53::answer(world, called, request, id),
        "secretsmanager" => secretsmanager::answer(world, called, request, id),
        "ecs" => ecs::answer(world, called, request, id),
        "elasticache" => elasticache::answer(world, called, request, id),
        arc::SERVICE => arc::answer(world, called, request, id),
        "sts" => sts::answer(world, called, request, id),
        "iam" => iam::answer(world, called, request, id),
        "ssm" => ssm::answer(world, called, request, id),
        "lambda" => lambda::answer(world, called, request, id),
        "cloudfront" => cloudfront::answer(world, called, request, id),
        "kubernetes" => kubernetes::answer(world, called, request, id),
        "s3" => s3::answer(world, called, request, id),
        "monitoring" => cloudwatch::answer(world, called, request, id),
        other => Err(ApiError::new(404, "UnknownOperationException", format!("there is no simulated service {other}"))),
    };
    answered.unwrap_or_else(|error| {
        let refused = refuse(called, &error, id);
        if called.service == "s3" && error.status == 301 { s3::redirected(world, request, refused) } else { refused }
    })
}

/// The answer to a request that bears no signature.
pub fn unsigned(id: &str) -> WireResponse {
    let error = ApiError::new(403, "MissingAuthenticationToken", "Request is missing Authentication Token".to_owned());
    xml::error(&error, "", id)
}

/// An error in the protocol of the service that was called.
pub fn refuse(called: &Called, error: &ApiError, id: &str) -> WireResponse {
    match called.protocol {
        Protocol::RestXml if called.service == "cloudfront" => xml::error(error, cloudfront::NAMESPACE, id),
        Protocol::RestXml if called.service == "s3" => s3::error(error, called, id),
        Protocol::RestXml => xml::error(error, route53::NAMESPACE, id),
        Protocol::Query if called.service == "sts" => xml::error(error, sts::NAMESPACE, id),
        Protocol::Query if called.service == "iam" => xml::error(error, iam::NAMESPACE, id),
        Protocol::Query if called.service == "elasticache" => xml::error(error, elasticache::NAMESPACE, id),
        Protocol::Query => xml::error(error, rds::NAMESPACE, id),
        Protocol::Cbor => cloudwatch::error(error, id),
        Protocol::Kubernetes => kubernetes::error(error, id),
        // Secrets Manager writes it so.
        Protocol::Json if called.service == "secretsmanager" => json::error(error, "Message", id),
        Protocol::RestJson => json::error(error, "Message", id),
        Protocol::Json => json::error(error, "message", id),
    }
}

/// What each service answers when it wants to be asked more slowly.
pub fn throttled(called: &Called) -> ApiError {
    if called.protocol == Protocol::Kubernetes {
        return kubernetes::throttled();
    }
    if called.service == "s3" {
        return ApiError::new(503, "SlowDown", "Please reduce your request rate.".to_owned());
    }
    let code = match called.service.as_str() {
        "secretsmanager" | "ecs" | "ssm" | arc::SERVICE => "ThrottlingException",
        "lambda" => "TooManyRequestsException",
        _ => "Throttling",
    };
    ApiError::new(400, code, "Rate exceeded".to_owned())
}

/// What each service answers when it fails.
pub fn failed(called: &Called) -> ApiError {
    if called.service == "s3" {
        let message = "We encountered an internal error. Please try again.".to_owned();
        return ApiError::new(500, "InternalError", message);
    }
    let code = match called.service.as_str() {
        "secretsmanager" => "InternalServiceError",
        "ecs" => "ServerException",
        "lambda" => "ServiceException",
        "ssm" => "InternalServerError",
        arc::SERVICE => "EndpointTemporarilyUnavailableException",
        "kubernetes" => "InternalError",
        "monitoring" => "InternalServiceFault",
        _ => "InternalFailure",
    };
    ApiError::new(503, code, "The request processing has failed because of an unknown error.".to_owned())
}

/// What each service answers to whoever is not allowed.
pub fn denied(called: &Called) -> ApiError {
    if called.service == "kubernetes" {
        return ApiError::new(403, "Forbidden", format!("the user cannot {} in the simulation", called.operation));
    }
    let json = matches!(called.protocol, Protocol::Json | Protocol::RestJson | Protocol::Cbor);
    let code = if json { "AccessDeniedException" } else { "AccessDenied" };
    let message = format!("User is not authorized to perform: {}:{}", called.service, called.operation);
    ApiError::new(403, code, message)
}

fn respond(status: u16, content_type: &str, id: &str, body: Vec<u8>) -> WireResponse {
    let mut response = Response::new(body);
    *response.status_mut() = http::StatusCode::from_u16(status).unwrap_or(http::StatusCode::INTERNAL_SERVER_ERROR);
    for (name, value) in [("content-type", content_type), ("x-amzn-requestid", id)] {
        if let Ok(value) = http::HeaderValue::from_str(value) {
            response.headers_mut().insert(http::HeaderName::from_static(name), value);
        }
    }
    response
}

fn unknown_operation(called: &Called) -> ApiError {
    let operation = crate::domain::text::bounded(&called.operation, 80);
    match called.service.as_str() {
        "rds" | "elasticache" | "sts" | "iam" => {
            ApiError::new(400, "InvalidAction", format!("The action {operation} is not valid for this web service."))
        }
        _ => ApiError::new(404, "UnknownOperationException", format!("There is no operation {operation} here.")),
    }
}

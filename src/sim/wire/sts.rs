//! STS: Query. A session's token says itself whose it is and when it ends, so that any process knows it.

use http::{HeaderName, HeaderValue};

use super::xml::Xml;
use super::{Called, Protocol, WireRequest, WireResponse, form, respond, unknown_operation};
use crate::domain::service::ExternalId;
use crate::sim::steps::Ms;
use crate::sim::world::{ApiError, World};

/// The namespace of its documents.
pub(super) const NAMESPACE: &str = "https://sts.amazonaws.com/doc/2011-06-15/";
const TOKEN: &str = "x-amz-security-token";
const PREFIX: &str = "simulated";
/// A role's sessions last an hour at most unless it is given more, and those of a role that a role assumes always do.
const LONGEST: i64 = 3_600;

/// A session.
struct Session {
    ends: Ms,
    role: String,
    name: String,
}

impl Session {
    fn of(request: &WireRequest) -> Option<Self> {
        let token = request.headers().get(TOKEN)?.to_str().ok()?;
        let mut parts = token.splitn(4, ':');
        let mut part = || parts.next();
        let (prefix, ends, name, role) = (part()?, part()?, part()?, part()?);
        (prefix == PREFIX).then_some(())?;
        Some(Self { ends: ends.parse().ok()?, role: role.to_owned(), name: name.to_owned() })
    }

    fn token(&self) -> String {
        format!("{PREFIX}:{}:{}:{}", self.ends, self.name, self.role)
    }
}

/// Refuses a request whose session has ended, as every service does.
pub(super) fn expired(world: &World, called: &Called, request: &WireRequest) -> Option<ApiError> {
    let session = Session::of(request)?;
    (session.ends <= world.now()).then(|| {
        let json = matches!(called.protocol, Protocol::Json | Protocol::RestJson | Protocol::Cbor);
        let (status, code) = if json { (400, "ExpiredTokenException") } else { (403, "ExpiredToken") };
        ApiError::new(status, code, "The security token included in the request is expired".to_owned())
    })
}

pub(super) fn answer(
    world: &World,
    called: &Called,
    request: &WireRequest,
    id: &str,
) -> Result<WireResponse, ApiError> {
    let body = form::parse(request.body());
    let param = |name: &str| body.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
    let session = Session::of(request);
    let xml = match called.operation.as_str() {
        "GetCallerIdentity" => {
            let (arn, user) = match &session {
                Some(session) => {
                    let role = session.role.rsplit('/').next().unwrap_or_default();
                    let arn = format!("arn:aws:sts::{}:assumed-role/{role}/{}", world.account(), session.name);
                    (arn, format!("AROA{}:{}", unique(world, role), session.name))
                }
                None => (user(world), format!("AIDA{}", unique(world, "simulated"))),
            };
            let mut xml = Xml::root("GetCallerIdentityResponse", NAMESPACE);
            xml.nest("GetCallerIdentityResult", |xml| {
                xml.text("Arn", arn).text("UserId", user).text("Account", world.account());
            });
            ended(xml, "GetCallerIdentityResponse", id)
        }
        "AssumeRole" => {
            let given = assume(world, param, session.is_some())?;
            let role = given.role.rsplit('/').next().unwrap_or_default().to_owned();
            let mut xml = Xml::root("AssumeRoleResponse", NAMESPACE);
            xml.nest("AssumeRoleResult", |xml| {
                xml.nest("AssumedRoleUser", |xml| {
                    let arn = format!("arn:aws:sts::{}:assumed-role/{role}/{}", world.account(), given.name);
                    xml.text("AssumedRoleId", format!("AROA{}:{}", unique(world, &role), given.name)).text("Arn", arn);
                });
                xml.nest("Credentials", |xml| {
                    xml.text("AccessKeyId", format!("ASIA{}", unique(world, &given.token())))
                        .text("SecretAccessKey", "simulated")
                        .text("SessionToken", given.token())
                        .text("Expiration", format!("{:.0}", world.timestamp(given.ends)));
                });
            });
            ended(xml, "AssumeRoleResponse", id)
        }
        _ => return Err(unknown_operation(called)),
    };
    Ok(dated(world, respond(200, "text/xml", id, xml)))
}

fn ended(mut xml: Xml, root: &str, id: &str) -> Vec<u8> {
    xml.nest("ResponseMetadata", |xml| {
        xml.text("RequestId", id);
    });
    xml.end(root)
}

/// With the time as AWS has it.
pub(super) fn dated(world: &World, mut response: WireResponse) -> WireResponse {
    let date = world.timestamp(world.now()).strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
    if let Ok(date) = HeaderValue::from_str(&date) {
        response.headers_mut().insert(HeaderName::from_static("date"), date);
    }
    response
}

pub(super) fn user(world: &World) -> String {
    format!("arn:aws:iam::{}:user/simulated", world.account())
}

pub(super) fn unique(world: &World, of: &str) -> String {
    world.chance().text(of, 0, b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 16)
}

/// The session that is asked for, if the role lets itself be assumed.
fn assume<'a>(world: &World, param: impl Fn(&str) -> Option<&'a str>, chained: bool) -> Result<Session, ApiError> {
    let invalid = |message: &str| Err(ApiError::new(400, "ValidationError", message.to_owned()));
    let (role, name) = (param("RoleArn").unwrap_or_default(), param("RoleSessionName").unwrap_or_default());
    let seconds = param("DurationSeconds").map_or(Ok(LONGEST), str::parse);
    let fits = |b: u8| b.is_ascii_alphanumeric() || b"+=,.@_-".contains(&b);
    if !(2..=64).contains(&name.len()) || !name.bytes().all(fits) {
        return invalid("1 validation error detected: Value at 'roleSessionName' failed to satisfy constraint");
    }
    let Ok(seconds) = seconds else { return invalid("DurationSeconds is no number") };
    if !(900..=43_200).contains(&seconds) {
        return invalid("1 validation error detected: Value at 'durationSeconds' failed to satisfy constraint");
    }
    if seconds > LONGEST {
        return invalid(if chained {
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining"
        } else {
            "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."
        });
    }
    let known = world.service().aws.assume_role.as_ref();
    let trusted = known.filter(|known| known.role == role).is_some_and(|known| match &known.external_id {
        Some(ExternalId::Text(wanted)) => param("ExternalId") == Some(wanted.as_str()),
        // What the variable holds is nobody's business here.
        Some(ExternalId::Env(_)) => param("ExternalId").is_some(),
        None => true,
    });
    if !trusted {
        let message = format!("User: {} is not authorized to perform: sts:AssumeRole on resource: {role}", user(world));
        return Err(ApiError::new(403, "AccessDenied", message));
    }
    Ok(Session { ends: world.now() + seconds * 1_000, role: role.to_owned(), name: name.to_owned() })
}

//! CloudFront: REST with XML. Its control plane is in us-east-1, whichever Regions the service is in.

use http::{HeaderName, HeaderValue, Method};
use roxmltree::{Document, Node};

use super::xml::Xml;
use super::{Called, WireRequest, WireResponse, form, respond, unknown_operation};
use crate::sim::world::cloudfront::{Distribution, Invalidation};
use crate::sim::world::mutation::Change;
use crate::sim::world::{ApiError, World};

/// The namespace of its documents.
pub const NAMESPACE: &str = "http://cloudfront.amazonaws.com/doc/2020-05-31/";
const PREFIX: &str = "/2020-05-31/distribution/";
/// Nine weeks before the scenario's zero, when the distribution was changed last.
const CHANGED: i64 = -86_400_000 * 63;

fn parts(path: &str) -> Vec<String> {
    let path = path.strip_prefix(PREFIX).unwrap_or_default();
    path.split('/').filter(|part| !part.is_empty()).map(|part| form::decode(part.as_bytes())).collect()
}

/// The operation behind a method and a path; empty where there is none.
pub(super) fn operation(method: &Method, path: &str) -> &'static str {
    let parts = parts(path);
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    let (get, post) = (*method == Method::GET, *method == Method::POST);
    match parts.as_slice() {
        [_] if get => "GetDistribution",
        [_, "config"] if get => "GetDistributionConfig",
        [_, "config"] if *method == Method::PUT => "UpdateDistribution",
        [_, "invalidation"] if get => "ListInvalidations",
        [_, "invalidation"] if post => "CreateInvalidation",
        [_, "invalidation", _] if get => "GetInvalidation",
        _ => "",
    }
}

pub(super) fn answer(
    world: &mut World,
    called: &Called,
    request: &WireRequest,
    id: &str,
) -> Result<WireResponse, ApiError> {
    let parts = parts(request.uri().path());
    let part = |at: usize| parts.get(at).map_or("", String::as_str);
    let subject = part(0);
    match called.operation.as_str() {
        "GetDistribution" => told(world, subject, 200, id),
        "GetDistributionConfig" => {
            let distribution = world.distribution(subject)?;
            let origin = distribution.version(world.now()).map_or("", |version| version.origin.as_str());
            let mut xml = Xml::root("DistributionConfig", NAMESPACE);
            write_config(&mut xml, distribution, origin);
            let response = respond(200, "text/xml", id, xml.end("DistributionConfig"));
            Ok(tagged(response, world, distribution))
        }
        "UpdateDistribution" => {
            let if_match = request.headers().get("if-match").and_then(|etag| etag.to_str().ok()).map(str::to_owned);
            let origin = wanted_origin(world.distribution(subject)?, request.body())?;
            let change = Change::PointDistribution { distribution: subject.to_owned(), if_match, origin };
            world.apply(&called.region, id, change)?;
            told(world, subject, 200, id)
        }
        "ListInvalidations" => {
            let query = form::parse(request.uri().query().unwrap_or_default().as_bytes());
            let param = |name: &str| query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
            list(world, subject, param("MaxItems"), id)
        }
        "CreateInvalidation" => {
            let (reference, paths) = read_batch(request.body())?;
            let change = Change::Invalidate { distribution: subject.to_owned(), reference: reference.clone(), paths };
            world.apply(&called.region, id, change)?;
            let made = world.distribution(subject)?.invalidations.iter().find(|one| one.reference == reference);
            made.map(|made| one(world, made, 201, id)).ok_or_else(no_invalidation)
        }
        "GetInvalidation" => {
            let found = world.distribution(subject)?.invalidations.iter().find(|one| one.id == part(2));
            found.map(|found| one(world, found, 200, id)).ok_or_else(no_invalidation)
        }
        _ => Err(unknown_operation(called)),
    }
}

fn no_invalidation() -> ApiError {
    ApiError::new(404, "NoSuchInvalidation", "The specified invalidation does not exist.".to_owned())
}

fn tagged(mut response: WireResponse, world: &World, distribution: &Distribution) -> WireResponse {
    let etag = distribution.version(world.now()).and_then(|version| HeaderValue::from_str(&version.etag).ok());
    if let Some(etag) = etag {
        response.headers_mut().insert(HeaderName::from_static("etag"), etag);
    }
    response
}

fn time(world: &World, at: i64) -> String {
    format!("{:.3}", world.timestamp(at))
}

fn told(world: &World, subject: &str, status: u16, id: &str) -> Result<WireResponse, ApiError> {
    let distribution = world.distribution(subject)?;
    let now = world.now();
    let version = distribution.version(now);
    let mut xml = Xml::root("Distribution", NAMESPACE);
    xml.text("Id", subject)
        .text("ARN", format_args!("arn:aws:cloudfront::{}:distribution/{subject}", world.account()))
        .text("Status", distribution.status(now))
        .text("LastModifiedTime", time(world, version.map_or(CHANGED, |version| version.at.max(CHANGED))))
        .text("InProgressInvalidationBatches", distribution.under_way(now).count())
        .text("DomainName", format_args!("{}.cloudfront.net", subject.to_ascii_lowercase()));
    for trusted in ["ActiveTrustedSigners", "ActiveTrustedKeyGroups"] {
        xml.nest(trusted, |xml| {
            xml.text("Enabled", false).text("Quantity", 0);
        });
    }
    xml.nest("DistributionConfig", |xml| {
        write_config(xml, distribution, version.map_or("", |version| version.origin.as_str()));
    });
    let response = respond(status, "text/xml", id, xml.end("Distribution"));
    Ok(tagged(response, world, distribution))
}

fn nothing(xml: &mut Xml, name: &str) {
    xml.nest(name, |xml| {
        xml.text("Quantity", 0);
    });
}

fn write_config(xml: &mut Xml, distribution: &Distribution, origin: &str) {
    let spec = &distribution.spec;
    let domain = |role| {
        let known = spec.domain.as_ref().map(|domains| domains.get(role).clone());
        known.unwrap_or_else(|| format!("{}.example", spec.origin.get(role)))
    };
    xml.text("CallerReference", format_args!("simulated-{}", spec.distribution));
    nothing(xml, "Aliases");
    xml.text("DefaultRootObject", "index.html");
    xml.nest("Origins", |xml| {
        xml.text("Quantity", 2).nest("Items", |xml| {
            for role in [crate::domain::region::HomeRole::Primary, crate::domain::region::HomeRole::Standby] {
                xml.nest("Origin", |xml| write_origin(xml, spec.origin.get(role), &domain(role)));
            }
        });
    });
    nothing(xml, "OriginGroups");
    xml.nest("DefaultCacheBehavior", |xml| {
        xml.text("TargetOriginId", origin);
        xml.nest("TrustedSigners", |xml| {
            xml.text("Enabled", false).text("Quantity", 0);
        });
        xml.text("ViewerProtocolPolicy", "redirect-to-https");
        xml.nest("AllowedMethods", |xml| {
            xml.text("Quantity", 2).nest("Items", |xml| {
                xml.text("Method", "HEAD").text("Method", "GET");
            });
            xml.nest("CachedMethods", |xml| {
                xml.text("Quantity", 2).nest("Items", |xml| {
                    xml.text("Method", "HEAD").text("Method", "GET");
                });
            });
        });
        xml.text("SmoothStreaming", false).text("Compress", true);
        nothing(xml, "LambdaFunctionAssociations");
        nothing(xml, "FunctionAssociations");
        xml.text("CachePolicyId", "658327ea-f89d-4fab-a63d-7e88639e58f6");
    });
    nothing(xml, "CacheBehaviors");
    nothing(xml, "CustomErrorResponses");
    xml.text("Comment", "Simulated");
    xml.nest("Logging", |xml| {
        xml.text("Enabled", false).text("IncludeCookies", false).text("Bucket", "").text("Prefix", "");
    });
    xml.text("PriceClass", "PriceClass_100").text("Enabled", true);
    xml.nest("ViewerCertificate", |xml| {
        xml.text("CloudFrontDefaultCertificate", true).text("MinimumProtocolVersion", "TLSv1");
    });
    xml.nest("Restrictions", |xml| {
        xml.nest("GeoRestriction", |xml| {
            xml.text("RestrictionType", "none").text("Quantity", 0);
        });
    });
    xml.text("WebACLId", "").text("HttpVersion", "http2").text("IsIPV6Enabled", true);
}

fn write_origin(xml: &mut Xml, id: &str, domain: &str) {
    xml.text("Id", id).text("DomainName", domain).text("OriginPath", "");
    nothing(xml, "CustomHeaders");
    xml.nest("CustomOriginConfig", |xml| {
        xml.text("HTTPPort", 80).text("HTTPSPort", 443).text("OriginProtocolPolicy", "https-only");
        xml.nest("OriginSslProtocols", |xml| {
            xml.text("Quantity", 1).nest("Items", |xml| {
                xml.text("SslProtocol", "TLSv1.2");
            });
        });
        xml.text("OriginReadTimeout", 30).text("OriginKeepaliveTimeout", 5);
    });
    xml.text("ConnectionAttempts", 3).text("ConnectionTimeout", 10);
}

fn malformed(message: impl std::fmt::Display) -> ApiError {
    ApiError::new(400, "MalformedXML", format!("The XML document is malformed: {message}"))
}

/// The target origin of a new configuration, which must be the old one in everything else: whoever leaves something out
/// would have it taken away.
fn wanted_origin(distribution: &Distribution, body: &[u8]) -> Result<String, ApiError> {
    let body = std::str::from_utf8(body).map_err(malformed)?;
    let document = Document::parse(body).map_err(malformed)?;
    let behavior = element(document.root_element(), "DefaultCacheBehavior");
    let origin = behavior.and_then(|behavior| element(behavior, "TargetOriginId")).and_then(|node| node.text());
    let origin = origin.ok_or_else(|| malformed("DefaultCacheBehavior has no TargetOriginId"))?.to_owned();
    let mut xml = Xml::root("DistributionConfig", NAMESPACE);
    write_config(&mut xml, distribution, &origin);
    let same = String::from_utf8(xml.end("DistributionConfig")).map_err(malformed)?;
    let same = Document::parse(&same).map_err(malformed)?;
    if plain(same.root_element()) != plain(document.root_element()) {
        let message = "The simulated CloudFront changes the default cache behavior's target origin, and nothing else.";
        return Err(ApiError::new(400, "InvalidArgument", message.to_owned()));
    }
    Ok(origin)
}

/// An element in a form of which the order of elements and what is empty are no part.
fn plain(node: Node<'_, '_>) -> Option<String> {
    let mut inside: Vec<String> = node.children().filter(Node::is_element).filter_map(plain).collect();
    inside.sort_unstable();
    let text = if inside.is_empty() { node.text().unwrap_or_default().trim() } else { "" };
    let empty = inside.is_empty() && text.is_empty();
    (!empty).then(|| format!("<{}>{text}{}</>", node.tag_name().name(), inside.concat()))
}

fn element<'a, 'input>(node: Node<'a, 'input>, name: &str) -> Option<Node<'a, 'input>> {
    node.children().find(|child| child.tag_name().name() == name)
}

fn read_batch(body: &[u8]) -> Result<(String, Vec<String>), ApiError> {
    let body = std::str::from_utf8(body).map_err(malformed)?;
    let document = Document::parse(body).map_err(malformed)?;
    let root = document.root_element();
    let reference = element(root, "CallerReference").and_then(|node| node.text());
    let reference = reference.ok_or_else(|| malformed("CallerReference is missing"))?.to_owned();
    let paths = element(root, "Paths").ok_or_else(|| malformed("Paths is missing"))?;
    let quantity = element(paths, "Quantity").and_then(|node| node.text()).and_then(|text| text.parse::<usize>().ok());
    let found = paths.descendants().filter(|node| node.tag_name().name() == "Path");
    let found: Vec<String> = found.filter_map(|node| node.text()).map(str::to_owned).collect();
    if quantity != Some(found.len()) {
        let message = "The value of Quantity and the size of Items don't match.".to_owned();
        return Err(ApiError::new(400, "InconsistentQuantities", message));
    }
    Ok((reference, found))
}

fn status(world: &World, invalidation: &Invalidation) -> &'static str {
    if invalidation.done <= world.now() { "Completed" } else { "InProgress" }
}

fn one(world: &World, invalidation: &Invalidation, code: u16, id: &str) -> WireResponse {
    let mut xml = Xml::root("Invalidation", NAMESPACE);
    xml.text("Id", &invalidation.id)
        .text("Status", status(world, invalidation))
        .text("CreateTime", time(world, invalidation.at));
    xml.nest("InvalidationBatch", |xml| {
        xml.nest("Paths", |xml| {
            xml.text("Quantity", invalidation.paths.len()).nest("Items", |xml| {
                for path in &invalidation.paths {
                    xml.text("Path", path);
                }
            });
        });
        xml.text("CallerReference", &invalidation.reference);
    });
    respond(code, "text/xml", id, xml.end("Invalidation"))
}

fn list(world: &World, subject: &str, most: Option<&str>, id: &str) -> Result<WireResponse, ApiError> {
    let all = &world.distribution(subject)?.invalidations;
    let most = most.and_then(|most| most.parse::<usize>().ok()).unwrap_or(100).clamp(1, 100);
    let mut xml = Xml::root("InvalidationList", NAMESPACE);
    xml.text("Marker", "").text("MaxItems", most).text("IsTruncated", all.len() > most);
    xml.text("Quantity", all.len().min(most));
    xml.nest("Items", |xml| {
        for invalidation in all.iter().rev().take(most) {
            xml.nest("InvalidationSummary", |xml| {
                xml.text("Id", &invalidation.id)
                    .text("CreateTime", time(world, invalidation.at))
                    .text("Status", status(world, invalidation));
            });
        }
    });
    Ok(respond(200, "text/xml", id, xml.end("InvalidationList")))
}

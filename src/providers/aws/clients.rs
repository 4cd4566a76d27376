//! The SDK's clients: for each Region its own, with its own connections, so that a Region that hangs starves nobody.

use std::collections::BTreeMap;
use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, SystemTime};

use aws_config::{AppName, BehaviorVersion, SdkConfig};
use aws_sdk_rds::config::{
    Credentials, ProvideCredentials, SharedAsyncSleep, SharedCredentialsProvider, SharedHttpClient,
};
use aws_sdk_rds::config::{StalledStreamProtectionConfig, retry::RetryConfig, timeout::TimeoutConfig};
use aws_smithy_async::rt::sleep::{AsyncSleep, Sleep};
use aws_smithy_async::time::{SharedTimeSource, TimeSource};
use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};

use super::caller::Caller;
use super::credentials::{Assumed, Kept};
use super::heard::Heard;
use crate::domain::preflight::Answered;
use crate::domain::reading::{Unread, Why};
use crate::domain::region::Region;
use crate::domain::service::{Aws, NotifyBy, Service, Spec};
use crate::ports::Clock;

/// The Region that Route 53's control plane is in, and that its requests are signed for.
pub const ROUTE53_REGION: &str = "us-east-1";
/// The Region that CloudFront's control plane is in, and that its requests are signed for.
pub const CLOUDFRONT_REGION: &str = "us-east-1";

const CONNECT: Duration = Duration::from_secs(2);
const READ: Duration = Duration::from_secs(5);
const WRITE: Duration = Duration::from_secs(15);

/// Every client of one service. Cheap to clone.
#[derive(Clone)]
pub struct Clients {
    regions: Arc<BTreeMap<Region, Regional>>,
    pub(crate) route53: ReadWrite<aws_sdk_route53::Client>,
    pub(crate) cloudfront: ReadWrite<aws_sdk_cloudfront::Client>,
    /// In the same Region as these two.
    pub(crate) iam: aws_sdk_iam::Client,
    heard: Heard,
    /// Whose credentials are used.
    pub(crate) credentials: Arc<Kept>,
    /// The endpoints of a cluster of routing controls, by URL.
    clusters: Arc<BTreeMap<String, ReadWrite<aws_sdk_route53recoverycluster::Client>>>,
    /// Topics by which people are told, by their Region, which may be a third.
    topics: Arc<BTreeMap<Region, aws_sdk_sns::Client>>,
    aws: Arc<Aws>,
}

/// A client that reads, which may try twice, and one that writes, which never does.
#[derive(Debug, Clone)]
pub(crate) struct ReadWrite<C> {
    pub(crate) read: C,
    pub(crate) write: C,
}

/// The clients of one Region.
#[derive(Debug, Clone)]
pub(crate) struct Regional {
    pub(crate) rds: ReadWrite<aws_sdk_rds::Client>,
    pub(crate) cloudwatch: aws_sdk_cloudwatch::Client,
    /// Sends once: what is sent twice counts twice.
    pub(crate) metrics: aws_sdk_cloudwatch::Client,
    pub(crate) secrets: aws_sdk_secretsmanager::Client,
    pub(crate) ecs: ReadWrite<aws_sdk_ecs::Client>,
    pub(crate) elasticache: ReadWrite<aws_sdk_elasticache::Client>,
    pub(crate) ssm: ReadWrite<aws_sdk_ssm::Client>,
    pub(crate) lambda: ReadWrite<aws_sdk_lambda::Client>,
    pub(crate) s3: ReadWrite<aws_sdk_s3::Client>,
    pub(crate) sts: aws_sdk_sts::Client,
    /// Sends once: whoever ships a journal has a schedule of its own.
    pub(crate) logs: aws_sdk_cloudwatchlogs::Client,
}

/// Why AWS cannot be reached at all.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NoClients(String);

impl fmt::Debug for Clients {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Clients").field("regions", &self.regions.keys()).finish_non_exhaustive()
    }
}

impl Clients {
    /// Clients of AWS itself, or of the endpoints that the service file names, with the credentials of the SDK's own chain.
    ///
    /// # Errors
    /// If there is no source of credentials at all. Credentials themselves are fetched when they are first needed.
    pub async fn live(service: &Service, clock: Arc<dyn Clock>) -> Result<Self, NoClients> {
        let own = OwnClock(clock);
        let mut loader = aws_config::defaults(BehaviorVersion::latest())
            .http_client(connections())
            .sleep_impl(own.clone())
            .time_source(own)
            // Roles are assumed in the standby Region: nothing that is needed may live in the one that is being lost.
            .region(aws_config::Region::new(service.regions.standby.as_str().to_owned()));
        let assumes = service.aws.assume_role.as_ref();
        let profile = assumes.and_then(|assume| assume.source_profile.as_ref()).or(service.aws.profile.as_ref());
        if let Some(profile) = profile {
            loader = loader.profile_name(profile);
        }
        let base = loader.load().await;
        if base.credentials_provider().is_none() {
            return Err(NoClients(
                "no source of AWS credentials: set AWS_PROFILE, or `profile` in the service file".to_owned(),
            ));
        }
        Ok(Self::build(service, &base, connections))
    }

    /// Clients of simulated Regions: nothing leaves the process, and no credentials are needed.
    #[expect(clippy::needless_pass_by_value, reason = "as the SDK's own builders take it")]
    pub fn simulated(
        service: &Service,
        http_client: SharedHttpClient,
        sleep: SharedAsyncSleep,
        time: SharedTimeSource,
    ) -> Self {
        let credentials = Credentials::new("simulated", "simulated", None, None, "simulation");
        let base = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .sleep_impl(sleep)
            .time_source(time)
            .build();
        Self::build(service, &base, || http_client.clone())
    }

    fn build(service: &Service, base: &SdkConfig, http_client: impl Fn() -> SharedHttpClient) -> Self {
        let aws = &service.aws;
        let (heard, time) = (Heard::default(), base.time_source().unwrap_or_default());
        let http_client = || heard.through(http_client(), time.clone());
        let (base, credentials) = with_credentials(service, base, &http_client, heard.caller());
        let config = |region: &str, endpoint: Option<&str>, http: &SharedHttpClient, writes: bool| {
            let timeouts = TimeoutConfig::builder()
                .connect_timeout(CONNECT)
                .operation_timeout(if writes { WRITE } else { READ })
                .build();
            // What may not be idempotent is sent once, whatever becomes of it.
            let retries = if writes { RetryConfig::disabled() } else { RetryConfig::standard().with_max_attempts(2) };
            let mut config = base
                .to_builder()
                .region(aws_config::Region::new(region.to_owned()))
                .http_client(http.clone())
                .timeout_config(timeouts)
                .retry_config(retries)
                .stalled_stream_protection(StalledStreamProtectionConfig::disabled());
            config.set_app_name(AppName::new("handover").ok());
            if let Some(endpoint) = endpoint {
                config = config.endpoint_url(endpoint);
            }
            config.build()
        };
        let regional = |region: &Region| {
            let (http, endpoint) = (http_client(), endpoint(aws, region));
            let reads = config(region.as_str(), endpoint, &http, false);
            let writes = config(region.as_str(), endpoint, &http, true);
            Regional {
                rds: ReadWrite { read: aws_sdk_rds::Client::new(&reads), write: aws_sdk_rds::Client::new(&writes) },
                cloudwatch: aws_sdk_cloudwatch::Client::new(&reads),
                metrics: aws_sdk_cloudwatch::Client::new(&uncompressed(&writes)),
                secrets: aws_sdk_secretsmanager::Client::new(&reads),
                ecs: ReadWrite { read: aws_sdk_ecs::Client::new(&reads), write: aws_sdk_ecs::Client::new(&writes) },
                elasticache: ReadWrite {
                    read: aws_sdk_elasticache::Client::new(&reads),
                    write: aws_sdk_elasticache::Client::new(&writes),
                },
                ssm: ReadWrite { read: aws_sdk_ssm::Client::new(&reads), write: aws_sdk_ssm::Client::new(&writes) },
                lambda: ReadWrite {
                    read: aws_sdk_lambda::Client::new(&reads),
                    write: aws_sdk_lambda::Client::new(&writes),
                },
                s3: ReadWrite { read: s3(&reads), write: s3(&writes) },
                sts: aws_sdk_sts::Client::new(&reads),
                logs: aws_sdk_cloudwatchlogs::Client::new(&writes),
            }
        };
        let both = [&service.regions.primary, &service.regions.standby];
        let regions = both.into_iter().map(|region| (region.clone(), regional(region))).collect();
        let http = http_client();
        let global = |writes| config(ROUTE53_REGION, aws.global_endpoint.as_deref(), &http, writes);
        let route53 = ReadWrite {
            read: aws_sdk_route53::Client::new(&global(false)),
            write: aws_sdk_route53::Client::new(&global(true)),
        };
        let cloudfront = ReadWrite {
            read: aws_sdk_cloudfront::Client::new(&global(false)),
            write: aws_sdk_cloudfront::Client::new(&global(true)),
        };
        let iam = aws_sdk_iam::Client::new(&global(false));
        let endpoints = service.components.iter().filter_map(|component| match &component.spec {
            Spec::ArcRouting(spec) => Some(&spec.endpoints),
            _ => None,
        });
        let cluster = |(region, url): &(Region, String)| {
            let http = http_client();
            let client = |writes| {
                aws_sdk_route53recoverycluster::Client::new(&config(region.as_str(), Some(url.as_str()), &http, writes))
            };
            (url.clone(), ReadWrite { read: client(false), write: client(true) })
        };
        let clusters = Arc::new(endpoints.flatten().map(cluster).collect());
        let topic = |region: &Region| {
            let config = config(region.as_str(), endpoint(aws, region), &http_client(), true);
            (region.clone(), aws_sdk_sns::Client::new(&config))
        };
        let topics = service.notify.iter().filter_map(|notify| match &notify.by {
            NotifyBy::Sns { region, .. } => Some(topic(region)),
            _ => None,
        });
        let topics = Arc::new(topics.collect());
        let (regions, aws) = (Arc::new(regions), Arc::new(aws.clone()));
        Self { regions, route53, cloudfront, iam, heard, credentials, clusters, topics, aws }
    }

    /// The clients of a Region of this service.
    pub(crate) fn region(&self, region: &Region) -> Result<&Regional, Unread> {
        self.regions
            .get(region)
            .ok_or_else(|| Unread::new(Why::NotFound, format!("{region} is no Region of this service")))
    }

    /// The clients of an endpoint of a cluster of routing controls.
    pub(crate) fn cluster(&self, url: &str) -> Result<&ReadWrite<aws_sdk_route53recoverycluster::Client>, Unread> {
        let none = || Unread::new(Why::NotFound, format!("{url} is no endpoint of this service"));
        self.clusters.get(url).ok_or_else(none)
    }

    /// The client of the topics in a Region, if people are told by one.
    pub(crate) fn sns(&self, region: &Region) -> Option<aws_sdk_sns::Client> {
        self.topics.get(region).cloned()
    }

    /// Makes every call from here on in the name of a run. The first word stays.
    pub fn acts_for(&self, caller: Caller) {
        let _ = self.heard.caller().set(caller);
    }

    /// How every endpoint answered last.
    pub(crate) fn answered(&self) -> Vec<Answered> {
        self.heard.all()
    }

    /// The account that the credentials must belong to, where the service file says.
    pub(crate) fn account(&self) -> Option<&str> {
        self.aws.account.as_deref()
    }

    /// `--profile NAME`; nothing where a role is assumed, whose credentials are in no profile.
    fn profile(&self) -> impl Iterator<Item = &str> {
        let profile = self.aws.profile.as_deref().filter(|_| self.aws.assume_role.is_none());
        profile.into_iter().flat_map(|profile| ["--profile", profile])
    }

    /// A line for the AWS CLI that asks an endpoint of its own.
    pub(crate) fn by_hand_at(&self, words: &[&str], region: &str, endpoint: &str) -> String {
        let mut line = vec!["aws"];
        line.extend(words);
        line.extend(["--region", region]);
        line.extend(self.profile());
        line.extend(["--endpoint-url", endpoint]);
        crate::domain::text::shell_line(line)
    }

    /// A line for the AWS CLI with what this service's own calls use: Region, profile and endpoint.
    pub(crate) fn by_hand(&self, words: &[&str], region: Option<&Region>) -> String {
        let mut line = vec!["aws"];
        line.extend(words);
        if let Some(region) = region {
            line.extend(["--region", region.as_str()]);
        }
        line.extend(self.profile());
        let endpoint = match region {
            Some(region) => endpoint(&self.aws, region),
            None => self.aws.global_endpoint.as_deref(),
        };
        if let Some(endpoint) = endpoint {
            line.extend(["--endpoint-url", endpoint]);
        }
        crate::domain::text::shell_line(line)
    }
}

/// The configuration with the credentials that are used: of the role that is assumed in the standby Region, where one is,
/// since nothing that is needed may live in the one that is being lost.
fn with_credentials(
    service: &Service,
    base: &SdkConfig,
    http_client: &impl Fn() -> SharedHttpClient,
    caller: &Arc<OnceLock<Caller>>,
) -> (SdkConfig, Arc<Kept>) {
    let standby = &service.regions.standby;
    let time = base.time_source().unwrap_or_default();
    let given = base.credentials_provider();
    let source = if service.aws.assume_role.is_some() {
        let timeouts = TimeoutConfig::builder().connect_timeout(CONNECT).operation_timeout(READ).build();
        let mut config = base
            .to_builder()
            .region(aws_config::Region::new(standby.as_str().to_owned()))
            .http_client(http_client())
            .timeout_config(timeouts)
            .retry_config(RetryConfig::standard().with_max_attempts(2));
        if let Some(endpoint) = endpoint(&service.aws, standby) {
            config = config.endpoint_url(endpoint);
        }
        let sts = aws_sdk_sts::Client::new(&config.build());
        let assumed = Assumed::new(sts, standby.as_str(), service, Arc::clone(caller));
        assumed.map(SharedCredentialsProvider::new)
    } else {
        given
    };
    // `live` has seen to it that there is a source, and `simulated` brings its own.
    let source = source.unwrap_or_else(|| SharedCredentialsProvider::new(Credentials::new("", "", None, None, "none")));
    let kept = Arc::new(Kept::new(source, time));
    let shared = Arc::clone(&kept) as Arc<dyn ProvideCredentials>;
    let base = base.to_builder().credentials_provider(SharedCredentialsProvider::new(shared)).build();
    (base, kept)
}

/// Nothing that is sent is so large that compressing it would be worth what not every emulator understands.
fn uncompressed(config: &SdkConfig) -> SdkConfig {
    config.to_builder().disable_request_compression(true).build()
}

/// An S3 client. At an endpoint other than AWS's own, a bucket's name is part of the path, not of the host.
fn s3(config: &SdkConfig) -> aws_sdk_s3::Client {
    let path_style = config.endpoint_url().is_some();
    aws_sdk_s3::Client::from_conf(aws_sdk_s3::config::Builder::from(config).force_path_style(path_style).build())
}

fn endpoint<'a>(aws: &'a Aws, region: &Region) -> Option<&'a str> {
    aws.endpoints.iter().find(|(of, _)| of == region).map(|(_, url)| url.as_str())
}

/// A pool of connections of its own.
fn connections() -> SharedHttpClient {
    Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https()
}

/// The program's clock, as the SDK wants it: what is signed, timed out and waited for goes by the same time as the rest.
#[derive(Clone)]
struct OwnClock(Arc<dyn Clock>);

impl fmt::Debug for OwnClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OwnClock")
    }
}

impl AsyncSleep for OwnClock {
    fn sleep(&self, duration: Duration) -> Sleep {
        let clock = self.0.clone();
        Sleep::new(Exclusive(Mutex::new(Box::pin(async move { clock.sleep(duration).await }))))
    }
}

/// A future that only its owner can reach, and so may be shared: the SDK asks for that.
struct Exclusive(Mutex<Pin<Box<dyn Future<Output = ()> + Send>>>);

impl Future for Exclusive {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let future = self.0.get_mut().unwrap_or_else(PoisonError::into_inner);
        future.as_mut().poll(context)
    }
}

impl TimeSource for OwnClock {
    fn now(&self) -> SystemTime {
        self.0.now().into()
    }
}

//! A scripted wire, a service, and consent.

use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_rds::config::{SharedAsyncSleep, SharedHttpClient};
use aws_smithy_async::rt::sleep::TokioSleep;
use aws_smithy_async::time::{SharedTimeSource, SystemTimeSource};
use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use handover::domain::consent::{Authorised, Consent, How, authorise};
use handover::domain::lag::Thresholds;
use handover::domain::plan::{Ask, PerformError, Plan};
use handover::domain::reading::{Unread, Why};
use handover::domain::region::{Pair, Place, Region};
use handover::domain::service::{Aws, Component, Objectives, Service, Spec};
use handover::ports::{
    self, CommandAnswer, CommandLine, Commands, DnsAnswer, Exit, HttpAnswer, HttpProbe, Kube, KubeAnswer, Resolver,
    SqlProbe, SqlState, WriteRefused,
};
use handover::providers::aws::Clients;
use handover::providers::clock::SystemClock;
use handover::providers::{Probes, components};

pub(crate) fn east() -> Region {
    "us-east-1".parse().unwrap()
}

pub(crate) fn west() -> Region {
    "us-west-2".parse().unwrap()
}

/// What the other side of the wire does with a request.
#[derive(Debug, Clone)]
pub(crate) enum Reply {
    Xml(u16, String),
    /// XML with an ETag.
    Tagged(&'static str, String),
    Json(u16, String),
    Cbor(Vec<u8>),
    Hang,
    Refused,
    Reset,
}

/// A request that reached the wire.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) region: String,
    pub(crate) method: String,
    pub(crate) uri: String,
    pub(crate) body: String,
    /// The ETag that it wants to replace; empty without one.
    pub(crate) if_match: String,
    pub(crate) agent: String,
    /// The headers that its signature covers.
    pub(crate) signed: String,
}

type Script = Box<dyn FnMut(&Request) -> Reply + Send>;

/// The other side, in process, under the SDK's own serialisation and retries.
#[derive(Clone)]
pub(crate) struct Wire {
    script: Arc<Mutex<Script>>,
    requests: Arc<Mutex<Vec<Request>>>,
}

impl std::fmt::Debug for Wire {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Wire")
    }
}

impl Wire {
    pub(crate) fn new(script: impl FnMut(&Request) -> Reply + Send + 'static) -> Self {
        Self { script: Arc::new(Mutex::new(Box::new(script))), requests: Arc::default() }
    }

    pub(crate) fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap().clone()
    }

    /// How many requests have this in their address or body.
    pub(crate) fn count(&self, what: &str) -> usize {
        self.requests().iter().filter(|request| request.uri.contains(what) || request.body.contains(what)).count()
    }

    pub(crate) fn clients(&self, service: &Service) -> Clients {
        let wire = self.clone();
        let http: SharedHttpClient = http_client_fn(move |_, _| SharedHttpConnector::new(wire.clone()));
        let time = SharedTimeSource::new(SystemTimeSource::new());
        Clients::simulated(service, http, SharedAsyncSleep::new(TokioSleep::new()), time)
    }
}

impl HttpConnector for Wire {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let scope = request.headers().get("authorization").unwrap_or_default();
        let request = Request {
            region: scope.split('/').nth(2).unwrap_or_default().to_owned(),
            method: request.method().to_owned(),
            uri: request.uri().to_owned(),
            if_match: request.headers().get("if-match").unwrap_or_default().to_owned(),
            agent: request.headers().get("user-agent").unwrap_or_default().to_owned(),
            signed: scope
                .split_once("SignedHeaders=")
                .and_then(|(_, rest)| rest.split(',').next())
                .unwrap_or_default()
                .to_owned(),
            body: String::from_utf8_lossy(request.body().bytes().unwrap_or_default()).into_owned(),
        };
        self.requests.lock().unwrap().push(request.clone());
        let reply = (self.script.lock().unwrap())(&request);
        let answer = |status: u16, kind: &'static str, body: SdkBody| {
            let mut response = HttpResponse::new(status.try_into().unwrap(), body);
            response.headers_mut().insert("content-type", kind);
            response.headers_mut().insert("x-amzn-requestid", "req-1");
            if kind.ends_with("cbor") {
                response.headers_mut().insert("smithy-protocol", "rpc-v2-cbor");
            }
            HttpConnectorFuture::ready(Ok(response))
        };
        let failed =
            |kind: io::ErrorKind| HttpConnectorFuture::ready(Err(ConnectorError::io(io::Error::from(kind).into())));
        match reply {
            Reply::Xml(status, body) => answer(status, "text/xml", SdkBody::from(body)),
            Reply::Tagged(etag, body) => {
                let mut response = HttpResponse::new(200.try_into().unwrap(), SdkBody::from(body));
                response.headers_mut().insert("content-type", "text/xml");
                response.headers_mut().insert("etag", etag);
                HttpConnectorFuture::ready(Ok(response))
            }
            Reply::Json(status, body) => answer(status, "application/x-amz-json-1.1", SdkBody::from(body)),
            Reply::Cbor(body) => answer(200, "application/cbor", SdkBody::from(body)),
            Reply::Hang => HttpConnectorFuture::new(std::future::pending()),
            Reply::Refused => failed(io::ErrorKind::ConnectionRefused),
            Reply::Reset => failed(io::ErrorKind::ConnectionReset),
        }
    }
}

pub(crate) fn rds_error(status: u16, code: &str, message: &str) -> Reply {
    Reply::Xml(
        status,
        format!(
            "<ErrorResponse xmlns=\"http://rds.amazonaws.com/doc/2014-10-31/\"><Error><Type>Sender</Type>\
             <Code>{code}</Code><Message>{message}</Message></Error><RequestId>req-1</RequestId></ErrorResponse>"
        ),
    )
}

/// An instance as `DescribeDBInstances` and `PromoteReadReplica` write it.
pub(crate) fn instance(id: &str, status: &str, source: Option<&str>, replication: Option<&str>) -> String {
    let source = source.map_or(String::new(), |source| {
        format!("<ReadReplicaSourceDBInstanceIdentifier>{source}</ReadReplicaSourceDBInstanceIdentifier>")
    });
    let infos = replication.map_or(String::new(), |status| {
        format!(
            "<StatusInfos><DBInstanceStatusInfo><StatusType>read replication</StatusType><Normal>true</Normal>\
             <Status>{status}</Status></DBInstanceStatusInfo></StatusInfos>"
        )
    });
    format!(
        "<DBInstanceIdentifier>{id}</DBInstanceIdentifier><DBInstanceStatus>{status}</DBInstanceStatus>{source}{infos}\
         <EngineVersion>15.4</EngineVersion><DBInstanceClass>db.r6g.large</DBInstanceClass>\
         <DBInstanceArn>arn:aws:rds:us-west-2:111122223333:db:{id}</DBInstanceArn>\
         <BackupRetentionPeriod>7</BackupRetentionPeriod><Endpoint><Address>{id}.rds.example</Address></Endpoint>"
    )
}

pub(crate) fn described(instance: &str) -> Reply {
    Reply::Xml(
        200,
        format!(
            "<DescribeDBInstancesResponse xmlns=\"http://rds.amazonaws.com/doc/2014-10-31/\"><DescribeDBInstancesResult>\
             <DBInstances><DBInstance>{instance}</DBInstance></DBInstances></DescribeDBInstancesResult>\
             <ResponseMetadata><RequestId>req-1</RequestId></ResponseMetadata></DescribeDBInstancesResponse>"
        ),
    )
}

pub(crate) fn service(id: &str, spec: Spec) -> Service {
    Service {
        name: "fineract-production".into(),
        environment: "production".into(),
        description: String::new(),
        regions: Pair { primary: east(), standby: west() },
        approval: None,
        fence: Vec::new(),
        trail: None,
        metrics: None,
        drills: handover::domain::drill::Drills::default(),
        people: handover::domain::service::People::default(),
        notify: Vec::new(),
        waivers: Vec::new(),
        objectives: Objectives {
            rto: Duration::from_mins(30),
            rpo: Duration::from_mins(15),
            disruption: None,
            dns: None,
            replication: None,
        },
        meter: Duration::from_secs(1),
        lag: Thresholds { warn: Duration::from_mins(5), breach: Duration::from_mins(15) },
        aws: Aws::default(),
        components: vec![Component { id: id.into(), title: id.into(), every: None, spec }],
    }
}

/// The one component of a service, over the SDK's own connections.
pub(crate) fn real_component(service: &Service) -> Arc<dyn ports::Component> {
    use aws_smithy_http_client::Builder;
    use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
    let http = Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https();
    let time = SharedTimeSource::new(SystemTimeSource::new());
    over(service, &Clients::simulated(service, http, SharedAsyncSleep::new(TokioSleep::new()), time), None)
}

/// The one component of a service, over a wire and probes.
pub(crate) fn component(service: &Service, wire: &Wire, sql: Option<Arc<Fake>>) -> Arc<dyn ports::Component> {
    over(service, &wire.clients(service), sql)
}

/// The one component of a service, over a kubectl.
pub(crate) fn kubernetes(service: &Service, kube: Arc<dyn Kube>) -> Arc<dyn ports::Component> {
    let wire = Wire::new(|_| Reply::Refused);
    let fake = Arc::new(Fake::default());
    let probes = Probes {
        clock: Arc::new(SystemClock::new()),
        sql: None,
        resolver: fake.clone(),
        http: fake.clone(),
        kube,
        commands: fake,
    };
    components(service, &wire.clients(service), probes)[&service.components[0].id].clone()
}

/// The one component of a service, over declared programs.
pub(crate) fn declared(service: &Service, commands: Arc<dyn Commands>) -> Arc<dyn ports::Component> {
    let wire = Wire::new(|_| Reply::Refused);
    let fake = Arc::new(Fake::default());
    let probes = Probes {
        clock: Arc::new(SystemClock::new()),
        sql: None,
        resolver: fake.clone(),
        http: fake.clone(),
        kube: fake,
        commands,
    };
    components(service, &wire.clients(service), probes)[&service.components[0].id].clone()
}

/// The one component of a service, over these clients.
fn over(service: &Service, clients: &Clients, sql: Option<Arc<Fake>>) -> Arc<dyn ports::Component> {
    let fake = sql.clone().unwrap_or_default();
    let probes = Probes {
        clock: Arc::new(SystemClock::new()),
        sql: sql.map(|sql| sql as Arc<dyn SqlProbe>),
        resolver: fake.clone(),
        http: fake.clone(),
        kube: fake.clone(),
        commands: fake,
    };
    components(service, clients, probes)[&service.components[0].id].clone()
}

/// What kubectl would say to a line.
pub(crate) type Kubectl = Box<dyn FnMut(&str) -> KubeAnswer + Send>;

/// Probes that answer what they are told to.
#[derive(Default)]
pub(crate) struct Fake {
    pub(crate) kubectl: Mutex<Option<Kubectl>>,
    pub(crate) state: Mutex<Option<SqlState>>,
    pub(crate) write: Mutex<Option<WriteRefused>>,
    pub(crate) fences: Mutex<u32>,
    pub(crate) dns: Mutex<Vec<(String, DnsAnswer)>>,
    pub(crate) http: Mutex<VecDeque<Result<HttpAnswer, Unread>>>,
}

#[async_trait]
impl SqlProbe for Fake {
    async fn state(&self, _: &Region) -> Result<SqlState, Unread> {
        self.state.lock().unwrap().clone().ok_or_else(|| Unread::new(Why::TimedOut, "sql: no answer in 5.0 s"))
    }

    async fn try_write(&self, _: &Region) -> Result<(), WriteRefused> {
        self.write.lock().unwrap().clone().map_or(Ok(()), Err)
    }

    async fn fence(&self, _: &Region) -> Result<(), PerformError> {
        *self.fences.lock().unwrap() += 1;
        Ok(())
    }

    async fn admit(&self, _: &Region) -> Result<(), PerformError> {
        Ok(())
    }

    async fn may_fence(&self, _: &Region) -> Result<Option<String>, Unread> {
        Ok(None)
    }

    async fn mark(&self, _: &Region) -> Result<Option<i64>, Unread> {
        Ok(Some(41))
    }
}

#[async_trait]
impl Resolver for Fake {
    async fn ask(&self, server: &str, name: &str, _: &str) -> Result<DnsAnswer, Unread> {
        let dns = self.dns.lock().unwrap();
        let known = dns.iter().find(|(of, _)| of == server).map(|(_, answer)| answer.clone());
        known.ok_or_else(|| Unread::new(Why::TimedOut, format!("{name} at {server}: no answer in 2 s")))
    }
}

#[async_trait]
impl HttpProbe for Fake {
    async fn get(&self, _: &str, _: Duration) -> Result<HttpAnswer, Unread> {
        self.http.lock().unwrap().pop_front().unwrap()
    }
}

pub(crate) fn ask(service: &Service, action: &str, on: &Region) -> Ask {
    Ask {
        step: action.into(),
        component: service.components[0].id.clone(),
        action: action.into(),
        on: Place::Region(on.clone()),
        direction: service.failover(),
        run: "run-1".into(),
        impact: None,
    }
}

#[async_trait]
impl Kube for Fake {
    async fn run(&self, arguments: &[String], _: Duration) -> KubeAnswer {
        (self.kubectl.lock().unwrap().as_mut().unwrap())(&arguments.join(" "))
    }
}

#[async_trait]
impl Commands for Fake {
    async fn run(&self, _: &CommandLine) -> CommandAnswer {
        let exit = Exit::NotStarted("there is no such program".to_owned());
        CommandAnswer { exit, stdout: String::new(), stderr: String::new(), cut: false }
    }
}

/// Consent as a person would give it.
pub(crate) fn authorised(plan: &Plan) -> Authorised {
    let now = jiff::Timestamp::now();
    let how = plan.phrase.clone().map_or(How::TwoKeys, |phrase| How::Typed { phrase });
    let consent = Consent { plan: plan.hash(), operator: "operator".into(), at: now, how };
    authorise(plan.clone(), &consent, Some("operator"), false, now).unwrap()
}

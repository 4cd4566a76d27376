//! Where AWS keeps journals: on an AWS that nobody here wrote; and in whose name AWS is asked.

use std::sync::Arc;
use std::time::Duration;

use aws_smithy_async::rt::sleep::TokioSleep;
use aws_smithy_async::time::SystemTimeSource;
use handover::domain::consent::Authorised;
use handover::domain::plan::Ask;
use handover::domain::reading::Why;
use handover::domain::region::{Pair, Region};
use handover::domain::service::{AssumeRole, LockMode, RdsReplica, Service, Spec, Trail as Wanted};
use handover::domain::trail::{Anchor, Line, Terms, Whose};
use handover::ports::{Clock, Trail, during};
use handover::providers::Probes;
use handover::providers::aws::Clients;
use handover::providers::aws::caller::Caller;
use handover::providers::aws::trail::places;
use handover::providers::clock::SystemClock;
use jiff::{SignedDuration, Timestamp};

use super::peers::{Mode, Options, Peers};
use super::support::{Fake, Reply, Wire, ask, authorised, described, east, instance, service, west};

const GROUP: &str = "/handover/journals";

fn database() -> Spec {
    let instance = Pair { primary: "db-east".into(), standby: "db-west".into() };
    Spec::RdsReplica(RdsReplica { instance, sql: None, rebuild: None, cut_off: None })
}

fn kept(log_group: bool, bucket: bool) -> Service {
    let mut service = service("database", database());
    service.trail = Some(Wanted {
        log_group: log_group.then(|| GROUP.into()),
        bucket: bucket.then(|| Pair { primary: "trail-east".into(), standby: "trail-west".into() }),
        prefix: "handover/".into(),
        retention: Duration::from_hours(120 * 24),
        lock: LockMode::Governance,
        redact: Vec::new(),
    });
    service
}

/// A clock that waits for nothing and says the time.
fn clock() -> Arc<dyn Clock> {
    Arc::new(SystemClock::new())
}

fn whose(target: &Region) -> Whose {
    Whose { run: "20260303T140020Z-shop-failover-ab12".into(), target: target.clone() }
}

/// Lines of a journal; `salt` makes them another journal's.
fn lines(range: std::ops::RangeInclusive<u64>, salt: &str) -> Vec<Line> {
    let line = |seq: u64| {
        let at = Timestamp::now() - SignedDuration::from_secs(100 - i64::try_from(seq).unwrap());
        let hash = handover::domain::hash::sha256(format!("{seq}{salt}").as_bytes());
        let text = format!(
            "{{\"at\":\"{at}\",\"by\":\"anna\",\"hash\":\"{hash}\",\"kind\":\"note\",\"mono_ms\":{seq},\"prev\":\"\",\
             \"seq\":{seq},\"text\":\"{salt} é\"}}"
        );
        Line::read(&text).unwrap()
    };
    range.map(line).collect()
}

struct Estate {
    peers: Peers,
    service: Service,
    logs: aws_sdk_cloudwatchlogs::Client,
    s3: aws_sdk_s3::Client,
}

impl Estate {
    fn new(log_group: bool, bucket: bool) -> Option<Self> {
        let peers = Peers::start(&Options { writer: false, ..Options::default() }).unwrap_or_else(|e| panic!("{e}"))?;
        let mut service = kept(log_group, bucket);
        service.aws.endpoints =
            [east(), west()].map(|region| (region.clone(), peers.endpoint(region.as_str()))).to_vec();
        let config = aws_config::SdkConfig::builder()
            .behavior_version(aws_config::BehaviorVersion::latest())
            .region(aws_config::Region::new("us-west-2"))
            .endpoint_url(peers.endpoint("us-west-2"))
            .credentials_provider(aws_sdk_s3::config::SharedCredentialsProvider::new(
                aws_sdk_s3::config::Credentials::new("test", "test", None, None, "tests"),
            ))
            .http_client(aws_smithy_http_client::Builder::new().build_http())
            .build();
        let s3 = aws_sdk_s3::config::Builder::from(&config).force_path_style(true).build();
        let (logs, s3) = (aws_sdk_cloudwatchlogs::Client::new(&config), aws_sdk_s3::Client::from_conf(s3));
        Some(Self { peers, service, logs, s3 })
    }

    fn places(&self) -> Vec<Arc<dyn Trail>> {
        let http = aws_smithy_http_client::Builder::new().build_http();
        let sleep = aws_sdk_s3::config::SharedAsyncSleep::new(TokioSleep::new());
        let time = aws_smithy_async::time::SharedTimeSource::new(SystemTimeSource::new());
        places(&self.service, &Clients::simulated(&self.service, http, sleep, time), &clock())
    }

    async fn bucket(&self, locked: bool) {
        use aws_sdk_s3::types::{BucketLocationConstraint, CreateBucketConfiguration};
        let place = BucketLocationConstraint::from("us-west-2");
        let configuration = CreateBucketConfiguration::builder().location_constraint(place).build();
        let made = self.s3.create_bucket().bucket("trail-west").create_bucket_configuration(configuration);
        made.object_lock_enabled_for_bucket(locked).send().await.unwrap();
    }

    async fn object(&self, name: &str) -> String {
        let key = format!("handover/{}/{name}", whose(&west()).run);
        let object = self.s3.get_object().bucket("trail-west").key(key).send().await.unwrap();
        String::from_utf8(object.body.collect().await.unwrap().to_vec()).unwrap()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn moto_keeps_objects_locked_and_none_is_written_over() {
    let Some(estate) = Estate::new(false, true) else { return };
    let whose = whose(&west());
    let place = estate.places().remove(0);
    assert_eq!(place.name(&whose), "s3://trail-west/handover/20260303T140020Z-shop-failover-ab12/");
    // Without its bucket it says so.
    let unread = place.ship(&whose, &lines(1..=3, "")).await.unwrap_err();
    assert_eq!(unread.why, Why::NotFound, "{unread}");
    estate.bucket(true).await;
    assert_eq!(place.terms(&whose).await.unwrap(), Terms { days: Some(120), lock: Some("governance".into()) });
    assert_eq!(place.has(&whose).await.unwrap(), None);
    let (first, more) = (lines(1..=3, ""), lines(4..=5, ""));
    place.ship(&whose, &first).await.unwrap();
    place.ship(&whose, &more).await.unwrap();
    // Again is the same; something else under that name is refused, and nothing of it is written.
    place.ship(&whose, &more).await.unwrap();
    let other = place.ship(&whose, &lines(4..=5, "forged")).await.unwrap_err();
    assert!(other.message.contains("holds something else"), "{other}");
    let text = |lines: &[Line]| lines.iter().map(|line| format!("{}\n", line.text)).collect::<String>();
    assert_eq!(estate.object("000001-000003.jsonl").await, text(&first));
    assert_eq!(estate.object("000004-000005.jsonl").await, text(&more));
    assert_eq!(place.has(&whose).await.unwrap(), Some(more[1].anchor()));
    let anchors = [first[2].anchor(), more[1].anchor()];
    for anchor in anchors.iter().chain(&anchors) {
        place.anchor(&whose, anchor).await.unwrap();
    }
    let forged = Anchor { hash: "0".repeat(64), ..anchors[1].clone() };
    assert!(place.anchor(&whose, &forged).await.is_err());
    assert_eq!(place.anchors(&whose).await.unwrap(), anchors);
    assert_eq!(estate.object("anchor-000003.txt").await, format!("{}\n", anchors[0]));
    // Each is locked for as long as the service file says.
    let key = format!("handover/{}/000001-000003.jsonl", whose.run);
    let head = estate.s3.head_object().bucket("trail-west").key(key).send().await.unwrap();
    assert_eq!(head.object_lock_mode().map(aws_sdk_s3::types::ObjectLockMode::as_str), Some("GOVERNANCE"));
    let days = (head.object_lock_retain_until_date().unwrap().secs() - Timestamp::now().as_second()) / 86_400;
    assert!((119..=120).contains(&days), "{days}");
    // A run of another name has nothing.
    let other = Whose { run: "another".into(), ..whose };
    assert_eq!(place.has(&other).await.unwrap(), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn moto_keeps_objects_of_a_bucket_without_a_lock_and_after_answers_that_never_came() {
    let Some(estate) = Estate::new(false, true) else { return };
    let whose = whose(&west());
    estate.bucket(false).await;
    let place = estate.places().remove(0);
    assert_eq!(place.terms(&whose).await.unwrap(), Terms { days: None, lock: None });
    // It was carried out, and nobody was told: the same again is no error, and nothing is there twice.
    let (first, more) = (lines(1..=2, ""), lines(3..=3, ""));
    place.ship(&whose, &first).await.unwrap();
    estate.peers.set_region("us-west-2", Mode::Mute).unwrap();
    let unread = place.ship(&whose, &more).await.unwrap_err();
    assert_eq!(unread.why, Why::TimedOut, "{unread}");
    estate.peers.set_region("us-west-2", Mode::Ok).unwrap();
    place.ship(&whose, &more).await.unwrap();
    assert_eq!(place.has(&whose).await.unwrap(), Some(more[0].anchor()));
}

#[tokio::test(flavor = "multi_thread")]
async fn moto_keeps_a_stream_for_a_run_and_one_for_its_anchors() {
    let Some(estate) = Estate::new(true, false) else { return };
    let whose = whose(&west());
    let place = estate.places().remove(0);
    let unread = place.terms(&whose).await.unwrap_err();
    assert_eq!(unread.why, Why::NotFound, "{unread}");
    estate.logs.create_log_group().log_group_name(GROUP).send().await.unwrap();
    estate.logs.create_log_group().log_group_name(format!("{GROUP}-2")).send().await.unwrap();
    assert_eq!(place.terms(&whose).await.unwrap(), Terms { days: None, lock: None });
    estate.logs.put_retention_policy().log_group_name(GROUP).retention_in_days(30).send().await.unwrap();
    assert_eq!(place.terms(&whose).await.unwrap(), Terms { days: Some(30), lock: None });
    assert_eq!(place.has(&whose).await.unwrap(), None);
    let mut all = lines(1..=250, "");
    // One that is as old as a run that was left over Christmas, and clocks that went back.
    all[0].at = "2025-12-24T12:00:00Z".parse().unwrap();
    all.swap(7, 8);
    (all[7].seq, all[8].seq) = (8, 9);
    place.ship(&whose, &all[..100]).await.unwrap();
    place.ship(&whose, &all[100..]).await.unwrap();
    let last = all.last().unwrap();
    assert_eq!(place.has(&whose).await.unwrap().map(|anchor| anchor.seq), Some(last.seq));
    let read = || estate.logs.get_log_events().log_group_name(GROUP).log_stream_name(&whose.run).start_from_head(true);
    let events = read().send().await.unwrap();
    let texts: Vec<&str> = events.events().iter().filter_map(|event| event.message()).collect();
    let sent: Vec<&str> = all.iter().map(|line| line.text.as_str()).collect();
    assert_eq!(texts, sent);
    let anchors = [all[2].anchor(), all[249].anchor()];
    for anchor in anchors.iter().chain(&anchors) {
        place.anchor(&whose, anchor).await.unwrap();
    }
    assert_eq!(place.anchors(&whose).await.unwrap(), anchors);
    // A Region that is out says so, and what is shipped afterwards is there.
    estate.peers.set_region("us-west-2", Mode::Throttle).unwrap();
    assert!(place.ship(&whose, &lines(251..=251, "")).await.is_err());
    estate.peers.set_region("us-west-2", Mode::Ok).unwrap();
    place.ship(&whose, &lines(251..=251, "")).await.unwrap();
    assert_eq!(place.has(&whose).await.unwrap().map(|anchor| anchor.seq), Some(251));
}

#[tokio::test]
async fn events_that_were_thrown_away_are_no_success() {
    let wire = Wire::new(|request| {
        if request.body.contains("logEvents") {
            return Reply::Json(200, "{\"rejectedLogEventsInfo\":{\"tooOldLogEventEndIndex\":1}}".into());
        }
        Reply::Json(200, "{}".into())
    });
    let service = kept(true, false);
    let place = places(&service, &wire.clients(&service), &clock()).remove(0);
    let unread = place.ship(&whose(&west()), &lines(1..=2, "")).await.unwrap_err();
    assert!(unread.message.contains("not taken"), "{unread}");
    // What is left of a failback goes to the Region that takes over then.
    assert!(place.ship(&whose(&east()), &lines(1..=2, "")).await.is_err());
    let regions: Vec<String> = wire.requests().into_iter().map(|request| request.region).collect();
    assert_eq!(regions, ["us-west-2", "us-east-1"]);
}

/// Sends a promotion over a wire and says what the wire was told.
async fn promoted(service: &Service, wire: &Wire, caller: Option<Caller>) {
    let clients = wire.clients(service);
    if let Some(caller) = caller {
        clients.acts_for(caller);
    }
    let fake = Arc::new(Fake::default());
    let probes = Probes {
        clock: clock(),
        sql: None,
        resolver: fake.clone(),
        http: fake.clone(),
        kube: fake.clone(),
        commands: fake,
    };
    let part = handover::providers::components(service, &clients, probes)["database"].clone();
    let asked: Ask = Ask { step: "promote".into(), ..ask(service, "promote", &west()) };
    let plan = part.plan(&asked).await.unwrap();
    let agreed: Authorised = authorised(&plan);
    let _ = during(&plan.step, part.perform(&agreed)).await;
}

#[tokio::test]
async fn cloudtrail_can_tell_for_which_run_and_step_and_by_whom_a_call_was_made() {
    let answer = |request: &super::support::Request| {
        if request.body.contains("AssumeRole") {
            let ends = (Timestamp::now() + SignedDuration::from_hours(1)).strftime("%Y-%m-%dT%H:%M:%SZ");
            return Reply::Xml(
                200,
                format!(
                    "<AssumeRoleResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><AssumeRoleResult><Credentials>\
                     <AccessKeyId>ASIA</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken>\
                     <Expiration>{ends}</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>"
                ),
            );
        }
        described(&instance("db-west", "available", Some("arn:aws:rds:us-east-1:1:db:db-east"), Some("replicating")))
    };
    let mut service = kept(false, false);
    service.trail = None;
    service.aws.assume_role = Some(AssumeRole {
        role: "arn:aws:iam::123456789012:role/dr-operations".into(),
        external_id: None,
        source_profile: None,
        duration: Duration::from_hours(1),
    });
    let wire = Wire::new(answer);
    let run = "20260303T140020Z-shop-failover-ab12";
    promoted(&service, &wire, Some(Caller { run: run.into(), operator: "Anna Ö".into() })).await;
    let sent = wire.requests();
    let one = |what: &str| sent.iter().find(|request| request.body.contains(what)).unwrap();
    let session = "RoleSessionName=Anna--%4020260303T140020Z-shop-failover-ab12";
    assert!(one("AssumeRole").body.contains(session), "{}", one("AssumeRole").body);
    let marks = |agent: &str| {
        agent.split(' ').filter_map(|word| word.strip_prefix("md/handover-")).map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(marks(&one("DescribeDBInstances").agent), [format!("run#{run}")]);
    let promote = one("PromoteReadReplica");
    assert_eq!(marks(&promote.agent), [format!("run#{run}"), "step#promote".to_owned()]);
    assert!(promote.agent.starts_with("aws-sdk-rust/") && promote.agent.contains("app/handover"), "{}", promote.agent);
    // What is signed does not cover it: another agent leaves the signature good.
    assert!(promote.signed.split(';').all(|header| header != "user-agent"), "{}", promote.signed);
    // Without a run, nothing is added.
    let wire = Wire::new(answer);
    promoted(&service, &wire, None).await;
    assert!(wire.requests().iter().all(|request| marks(&request.agent).is_empty()));
    assert_eq!(wire.count("RoleSessionName=handover-fineract-production"), 1);
}

/// A run's folder as the console leaves it: its copies, and a journal of a few entries.
fn run_folder(root: &std::path::Path, service: &str, note: &str) -> String {
    use handover::domain::hash::sha256;
    use handover::domain::journal::{Body, Chain, Files};
    let runbook = handover::config::locate::preset("fineract").unwrap().runbooks[0].1;
    let run = "20260303T140020Z-fineract-production-failover-ab12";
    let folder = root.join("runs").join(run);
    std::fs::create_dir_all(folder.join("runbooks")).unwrap();
    std::fs::write(folder.join("service.toml"), service).unwrap();
    std::fs::write(folder.join("runbooks/failover.toml"), runbook).unwrap();
    let opened = Body::RunOpened {
        run: run.into(),
        service: "fineract-production".into(),
        runbook: "failover".into(),
        mode: handover::domain::run::Mode::Live,
        direction: handover::domain::region::Direction { source: east(), target: west() },
        files: Files { service: sha256(service.as_bytes()), runbook: sha256(runbook.as_bytes()) },
        tool: "test".into(),
        host: "here".into(),
        shared_terminal: None,
        scenario: None,
    };
    let mut chain = Chain::new(handover::domain::redact::Redactor::new([]));
    let mut text = String::new();
    for body in [opened, Body::Armed, Body::Note { text: note.into() }] {
        let sealed = chain.seal("2026-03-03T14:05:00Z".parse().unwrap(), Duration::ZERO, "anna", body).unwrap();
        chain.advance(&sealed);
        text.push_str(&format!("{}\n", sealed.line));
    }
    std::fs::write(folder.join("journal.jsonl"), text).unwrap();
    run.to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn moto_gets_what_a_run_still_owes_and_its_anchors_come_back() {
    let Some(estate) = Estate::new(true, true) else { return };
    estate.bucket(true).await;
    let dir = tempfile::tempdir().unwrap();
    let preset = handover::config::locate::preset("fineract").unwrap().service_toml;
    let endpoints: String =
        ["us-east-1", "us-west-2"].map(|region| format!("{region} = \"{}\"\n", estate.peers.endpoint(region))).concat();
    let service = format!(
        "{preset}\n[aws.endpoints]\n{endpoints}\n[trail]\nlog_group = \"{GROUP}\"\n\
         bucket = {{ primary = \"trail-east\", standby = \"trail-west\" }}\n"
    );
    let run = run_folder(dir.path(), &service, "the primary does not answer");
    let handover = |args: &[&str]| {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_handover"));
        command.args(args).current_dir(dir.path()).env("HANDOVER_DATA_DIR", dir.path()).env("HOME", dir.path());
        let command = command.env("AWS_ACCESS_KEY_ID", "test").env("AWS_SECRET_ACCESS_KEY", "test");
        let output = command.env("AWS_EC2_METADATA_DISABLED", "true").output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (output.status.code(), text(output.stdout), text(output.stderr))
    };
    // The log group is missing: the bucket gets everything all the same.
    let (status, out, err) = handover(&["journal", "ship", &run]);
    assert!(status == Some(1) && out.contains("s3://trail-west/") && err.contains("no log group"), "{out}{err}");
    estate.logs.create_log_group().log_group_name(GROUP).send().await.unwrap();
    let (status, out, err) = handover(&["journal", "ship", &run]);
    assert!(status == Some(0) && out.matches("has all 3 entries").count() == 2, "{out}{err}");
    let (status, anchors, err) = handover(&["journal", "anchors", &run]);
    assert!(status == Some(0) && anchors.lines().count() == 1 && anchors.starts_with("3 "), "{anchors}{err}");
    std::fs::write(dir.path().join("anchors"), anchors).unwrap();
    let (status, out, err) = handover(&["journal", "verify", &run, "--anchors", "anchors"]);
    assert_eq!(status, Some(0), "{out}{err}");
    // The journal is made anew: it verifies by itself, not by its anchor, and is not shipped onto what is there.
    run_folder(dir.path(), &service, "the primary answers");
    assert_eq!(handover(&["journal", "verify", &run]).0, Some(0));
    let (status, _, err) = handover(&["journal", "verify", &run, "--anchors", "anchors"]);
    assert!(status == Some(4) && err.contains("made anew"), "{err}");
    let (status, _, err) = handover(&["journal", "ship", &run]);
    assert!(status == Some(1) && err.matches("one of them was changed").count() == 2, "{err}");
}

//! `handover sim`, asked by clients that are not ours: boto3 and the AWS command line.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails so")]

mod common;
#[path = "sim_wire/kubectl.rs"]
mod kubectl;

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use common::peers;
use serde_json::{Value, json};

const SOURCE: &str = "us-east-1";
const TARGET: &str = "us-west-2";
const ZONE: &str = "Z0FINERACTEXAMPLE";
const REPLICA: &str = "fineract-production-replica";
const SECRET: &str = "/fineract/production/sealed-secrets/master-key";
const PRIMARY_CHECK: &str = "5f0a7c52-1d4e-4b8a-9c55-0e2f6b3d7a01";

/// The program, serving the simulated Regions, and other people's clients.
struct Sim {
    child: Child,
    endpoint: String,
    programs: PathBuf,
}

impl Sim {
    fn start(scenario: &str, speed: &str) -> Option<Self> {
        Self::start_with("fineract", scenario, speed)
    }

    fn start_with(service: &str, scenario: &str, speed: &str) -> Option<Self> {
        let programs = peers::programs().unwrap_or_else(|error| panic!("{error}"))?;
        let mut child = Command::new(env!("CARGO_BIN_EXE_handover"))
            .args(["sim", service, "--listen", "127.0.0.1:0", "--scenario", scenario, "--speed", speed])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let said = lines.by_ref().map(Result::unwrap).find(|line| line.starts_with("listening on ")).unwrap();
        let endpoint = said.trim_start_matches("listening on ").split(';').next().unwrap().to_owned();
        // Whoever reads no further would stop a program that prints.
        std::thread::spawn(move || lines.for_each(drop));
        Some(Self { child, endpoint, programs })
    }

    fn program(&self, name: &str) -> Command {
        let mut command = Command::new(self.programs.join(name));
        for (variable, _) in std::env::vars_os() {
            if variable.to_string_lossy().starts_with("AWS_") {
                command.env_remove(variable);
            }
        }
        command.env("AWS_CONFIG_FILE", "/nonexistent").env("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent");
        command.env("AWS_ACCESS_KEY_ID", "any").env("AWS_SECRET_ACCESS_KEY", "any").env("AWS_MAX_ATTEMPTS", "1");
        command.env("AWS_EC2_METADATA_DISABLED", "true");
        command
    }

    fn run(&self, region: &str, line: &[&str]) -> Output {
        let mut command = self.program("aws");
        command.args(["--endpoint-url", &self.endpoint, "--region", region, "--output", "json"]);
        command.args(["--cli-read-timeout", "5"]).args(line).output().unwrap()
    }

    /// A line for the AWS command line that is accepted; what it prints.
    fn aws(&self, region: &str, line: &[&str]) -> Value {
        let output = self.run(region, line);
        assert!(output.status.success(), "{line:?}: {}", String::from_utf8_lossy(&output.stderr));
        if output.stdout.is_empty() { Value::Null } else { serde_json::from_slice(&output.stdout).unwrap() }
    }

    fn replica(&self) -> Value {
        self.aws(TARGET, &["rds", "describe-db-instances", "--db-instance-identifier", REPLICA])["DBInstances"][0]
            .clone()
    }
}

impl Drop for Sim {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn boto3_understands_every_answer() {
    let Some(sim) = Sim::start("calm", "1") else { return };
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/peers/boto.py");
    let output = sim.program("python").args([script, &sim.endpoint, SOURCE, TARGET, ZONE, SECRET]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let found: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(found["replica"], json!([REPLICA, "available", "replicating"]));
    assert_eq!(found["source"], "available");
    assert_eq!(found["not there"], "DBInstanceNotFound");
    let lag: Vec<f64> = found["lag"].as_array().unwrap().iter().map(|value| value.as_f64().unwrap()).collect();
    assert!(lag.len() >= 18 && lag.iter().all(|lag| (0.0..5.0).contains(lag)), "{lag:?}");
    let statistics: Vec<f64> =
        found["statistics"].as_array().unwrap().iter().rev().map(|point| point[1].as_f64().unwrap()).collect();
    assert_eq!(statistics, lag, "both calls tell the same");
    assert_eq!(found["no such metric"], json!([]), "a metric that does not exist is no error");
    assert_eq!(found["alarms"], json!(["OK", "OK"]));
    assert_eq!(found["not understood"], "UnknownOperationException");
    assert_eq!(found["failover"], json!(["PRIMARY", "SECONDARY"]));
    assert_eq!((&found["servers"], &found["check"], &found["checkers"]), (&json!(4), &json!(false), &json!(6)));
    assert_eq!(
        (&found["secret"], &found["replica is read-only"]),
        (&json!("InSync"), &json!("InvalidRequestException"))
    );
    assert_eq!(found["no cluster"], "ClusterNotFoundException");
}

/// Caches, parameters, functions and distributions; changed as the seeds' scripts change them.
#[test]
fn boto3_understands_caches_parameters_functions_and_distributions() {
    let service = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/edge.toml");
    let Some(sim) = Sim::start_with(service, "calm", "1") else { return };
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/peers/boto_edge.py");
    let output = sim.program("python").args([script, &sim.endpoint, SOURCE, TARGET]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let found: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(found["before"], json!(["available", { SOURCE: "PRIMARY", TARGET: "SECONDARY" }]));
    assert_eq!(found["group"], json!(["available", "SECONDARY"]));
    assert_eq!(found["version"], "7.1.0");
    let lag: Vec<f64> = found["lag"].as_array().unwrap().iter().map(|value| value.as_f64().unwrap()).collect();
    assert!(lag.len() >= 18 && lag.iter().all(|lag| (0.1..1.0).contains(lag)), "{lag:?}");
    assert_eq!(
        (&found["started"], &found["again"]),
        (&json!("modifying"), &json!("InvalidGlobalReplicationGroupState"))
    );
    assert_eq!(found["no group"], "ReplicationGroupNotFoundFault");
    assert_eq!(found["parameter"], json!([SOURCE, "String", 1]));
    assert_eq!((&found["exists"], &found["put"]), (&json!("ParameterAlreadyExists"), &json!(2)));
    assert_eq!((&found["by path"], &found["other Region"]), (&json!([TARGET]), &json!(SOURCE)));
    assert_eq!(found["missing"], json!(["/none"]));
    assert_eq!(found["function"], json!(["Active", "python3.11"]));
    assert_eq!((&found["reserved"], &found["triggers"]), (&json!(5), &json!(["Enabled", "Disabled"])));
    assert_eq!(found["invoked"], json!([200, "17", SOURCE]));
    assert_eq!(
        (&found["asleep"], &found["waking"]),
        (&json!("ResourceNotReadyException"), &json!("ResourceConflictException"))
    );
    assert_eq!(found["no function"], "ResourceNotFoundException");
    assert_eq!(found["cdn"], json!(["InProgress", "alb-west"]));
    assert_eq!(found["stale"], "PreconditionFailed");
    assert_eq!((&found["invalidations"], &found["listed"]), (&json!(1), &json!(1)), "the same reference is the same");
    assert_eq!(found["no distribution"], "NoSuchDistribution");
}

/// Health checks, routing controls and sessions.
#[test]
fn boto3_understands_health_checks_routing_controls_and_sessions() {
    let service = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/control.toml");
    let Some(sim) = Sim::start_with(service, "calm", "1") else { return };
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/peers/boto_control.py");
    let output = sim.program("python").args([script, &sim.endpoint, SOURCE, TARGET]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let found: Value = serde_json::from_slice(&output.stdout).unwrap();
    let sts = "arn:aws:sts::123456789012:assumed-role/dr-operations-role-prod/dr-failover";
    for (what, expected) in [
        ("types", json!(["RECOVERY_CONTROL", "HTTPS", "CALCULATED"])),
        ("children", json!(["check-east", "check-west"])),
        ("control", json!("arn:aws:route53-recovery-control::123456789012:controlpanel/0a1b/routingcontrol/east")),
        ("forced", json!([true, true, 2])),
        ("stale", json!("HealthCheckVersionMismatch")),
        ("calculated", json!("InvalidInput")),
        ("made", json!([201, true])),
        ("private", json!(["Failure", "Failure", "Failure", "Failure", "Failure", "Failure"])),
        ("twice", json!("HealthCheckAlreadyExists")),
        ("at first", json!(["On", "Off"])),
        ("neither", json!("ConflictException")),
        ("turned", json!(["Off", "On"])),
        ("one", json!("On")),
        ("no endpoint", json!("AccessDeniedException")),
        ("user", json!("arn:aws:iam::123456789012:user/simulated")),
        ("role", json!(sts)),
        ("no external id", json!("AccessDenied")),
    ] {
        assert_eq!(found[what], expected, "{what}");
    }
    // Document 003's own line, without the shell's variables around it.
    let role = "arn:aws:iam::123456789012:role/dr-operations-role-prod";
    let assume = ["sts", "assume-role", "--role-arn", role, "--role-session-name", "dr-failover"];
    let given = sim.aws(TARGET, &[&assume[..], &["--external-id", "dr-ops-prod"]].concat());
    assert_eq!(given["AssumedRoleUser"]["Arn"], json!(sts));
    // IAM is asked what the role would be let do; one that nobody knows has no policies.
    let role_of = sim.aws("us-east-1", &["iam", "get-role", "--role-name", "dr-operations-role-prod"]);
    assert_eq!(role_of["Role"]["Arn"], json!(role));
    let ask = |source: &'static str| {
        let simulate = ["iam", "simulate-principal-policy", "--policy-source-arn", source, "--action-names"];
        let actions = ["rds:PromoteReadReplica", "route53:ChangeResourceRecordSets", "--max-items", "10"];
        [&simulate[..], &actions[..]].concat()
    };
    let told = sim.aws("us-east-1", &ask("arn:aws:iam::123456789012:role/dr-operations-role-prod"));
    let decisions: Vec<&Value> =
        told["EvaluationResults"].as_array().unwrap().iter().map(|result| &result["EvalDecision"]).collect();
    assert_eq!(decisions, [&json!("allowed"), &json!("allowed")]);
    let nobody = sim.run("us-east-1", &ask("arn:aws:iam::123456789012:role/nobody"));
    assert!(String::from_utf8_lossy(&nobody.stderr).contains("NoSuchEntity"), "{nobody:?}");
}

/// Document 000's own script: promote, wait for `available`, then DNS. The wait ends before anything has happened.
#[test]
fn the_waiter_of_the_aws_command_line_is_satisfied_by_a_replica() {
    let Some(sim) = Sim::start("region-outage", "1") else { return };
    let promote = ["rds", "promote-read-replica", "--db-instance-identifier", REPLICA];
    assert_eq!(sim.aws(TARGET, &promote)["DBInstance"]["DBInstanceStatus"], "available");
    let began = Instant::now();
    sim.aws(TARGET, &["rds", "wait", "db-instance-available", "--db-instance-identifier", REPLICA]);
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
    assert!(sim.replica()["ReadReplicaSourceDBInstanceIdentifier"].is_string(), "it is still a replica");
}

/// Document 002's way to force a failover: disabling the primary's check. It pins the traffic to the dead primary.
#[test]
fn a_disabled_health_check_counts_as_healthy_and_a_change_spreads() {
    let Some(sim) = Sim::start("region-outage", "60") else { return };
    let disable = ["route53", "update-health-check", "--health-check-id", PRIMARY_CHECK, "--disabled"];
    assert_eq!(sim.aws(SOURCE, &disable)["HealthCheck"]["HealthCheckConfig"]["Disabled"], true);
    let record = json!({ "Changes": [{ "Action": "UPSERT", "ResourceRecordSet": {
        "Name": "api.fineract.com", "Type": "CNAME", "SetIdentifier": "primary", "Failover": "PRIMARY", "TTL": 60,
        "ResourceRecords": [{ "Value": "api-us-west-2.fineract.com" }],
    } }] })
    .to_string();
    let change = ["route53", "change-resource-record-sets", "--hosted-zone-id", ZONE, "--change-batch", &record];
    let id = sim.aws(SOURCE, &change)["ChangeInfo"]["Id"].as_str().unwrap().to_owned();
    sim.aws(SOURCE, &["route53", "wait", "resource-record-sets-changed", "--id", &id]);
    let records = sim.aws(SOURCE, &["route53", "list-resource-record-sets", "--hosted-zone-id", ZONE]);
    assert!(records.to_string().contains("api-us-west-2.fineract.com"), "{records}");
}

/// Connections open, nothing answers: as the Region that is gone.
#[test]
fn a_region_that_hangs_costs_a_client_its_timeout() {
    let Some(sim) = Sim::start("region-outage", "1") else { return };
    let began = Instant::now();
    let output = sim.run(SOURCE, &["rds", "describe-db-instances"]);
    assert!(!output.status.success());
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("Read timeout"), "{said}");
    assert!(began.elapsed() >= Duration::from_secs(5));
    assert_eq!(sim.replica()["DBInstanceStatus"], "available", "the other Region answers");
}

/// Document 003's own lines, as they stand and put right.
#[test]
fn a_global_database_is_moved_by_the_aws_command_line() {
    const GLOBAL: &str = "aurora-global-prod";
    let service = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/aurora.toml");
    let Some(sim) = Sim::start_with(service, "calm", "60") else { return };
    let found = sim.aws(TARGET, &["rds", "describe-global-clusters", "--global-cluster-identifier", GLOBAL]);
    let members = found["GlobalClusters"][0]["GlobalClusterMembers"].as_array().unwrap();
    assert_eq!((members.len(), &members[0]["IsWriter"], &members[1]["IsWriter"]), (2, &json!(true), &json!(false)));
    let reader = members[1]["DBClusterArn"].as_str().unwrap();
    assert_eq!(members[0]["Readers"], json!([reader]));

    let as_it_stands = ["rds", "failover-global-cluster", "--global-cluster-identifier", GLOBAL];
    let bare = ["--target-db-cluster-identifier", "secondary-aurora-cluster-prod"];
    let output = sim.run(SOURCE, &[&as_it_stands[..], &bare].concat());
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("DBClusterNotFoundFault"), "a bare identifier is looked for in that Region: {said}");

    // What document 004 asks without a dimension has no answer; with it there is one.
    let ask = |dimension: &[&str]| {
        let line = ["cloudwatch", "get-metric-statistics", "--namespace", "AWS/RDS", "--metric-name"];
        let (end, start) = (jiff::Timestamp::now(), jiff::Timestamp::now() - jiff::SignedDuration::from_mins(20));
        let (start, end) = (start.to_string(), end.to_string());
        let span = ["AuroraGlobalDBRPOLag", "--start-time", &start, "--end-time", &end, "--period", "60"];
        let line = [&line[..], &span, &["--statistics", "Maximum"], dimension].concat();
        sim.aws(TARGET, &line)["Datapoints"].as_array().unwrap().len()
    };
    assert_eq!(ask(&[]), 0);
    assert!(ask(&["--dimensions", "Name=DBClusterIdentifier,Value=secondary-aurora-cluster-prod"]) >= 15);

    let switch = ["rds", "switchover-global-cluster", "--global-cluster-identifier", GLOBAL];
    let state = sim.aws(SOURCE, &[&switch[..], &["--target-db-cluster-identifier", reader]].concat());
    assert_eq!(state["GlobalCluster"]["FailoverState"]["Status"], "pending");
    assert_eq!(state["GlobalCluster"]["FailoverState"]["ToDbClusterArn"], json!(reader));
    let began = Instant::now();
    loop {
        let clusters = sim.aws(TARGET, &["rds", "describe-db-clusters"])["DBClusters"].clone();
        if clusters[0]["DBClusterMembers"][0]["IsClusterWriter"] == true {
            assert!(clusters[0].get("ReplicationSourceIdentifier").is_none());
            break;
        }
        assert!(began.elapsed() < Duration::from_secs(60), "{clusters}");
    }
    sim.aws(
        TARGET,
        &["rds", "wait", "db-cluster-available", "--db-cluster-identifier", "secondary-aurora-cluster-prod"],
    );
    assert_eq!(sim.aws(TARGET, &["rds", "describe-db-instances"])["DBInstances"].as_array().unwrap().len(), 2);
    assert_eq!(sim.aws(SOURCE, &["rds", "describe-db-cluster-snapshots"])["DBClusterSnapshots"], json!([]));
}

const BUCKETS: [&str; 2] = ["fineract-production-reports-us-east-1", "fineract-production-reports-us-west-2"];
const REPLICATES: &str = "arn:aws:iam::123456789012:role/s3-replication-production";

/// The preset's service, whose rule has Replication Time Control here, and so metrics.
fn with_metrics(folder: &tempfile::TempDir) -> String {
    let preset = include_str!("../assets/presets/fineract/service.toml");
    assert!(preset.contains("rtc = false"), "the preset's rule has changed");
    let path = folder.path().join("service.toml");
    std::fs::write(&path, preset.replace("rtc = false", "rtc = true")).unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
fn boto3_understands_every_answer_of_s3() {
    let folder = tempfile::tempdir().unwrap();
    let Some(sim) = Sim::start_with(&with_metrics(&folder), "calm", "60") else { return };
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/peers/boto_s3.py");
    let [east, west] = BUCKETS;
    let output =
        sim.program("python").args([script, &sim.endpoint, SOURCE, TARGET, east, west, REPLICATES]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let found: Value = serde_json::from_slice(&output.stdout).unwrap();
    for (what, expected) in [
        ("buckets", json!([east, west])),
        ("places", json!([null, TARGET])),
        ("versioning", json!(["Enabled", "Enabled"])),
        ("head", json!(TARGET)),
        ("no bucket", json!(["404", "NoSuchBucket"])),
        ("forward", json!([["replicate-all", "Enabled", 15]])),
        ("same rules", json!(true)),
        ("without a role", json!("InvalidArgument")),
        ("no destination", json!("InvalidRequest")),
        ("again", json!("PreconditionFailed")),
        ("status", json!(["PENDING", "REPLICA"])),
        ("kept", json!([{ "for": "boto3" }, 8, true])),
        ("body", json!("a canary")),
        ("pages", json!([true, true, 100, true])),
        ("folders", json!(["archive/", "canaries/", "documents/"])),
        ("deleted", json!([true, "404", 1])),
        ("metrics", json!([["DestinationBucket", "RuleId", "SourceBucket"]])),
        ("latency", json!(true)),
        ("not simulated", json!("NotImplemented")),
    ] {
        assert_eq!(found[what], expected, "{what}");
    }
}

/// Document 002's own look at the replication: a list of the other Region's bucket says that something is there, and not
/// what is missing.
#[test]
fn the_aws_command_line_lists_copies_and_waits() {
    let folder = tempfile::tempdir().unwrap();
    let Some(sim) = Sim::start_with("fineract", "calm", "60") else { return };
    let [east, west] = BUCKETS;
    let listed = sim.run(TARGET, &["s3", "ls", &format!("s3://{west}/")]);
    assert!(listed.status.success(), "{}", String::from_utf8_lossy(&listed.stderr));
    assert!(String::from_utf8_lossy(&listed.stdout).contains("PRE documents/"), "{listed:?}");
    let report = folder.path().join("report.txt");
    std::fs::write(&report, "a report\n").unwrap();
    let copied = sim.run(SOURCE, &["s3", "cp", report.to_str().unwrap(), &format!("s3://{east}/report.txt")]);
    assert!(copied.status.success(), "{}", String::from_utf8_lossy(&copied.stderr));
    sim.aws(TARGET, &["s3api", "wait", "object-exists", "--bucket", west, "--key", "report.txt"]);
    let head = sim.aws(TARGET, &["s3api", "head-object", "--bucket", west, "--key", "report.txt"]);
    assert_eq!((&head["ReplicationStatus"], &head["ContentLength"]), (&json!("REPLICA"), &json!(9)));
    // The line that a plan gives for doing it by hand.
    let rules = json!({ "Role": REPLICATES, "Rules": [{
        "DeleteMarkerReplication": { "Status": "Disabled" }, "Destination": { "Bucket": format!("arn:aws:s3:::{east}"),
        "Metrics": { "Status": "Enabled" } }, "Filter": { "Prefix": "" }, "ID": "back", "Priority": 1, "Status": "Enabled",
    }] })
    .to_string();
    sim.aws(TARGET, &["s3api", "put-bucket-replication", "--bucket", west, "--replication-configuration", &rules]);
    let read = sim.aws(TARGET, &["s3api", "get-bucket-replication", "--bucket", west]);
    assert_eq!(
        read["ReplicationConfiguration"].to_string(),
        serde_json::from_str::<Value>(&rules).unwrap().to_string()
    );
    let put =
        ["s3api", "put-object", "--bucket", east, "--key", "handover-canary/drill/000001", "--if-none-match", "*"];
    assert!(sim.aws(SOURCE, &put)["VersionId"].is_string());
}

#[test]
fn it_listens_on_loopback_alone() {
    let output =
        Command::new(env!("CARGO_BIN_EXE_handover")).args(["sim", "--listen", "0.0.0.0:4599"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("loopback"), "{output:?}");
}

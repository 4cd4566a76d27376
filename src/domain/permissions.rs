//! What AWS has to allow: the IAM actions that watching a component needs, and those of each of its actions. SQL, HTTP and
//! Kubernetes have permissions of their own, which are not IAM's.

use serde_json::{Value, json};

use super::fencing::FENCE;
use super::region::Region;
use super::runbook::{Action, Runbook};
use super::service::{Component, NotifyBy, Service, Spec};

/// What a policy allows, for one component.
#[derive(Debug, Clone, PartialEq)]
pub struct Statement {
    /// Its name in the policy: letters and digits alone.
    pub sid: String,
    /// IAM actions.
    pub actions: Vec<&'static str>,
    /// ARNs, or `*` for what is only read.
    pub resources: Vec<String>,
    /// A condition, as IAM writes it.
    pub condition: Option<Value>,
}

/// The IAM actions that looking at a kind of component needs.
pub fn watching(spec: &Spec) -> &'static [&'static str] {
    match spec {
        Spec::RdsReplica(_) => &["rds:DescribeDBInstances"],
        Spec::RdsRestore(_) => &["rds:DescribeDBInstances", "rds:DescribeDBSnapshots"],
        Spec::AuroraGlobal(_) => &[
            "rds:DescribeGlobalClusters",
            "rds:DescribeDBClusters",
            "rds:DescribeDBInstances",
            "cloudwatch:GetMetricData",
        ],
        Spec::Route53Failover(_) => &[
            "route53:GetHostedZone",
            "route53:ListResourceRecordSets",
            "route53:GetHealthCheck",
            "route53:GetHealthCheckStatus",
            "route53:ListHealthChecks",
            "route53:GetChange",
            "cloudwatch:DescribeAlarms",
        ],
        Spec::HealthCheck(_) => {
            &["route53:GetHealthCheck", "route53:GetHealthCheckStatus", "cloudwatch:DescribeAlarms"]
        }
        Spec::SecretReplica(secret) if secret.host.is_some() => {
            &["secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue"]
        }
        Spec::SecretReplica(_) => &["secretsmanager:DescribeSecret"],
        Spec::CloudWatch(_) => &["cloudwatch:GetMetricData", "cloudwatch:DescribeAlarms"],
        Spec::Ecs(_) => &["ecs:DescribeServices"],
        Spec::S3Replication(_) => &[
            "s3:ListBucket",
            "s3:GetBucketVersioning",
            "s3:GetReplicationConfiguration",
            "s3:GetObject",
            "s3:GetObjectVersion",
            "cloudwatch:ListMetrics",
            "cloudwatch:GetMetricData",
        ],
        Spec::ElasticacheGlobal(_) => &[
            "elasticache:DescribeGlobalReplicationGroups",
            "elasticache:DescribeReplicationGroups",
            "elasticache:DescribeCacheClusters",
            "cloudwatch:GetMetricData",
        ],
        Spec::SsmParameter(_) => &["ssm:GetParameter"],
        Spec::Lambda(_) => {
            &["lambda:GetFunctionConfiguration", "lambda:GetFunctionConcurrency", "lambda:ListEventSourceMappings"]
        }
        Spec::ArcRouting(_) => &["route53-recovery-cluster:GetRoutingControlState"],
        Spec::CloudFront(_) => &[
            "cloudfront:GetDistribution",
            "cloudfront:GetDistributionConfig",
            "cloudfront:ListInvalidations",
            "cloudfront:GetInvalidation",
        ],
        Spec::Endpoint(_) | Spec::Kubernetes(_) | Spec::Command(_) | Spec::Identity => &[],
    }
}

/// The IAM actions that an action of a component needs besides; none of what is done by SQL or by kubectl. `None` of an
/// action that nobody knows here.
pub fn acting(spec: &Spec, action: &str) -> Option<&'static [&'static str]> {
    Some(match (spec, action) {
        (Spec::RdsReplica(_) | Spec::AuroraGlobal(_), "fence" | "admit" | "verify-writes")
        | (Spec::Kubernetes(_) | Spec::Command(_), _) => &[],
        (Spec::RdsReplica(_), "promote") => &["rds:PromoteReadReplica"],
        (Spec::RdsReplica(_), "set-aside" | "cut-off" | "let-in") | (Spec::RdsRestore(_), "retire" | "adopt") => {
            &["rds:ModifyDBInstance"]
        }
        (Spec::RdsReplica(_), "rebuild") => {
            &["rds:CreateDBInstanceReadReplica", "rds:AddTagsToResource", "kms:CreateGrant", "kms:DescribeKey"]
        }
        (Spec::RdsRestore(_), "snapshot") => &["rds:CreateDBSnapshot"],
        (Spec::RdsRestore(_), "copy") => &["rds:CopyDBSnapshot", "kms:CreateGrant", "kms:DescribeKey"],
        (Spec::RdsRestore(_), "restore") => &["rds:RestoreDBInstanceFromDBSnapshot"],
        (Spec::RdsRestore(_), "restore-point") => &["rds:RestoreDBInstanceToPointInTime"],
        (Spec::RdsRestore(_), "discard") => &["rds:DeleteDBInstance"],
        (Spec::RdsRestore(_), "discard-snapshot") => &["rds:DeleteDBSnapshot"],
        (Spec::AuroraGlobal(_), "switchover") => &["rds:SwitchoverGlobalCluster"],
        (Spec::AuroraGlobal(_), "failover") => &["rds:FailoverGlobalCluster"],
        (Spec::AuroraGlobal(_), "detach") => &["rds:RemoveFromGlobalCluster"],
        (Spec::Route53Failover(_), "point") => &["route53:ChangeResourceRecordSets"],
        (Spec::HealthCheck(_), "force-unhealthy" | "release") => &["route53:UpdateHealthCheck"],
        (Spec::ArcRouting(_), "point") => &["route53-recovery-cluster:UpdateRoutingControlState"],
        (Spec::Ecs(_), "scale-up" | "scale-down" | "stop") => &["ecs:UpdateService"],
        (Spec::S3Replication(_), "canary") => &["s3:PutObject"],
        (Spec::S3Replication(_), "reverse") => &["s3:PutReplicationConfiguration", "iam:PassRole"],
        (Spec::S3Replication(_), "stop") => &["s3:PutReplicationConfiguration"],
        (Spec::ElasticacheGlobal(_), "failover") => &["elasticache:FailoverGlobalReplicationGroup"],
        (Spec::ElasticacheGlobal(_), "detach") => &["elasticache:DisassociateGlobalReplicationGroup"],
        (Spec::SsmParameter(_), "point" | "point-source" | "point-back") => &["ssm:PutParameter"],
        (Spec::Lambda(_), "invoke" | "invoke-source") => &["lambda:InvokeFunction"],
        (Spec::CloudFront(_), "point") => &["cloudfront:UpdateDistribution"],
        (Spec::CloudFront(_), "invalidate") => &["cloudfront:CreateInvalidation"],
        _ => return None,
    })
}

/// What watching the whole service needs: enough for an observer, and for a console that is not armed. What holds contents
/// (objects, secrets, parameters) is read where the service file names it; what only describes, everywhere.
pub fn observer(service: &Service) -> Vec<Statement> {
    let mut everywhere: Vec<&'static str> = Vec::new();
    let mut statements = Vec::new();
    for component in &service.components {
        let contents = ["s3:", "secretsmanager:", "ssm:"];
        let holds = |action: &&'static str| contents.iter().any(|service| action.starts_with(service));
        let (actions, described): (Vec<_>, Vec<_>) = watching(&component.spec).iter().copied().partition(holds);
        everywhere.extend(described);
        if !actions.is_empty() {
            let sid = format!("Watch{}", camel(&component.id));
            let resources = resources(service, component, &actions);
            statements.push(Statement { sid, actions, resources, condition: None });
        }
    }
    everywhere.sort_unstable();
    everywhere.dedup();
    if !everywhere.is_empty() {
        let (sid, resources) = ("Watch".to_owned(), vec!["*".to_owned()]);
        statements.insert(0, Statement { sid, actions: everywhere, resources, condition: None });
    }
    statements
}

/// What a run of some runbooks needs: watching, and each of their actions on what it acts on. What a step does when the run
/// goes on ungracefully, and what takes a step back, is among it.
pub fn runs(service: &Service, runbooks: &[&Runbook]) -> Vec<Statement> {
    let mut statements = observer(service);
    for component in &service.components {
        let mut actions: Vec<&'static str> = Vec::new();
        for (_, step) in runbooks.iter().flat_map(|runbook| runbook.steps()) {
            let Action::Act { component: of, action, .. } = &step.action else { continue };
            if *of != component.id {
                continue;
            }
            actions.extend(acting(&component.spec, action).unwrap_or_default());
            if let Some(super::runbook::Ungraceful::Act { action, .. }) = &step.ungraceful {
                actions.extend(acting(&component.spec, action).unwrap_or_default());
            }
        }
        // Where the fence does not hold, the service's next way is tried.
        let fences = |runbook: &&Runbook| {
            runbook.steps().any(|(_, step)| matches!(&step.action, Action::Act { action, .. } if action == FENCE))
        };
        if runbooks.iter().any(fences) {
            for way in service.fence.iter().filter(|way| way.component == component.id) {
                actions.extend(acting(&component.spec, &way.action).unwrap_or_default());
            }
        }
        actions.sort_unstable();
        actions.dedup();
        // The role that S3 replicates with is no bucket, and a key no database: each has a statement of its own.
        let (pass, actions): (Vec<_>, Vec<_>) = actions.into_iter().partition(|action| *action == "iam:PassRole");
        let (keys, actions): (Vec<_>, Vec<_>) = actions.into_iter().partition(|action| action.starts_with("kms:"));
        let (discard, actions): (Vec<_>, Vec<_>) =
            actions.into_iter().partition(|action| action.starts_with("rds:Delete"));
        let sid = |part: &str| format!("{part}{}", camel(&component.id));
        let mut add = |part: &str, actions: Vec<&'static str>, resources: Vec<String>, condition| {
            if !actions.is_empty() {
                statements.push(Statement { sid: sid(part), actions, resources, condition });
            }
        };
        let acted_on = self::resources(service, component, &actions);
        add("Act", actions, acted_on, condition(&component.spec));
        let thrown_away = self::resources(service, component, &discard);
        add("Discard", discard, thrown_away, None);
        if let Spec::S3Replication(buckets) = &component.spec {
            add("Pass", pass, buckets.role.iter().cloned().collect(), None);
        }
        let by_rds = json!({ "StringLike": { "kms:ViaService": "rds.*.amazonaws.com" } });
        add("Keys", keys, vec![format!("arn:aws:kms:*:{}:key/*", account(service))], Some(by_rds));
    }
    statements.extend(telling(service));
    statements.extend(trail(service));
    statements.extend(publishing(service));
    statements
}

/// What publishing metrics needs. The call is about no resource; its namespace is a condition.
pub fn publishing(service: &Service) -> Option<Statement> {
    let wanted = service.metrics.as_ref()?;
    Some(Statement {
        sid: "Publish".to_owned(),
        actions: vec!["cloudwatch:PutMetricData"],
        resources: vec!["*".to_owned()],
        condition: Some(json!({ "StringEquals": { "cloudwatch:namespace": wanted.namespace } })),
    })
}

/// What shipping the journal needs, and reading back what is there: nothing that could change or delete it.
pub fn trail(service: &Service) -> Vec<Statement> {
    let Some(trail) = &service.trail else { return Vec::new() };
    let statement = |sid: &str, actions: &[&'static str], resources: Vec<String>| Statement {
        sid: sid.to_owned(),
        actions: actions.to_vec(),
        resources,
        condition: None,
    };
    let mut statements = Vec::new();
    if let Some(group) = &trail.log_group {
        let streams = [&service.regions.primary, &service.regions.standby]
            .map(|region| format!("arn:aws:logs:{region}:{}:log-group:{group}:*", account(service)));
        statements.push(statement("WatchTrail", &["logs:DescribeLogGroups"], vec!["*".to_owned()]));
        let actions = ["logs:CreateLogStream", "logs:GetLogEvents", "logs:PutLogEvents"];
        statements.push(statement("TrailLogs", &actions, streams.to_vec()));
    }
    if let Some(buckets) = &trail.bucket {
        let each = [&buckets.primary, &buckets.standby].map(|bucket| format!("arn:aws:s3:::{bucket}"));
        let objects = each.iter().map(|bucket| format!("{bucket}/{}*", trail.prefix)).collect();
        let actions = ["s3:GetBucketObjectLockConfiguration", "s3:ListBucket"];
        statements.push(statement("TrailBuckets", &actions, each.to_vec()));
        let actions = ["s3:GetObject", "s3:PutObject", "s3:PutObjectRetention"];
        statements.push(statement("TrailObjects", &actions, objects));
    }
    statements
}

/// The IAM action by which people are told through a topic.
pub const TELLING: &str = "sns:Publish";

/// What telling people needs: only topics are AWS's.
fn telling(service: &Service) -> Option<Statement> {
    let topics = service.notify.iter().filter_map(|notify| match &notify.by {
        NotifyBy::Sns { topic, .. } => Some(topic.clone()),
        _ => None,
    });
    let resources: Vec<String> = topics.collect();
    let statement = Statement { sid: "Tell".to_owned(), actions: vec![TELLING], resources, condition: None };
    (!statement.resources.is_empty()).then_some(statement)
}

/// The policy as IAM takes it.
pub fn policy(statements: &[Statement]) -> Value {
    let statements: Vec<Value> = statements
        .iter()
        .map(|statement| {
            let mut value = json!({
                "Sid": statement.sid, "Effect": "Allow", "Action": statement.actions, "Resource": statement.resources,
            });
            if let (Some(condition), Some(value)) = (&statement.condition, value.as_object_mut()) {
                value.insert("Condition".to_owned(), condition.clone());
            }
            value
        })
        .collect();
    json!({ "Version": "2012-10-17", "Statement": statements })
}

/// Of a hosted zone, the service's own name alone.
fn condition(spec: &Spec) -> Option<Value> {
    let Spec::Route53Failover(traffic) = spec else { return None };
    let name = traffic.record.trim_end_matches('.').to_ascii_lowercase();
    Some(json!({
        "ForAllValues:StringEquals": { "route53:ChangeResourceRecordSetsNormalizedRecordNames": [name] }
    }))
}

fn account(service: &Service) -> &str {
    service.aws.account.as_deref().unwrap_or("*")
}

/// `active-region` as `ActiveRegion`.
fn camel(id: &str) -> String {
    let words = id.split(|c: char| !c.is_ascii_alphanumeric());
    words
        .map(|word| {
            let mut letters = word.chars();
            letters.next().map_or_else(String::new, |first| first.to_ascii_uppercase().to_string() + letters.as_str())
        })
        .collect()
}

/// What some IAM actions of a component are about.
fn resources(service: &Service, component: &Component, actions: &[&str]) -> Vec<String> {
    let makes =
        |action: &&str| action.contains(":Create") && !action.contains("Snapshot") || action.contains(":Restore");
    let makes = actions.iter().any(makes);
    let renames = actions.contains(&"rds:ModifyDBInstance");
    let snapshots = actions.iter().any(|action| action.contains("Snapshot"));
    let account = account(service);
    let regions = [&service.regions.primary, &service.regions.standby];
    let both = |of: &dyn Fn(&Region, usize) -> Vec<String>| {
        regions.iter().enumerate().flat_map(|(at, region)| of(region, at)).collect::<Vec<String>>()
    };
    let pick = |pair: &super::region::Pair<String>, at: usize| {
        if at == 0 { pair.primary.clone() } else { pair.standby.clone() }
    };
    let rds = |region: &Region, rest: String| format!("arn:aws:rds:{region}:{account}:{rest}");
    match &component.spec {
        Spec::RdsReplica(database) => both(&|region, at| {
            let mut all = vec![rds(region, format!("db:{}", pick(&database.instance, at)))];
            if renames {
                // The old primary is set aside under a name that begins with its own.
                all.push(rds(region, format!("db:{}-aside-*", pick(&database.instance, at))));
            }
            if makes {
                all.extend(["subgrp:*", "pg:*", "og:*"].map(|rest| rds(region, rest.to_owned())));
            }
            all
        }),
        Spec::RdsRestore(restore) => both(&|region, at| {
            let (instance, restored) = (pick(&restore.instance, at), pick(&restore.restored, at));
            let mut all = vec![format!("db:{restored}")];
            // What is thrown away at the end of a drill is what was restored, never the instance itself.
            if actions.iter().any(|action| *action != "rds:DeleteDBInstance" && *action != "rds:DeleteDBSnapshot") {
                all.push(format!("db:{instance}"));
            }
            if renames {
                all.push(format!("db:{instance}-aside-*"));
            }
            if snapshots {
                all.push("snapshot:handover-*".to_owned());
            }
            if makes {
                all.extend(["subgrp:*", "pg:*", "og:*"].map(str::to_owned));
            }
            all.into_iter().map(|rest| rds(region, rest)).collect()
        }),
        Spec::AuroraGlobal(database) => {
            let global = format!("arn:aws:rds::{account}:global-cluster:{}", database.global);
            let clusters = both(&|region, at| vec![rds(region, format!("cluster:{}", pick(&database.cluster, at)))]);
            [global].into_iter().chain(clusters).collect()
        }
        Spec::Route53Failover(traffic) => vec![format!("arn:aws:route53:::hostedzone/{}", traffic.zone)],
        Spec::HealthCheck(checks) => [&checks.id.primary, &checks.id.standby]
            .into_iter()
            .chain(&checks.parent)
            .map(|id| format!("arn:aws:route53:::healthcheck/{id}"))
            .collect(),
        Spec::ArcRouting(controls) => vec![controls.control.primary.clone(), controls.control.standby.clone()],
        Spec::Ecs(fleet) => both(&|region, at| {
            vec![format!(
                "arn:aws:ecs:{region}:{account}:service/{}/{}",
                pick(&fleet.cluster, at),
                pick(&fleet.service, at)
            )]
        }),
        Spec::S3Replication(buckets) => both(&|_, at| {
            let bucket = format!("arn:aws:s3:::{}", pick(&buckets.bucket, at));
            vec![bucket.clone(), format!("{bucket}/{}*", buckets.canary)]
        }),
        Spec::ElasticacheGlobal(cache) => {
            let global = format!("arn:aws:elasticache::{account}:globalreplicationgroup:{}", cache.global);
            let groups = both(&|region, at| {
                vec![format!("arn:aws:elasticache:{region}:{account}:replicationgroup:{}", pick(&cache.group, at))]
            });
            [global].into_iter().chain(groups).collect()
        }
        Spec::SecretReplica(secret) => {
            both(&|region, _| vec![format!("arn:aws:secretsmanager:{region}:{account}:secret:{}-*", secret.secret)])
        }
        Spec::SsmParameter(parameter) => both(&|region, _| {
            vec![format!("arn:aws:ssm:{region}:{account}:parameter/{}", parameter.name.trim_start_matches('/'))]
        }),
        Spec::Lambda(function) => both(&|region, at| {
            let function = format!("arn:aws:lambda:{region}:{account}:function:{}", pick(&function.function, at));
            vec![function.clone(), format!("{function}:*")]
        }),
        Spec::CloudFront(cdn) => vec![format!("arn:aws:cloudfront::{account}:distribution/{}", cdn.distribution)],
        _ => Vec::new(),
    }
}

//! What a step does, whichever way it is written: by an action of a component, by a line of a program, or by a person.

use super::line::{Line, lines};
use crate::domain::runbook::{Action, Hazard, Step};
use crate::domain::service::{Service, Spec};

/// What a step does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Deed {
    /// What would fight the failover is stopped.
    Freeze,
    /// The old primary takes no more writes.
    Fence,
    /// A standby's database takes over, whatever it has not received.
    Promote,
    /// The databases change their roles without loss.
    SwitchOver,
    /// Something serves where nothing, or less, did.
    ScaleUp,
    /// Configuration, secrets or parameters name another database or Region.
    Configure,
    /// Keys are put where they are needed.
    RestoreKeys,
    /// What reads its configuration when it starts is started again.
    Restart,
    /// A write proves that the database takes some.
    ProveWrites,
    /// Traffic goes elsewhere.
    Point,
    /// A new replica is made.
    Rebuild,
    /// The cache's writes go elsewhere.
    MoveCache,
    /// The application is deployed.
    Deploy,
}

/// What a step does; nothing where it only looks.
pub(super) fn deeds(service: &Service, step: &Step) -> Vec<Deed> {
    match &step.action {
        Action::Act { component, action, .. } => {
            service.component(component).and_then(|of| acted(&of.spec, action)).into_iter().collect()
        }
        Action::Exec(_) if step.hazard == Hazard::None => Vec::new(),
        Action::Exec(_) => lines(step).iter().filter_map(run).collect(),
        Action::Attest { statement } => said(&step.title, statement).into_iter().collect(),
        Action::Check { .. } | Action::Wait { .. } => Vec::new(),
    }
}

/// Whether a step does something.
pub(super) fn does(service: &Service, step: &Step, deed: Deed) -> bool {
    deeds(service, step).contains(&deed)
}

fn acted(spec: &Spec, action: &str) -> Option<Deed> {
    Some(match (spec, action) {
        (_, "fence" | "cut-off") | (Spec::ArcRouting(_), "off") => Deed::Fence,
        (Spec::RdsReplica(_), "promote") | (Spec::AuroraGlobal(_), "failover" | "detach") => Deed::Promote,
        (Spec::AuroraGlobal(_), "switchover") => Deed::SwitchOver,
        (Spec::RdsReplica(_), "rebuild") => Deed::Rebuild,
        (_, "verify-writes") => Deed::ProveWrites,
        (_, "scale-up") => Deed::ScaleUp,
        (spec, "point") if spec.carries_traffic() => Deed::Point,
        (Spec::SsmParameter(_), "point") | (Spec::Kubernetes(_), "patch-connection") => Deed::Configure,
        (Spec::Kubernetes(_), "restart") => Deed::Restart,
        (Spec::Kubernetes(_), "apply") => Deed::Deploy,
        (Spec::Kubernetes(_), "suspend-sync") => Deed::Freeze,
        (Spec::ElasticacheGlobal(_), "failover" | "detach") => Deed::MoveCache,
        _ => return None,
    })
}

fn run(line: &Line) -> Option<Deed> {
    let aws = |service: &str, call: &str| line.is(&["aws", service, call]);
    let kubectl = |verb: &str| line.program() == "kubectl" && line.has(verb);
    // A script that is called after what it does; a dry run of it does nothing.
    let script = ["failover", "fail-over"].iter().any(|word| line.mentions(word)) && !line.has("--dry-run");
    Some(
        if aws("rds", "promote-read-replica")
            || aws("rds", "failover-global-cluster")
            || aws("rds", "remove-from-global-cluster")
        {
            Deed::Promote
        } else if aws("rds", "switchover-global-cluster") {
            Deed::SwitchOver
        } else if aws("rds", "create-db-instance-read-replica") {
            Deed::Rebuild
        } else if aws("rds", "stop-db-instance")
            || aws("rds", "stop-db-cluster")
            || aws("ec2", "revoke-security-group-ingress")
        {
            Deed::Fence
        } else if aws("route53", "change-resource-record-sets") || aws("cloudfront", "update-distribution") {
            Deed::Point
        } else if aws("ecs", "update-service") {
            if line.option("--desired-count") == Some("0") { Deed::Fence } else { Deed::ScaleUp }
        } else if aws("events", "disable-rule") || aws("lambda", "put-function-concurrency") {
            Deed::Freeze
        } else if aws("ssm", "put-parameter") || aws("secretsmanager", "put-secret-value") {
            Deed::Configure
        } else if aws("elasticache", "failover-global-replication-group") {
            Deed::MoveCache
        } else if line.is(&["argocd", "app", "set"])
            || (kubectl("patch") && (line.has("application") || line.has("applications")))
        {
            Deed::Freeze
        } else if kubectl("patch") && line.mentions("secret") {
            Deed::Configure
        } else if kubectl("rollout") && line.has("restart") {
            Deed::Restart
        } else if kubectl("apply") || line.is(&["argocd", "app", "sync"]) {
            Deed::Deploy
        } else if aws("route53", "update-health-check") && line.has("--disabled") {
            // Whoever disables a health check means to move what follows it.
            Deed::Point
        } else if line.program().contains("restore") && line.program().contains("key") {
            Deed::RestoreKeys
        } else if kubectl("scale") {
            Deed::ScaleUp
        } else if line.mentions("FailoverGlobalCluster") || (line.is_script() && script) {
            Deed::Promote
        } else {
            return None;
        },
    )
}

/// Whether a step only looks, by the verb that its title begins with.
fn looks(title: &str) -> bool {
    ["verify", "confirm", "check", "test", "monitor", "watch", "validate", "measure", "document", "decide"]
        .iter()
        .any(|verb| title.starts_with(verb))
}

/// What a person does by hand, as the step's title and statement have it.
fn said(title: &str, statement: &str) -> Option<Deed> {
    let title = title.to_ascii_lowercase();
    let text = format!("{title} {}", statement.to_ascii_lowercase());
    let has = |text: &str, words: &[&str]| words.iter().any(|word| text.contains(word));
    let automation = ["pipeline", "terraform", "pulumi", "deploy", "argo", "reconciler", "automat", "rotat"];
    if has(&text, &["paus", "froz", "freez", "stop", "no "]) && has(&text, &automation) {
        return Some(Deed::Freeze);
    }
    if looks(&title) {
        return None;
    }
    let begins = |verbs: &[&str]| verbs.iter().any(|verb| title.starts_with(verb));
    let names = ["route 53", "route53", "dns", "cloudfront", "cdn", "traffic"];
    let moved = ["routed to", "has switched", "has failed over", "are switched", "points to", "point to"];
    let whole = begins(&["execute"]) && title.contains("failover");
    Some(if whole || begins(&["promote"]) || has(&text, &["is promoted", "was promoted"]) {
        Deed::Promote
    } else if begins(&["update", "switch", "point", "change"]) && has(&title, &names)
        || has(&text, &names) && has(&text, &moved)
    {
        Deed::Point
    } else if begins(&["update", "switch", "sync"])
        && has(&title, &["secret", "parameter", "connection string", "configuration"])
    {
        Deed::Configure
    } else if begins(&["restore"]) && has(&title, &["key", "secret"]) {
        Deed::RestoreKeys
    } else if begins(&["deploy"]) {
        Deed::Deploy
    } else {
        return None;
    })
}

/// What a step's person is told or says, in lower case; nothing of any other.
pub(super) fn words(step: &Step) -> String {
    match &step.action {
        Action::Attest { statement } => format!("{} {statement}", step.title).to_ascii_lowercase(),
        _ => String::new(),
    }
}

//! What each kind of component can do.

use super::{ActionSpec, Also, Needs};
use crate::domain::region::Side;
use crate::domain::runbook::Hazard;

pub(super) const fn action(name: &str, hazard: Hazard, on: Side, needs: Needs) -> ActionSpec<'_> {
    ActionSpec { name, hazard, on, also: Also::Never, needs, drill: true }
}

pub(super) const DATABASE_ACTIONS: &[ActionSpec] = &[
    ActionSpec { also: Also::Failback, ..action("fence", Hazard::Write, Side::Source, Needs::AppUser) },
    ActionSpec { also: Also::Failback, ..action("cut-off", Hazard::Write, Side::Source, Needs::CutOff) },
    ActionSpec { also: Also::Always, ..action("let-in", Hazard::Write, Side::Target, Needs::CutOff) },
    ActionSpec { drill: false, ..action("promote", Hazard::Irreversible, Side::Target, Needs::Nothing) },
    action("admit", Hazard::Write, Side::Target, Needs::AppUser),
    action("verify-writes", Hazard::Write, Side::Target, Needs::Sql),
    ActionSpec { also: Also::Always, ..action("set-aside", Hazard::Write, Side::Target, Needs::Sql) },
    ActionSpec { also: Also::Always, ..action("rebuild", Hazard::Write, Side::Target, Needs::Rebuild) },
];

pub(super) const RESTORE_ACTIONS: &[ActionSpec] = &[
    ActionSpec { also: Also::Always, ..action("snapshot", Hazard::Write, Side::Source, Needs::Nothing) },
    action("copy", Hazard::Write, Side::Target, Needs::Nothing),
    ActionSpec { also: Also::Always, ..action("restore", Hazard::Write, Side::Target, Needs::Nothing) },
    ActionSpec { also: Also::Always, ..action("restore-point", Hazard::Write, Side::Source, Needs::Nothing) },
    ActionSpec { also: Also::Always, ..action("retire", Hazard::Write, Side::Source, Needs::Nothing) },
    ActionSpec { also: Also::Always, ..action("adopt", Hazard::Write, Side::Source, Needs::Nothing) },
    ActionSpec { also: Also::Always, ..action("discard", Hazard::Irreversible, Side::Target, Needs::Nothing) },
    ActionSpec { also: Also::Always, ..action("discard-snapshot", Hazard::Irreversible, Side::Target, Needs::Nothing) },
];

pub(super) const TRAFFIC_ACTIONS: &[ActionSpec] =
    &[ActionSpec { also: Also::Drill, ..action("point", Hazard::Write, Side::Target, Needs::Nothing) }];

pub(super) const FLEET_ACTIONS: &[ActionSpec] = &[
    action("scale-up", Hazard::Write, Side::Target, Needs::Nothing),
    ActionSpec { also: Also::Drill, ..action("scale-down", Hazard::Write, Side::Source, Needs::Nothing) },
    action("stop", Hazard::Write, Side::Source, Needs::Nothing),
];

pub(super) const AURORA_ACTIONS: &[ActionSpec] = &[
    ActionSpec { also: Also::Drill, ..action("switchover", Hazard::Write, Side::Target, Needs::Nothing) },
    ActionSpec { drill: false, ..action("failover", Hazard::Irreversible, Side::Target, Needs::Nothing) },
    ActionSpec { drill: false, ..action("detach", Hazard::Irreversible, Side::Target, Needs::Nothing) },
    action("fence", Hazard::Write, Side::Source, Needs::AppUser),
    action("admit", Hazard::Write, Side::Target, Needs::AppUser),
    ActionSpec { also: Also::Drill, ..action("verify-writes", Hazard::Write, Side::Target, Needs::Sql) },
];

pub(super) const CACHE_ACTIONS: &[ActionSpec] = &[
    ActionSpec { drill: false, ..action("failover", Hazard::Irreversible, Side::Target, Needs::Nothing) },
    ActionSpec { drill: false, ..action("detach", Hazard::Irreversible, Side::Target, Needs::Nothing) },
];

pub(super) const PARAMETER_ACTIONS: &[ActionSpec] = &[
    action("point", Hazard::Write, Side::Target, Needs::Nothing),
    action("point-source", Hazard::Write, Side::Source, Needs::Nothing),
    ActionSpec { also: Also::Always, ..action("point-back", Hazard::Write, Side::Target, Needs::Nothing) },
];

pub(super) const FUNCTION_ACTIONS: &[ActionSpec] = &[
    action("invoke", Hazard::Write, Side::Target, Needs::Nothing),
    action("invoke-source", Hazard::Write, Side::Source, Needs::Nothing),
];

pub(super) const CHECK_ACTIONS: &[ActionSpec] = &[
    action("force-unhealthy", Hazard::Write, Side::Source, Needs::Nothing),
    // Its undoing: in the failback's target, and wherever it was done by mistake.
    ActionSpec { also: Also::Always, ..action("release", Hazard::Write, Side::Target, Needs::Nothing) },
];

pub(super) const CDN_ACTIONS: &[ActionSpec] = &[
    ActionSpec { also: Also::Drill, ..action("point", Hazard::Write, Side::Target, Needs::Nothing) },
    ActionSpec { also: Also::Drill, ..action("invalidate", Hazard::Write, Side::Target, Needs::Nothing) },
];

pub(super) const KUBERNETES_ACTIONS: &[ActionSpec] = &[
    action("scale-up", Hazard::Write, Side::Target, Needs::Replicas),
    ActionSpec { also: Also::Drill, ..action("scale-down", Hazard::Write, Side::Source, Needs::Workloads) },
    action("restart", Hazard::Write, Side::Target, Needs::Workloads),
    action("apply", Hazard::Write, Side::Target, Needs::Manifests),
    action("patch-connection", Hazard::Write, Side::Target, Needs::Connection),
    // It is in the target that something is patched that Argo CD would undo; the source may not even answer.
    action("suspend-sync", Hazard::Write, Side::Target, Needs::Applications),
    action("resume-sync", Hazard::Write, Side::Target, Needs::Applications),
];

pub(super) const STORAGE_ACTIONS: &[ActionSpec] = &[
    action("canary", Hazard::Write, Side::Source, Needs::Nothing),
    // Before the way home, what the standby has taken has to get to the primary.
    ActionSpec { also: Also::Failback, ..action("reverse", Hazard::Write, Side::Target, Needs::ReplicationRole) },
    action("stop", Hazard::Write, Side::Source, Needs::Nothing),
];

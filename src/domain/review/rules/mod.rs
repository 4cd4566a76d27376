//! The rules, one file each.

mod bare_replica;
mod blind_check;
mod cdn_edit;
mod closed_gate;
mod dead_control_plane;
mod disabled_check;
mod early_traffic;
mod foreign_key;
mod forgotten_cache;
mod global_failover;
mod live_drill;
mod lossy_failback;
mod no_backups;
mod old_primary;
mod one_dig;
mod over_rto;
mod pasted_credentials;
mod replicated_damage;
mod self_acting;
mod silent_alarms;
mod sleep;
mod slow_ttl;
mod small_fleet;
mod smaller_replica;
mod source_host;
mod stale_config;
mod unasked_quota;
mod undrilled;
mod unfenced;
mod unfrozen;
mod ungated_traffic;
mod unlatched;
mod unquiesced;
mod unread_keys;
mod unused_component;
mod unwatched_step;
mod versions_apart;
mod waiter;
mod wrong_lag;

use super::Rule;

/// Every rule, in the order of their ids.
pub const RULES: &[&Rule] = &[
    &waiter::RULE,
    &unfenced::RULE,
    &early_traffic::RULE,
    &disabled_check::RULE,
    &dead_control_plane::RULE,
    &global_failover::RULE,
    &ungated_traffic::RULE,
    &unlatched::RULE,
    &lossy_failback::RULE,
    &bare_replica::RULE,
    &unquiesced::RULE,
    &live_drill::RULE,
    &blind_check::RULE,
    &self_acting::RULE,
    &stale_config::RULE,
    &unread_keys::RULE,
    &old_primary::RULE,
    &wrong_lag::RULE,
    &one_dig::RULE,
    &sleep::RULE,
    &cdn_edit::RULE,
    &forgotten_cache::RULE,
    &replicated_damage::RULE,
    &pasted_credentials::RULE,
    &unfrozen::RULE,
    &slow_ttl::RULE,
    &over_rto::RULE,
    &closed_gate::RULE,
    &foreign_key::RULE,
    &small_fleet::RULE,
    &unasked_quota::RULE,
    &silent_alarms::RULE,
    &source_host::RULE,
    &undrilled::RULE,
    &unused_component::RULE,
    &unwatched_step::RULE,
    &no_backups::RULE,
    &smaller_replica::RULE,
    &versions_apart::RULE,
];

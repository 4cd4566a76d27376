//! `handover init --from-terraform`: what is drafted from states, what is refused, and what never gets out.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

#[path = "init/broken.rs"]
mod broken;
#[path = "init/command.rs"]
mod command;
#[path = "init/drafts.rs"]
mod drafts;
#[path = "init/hostile.rs"]
mod hostile;
#[path = "init/regions.rs"]
mod regions;

use std::fs;
use std::path::{Path, PathBuf};

use handover::config::terraform::{self, Asked, Draft, Refused};
use handover::config::{Source, service};
use handover::domain::service::Service;
use serde_json::Value;

/// Every fixture that is drafted without a word about its Regions: one service each.
pub(crate) const SERVICES: [&[&str]; 4] = [
    &["regami.tfstate"],
    &["fineract-us-east-1.tfstate", "fineract-us-west-2.tfstate"],
    &["payments.tfstate"],
    &["claims.show.json"],
];

pub(crate) fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/terraform").join(name)
}

pub(crate) fn json(name: &str) -> Value {
    serde_json::from_slice(&fs::read(path(name)).unwrap()).unwrap()
}

pub(crate) fn asked(primary: &str, standby: &str) -> Asked {
    let region = |code: &str| (!code.is_empty()).then(|| code.parse().unwrap());
    Asked { primary: region(primary), standby: region(standby) }
}

pub(crate) fn draft_of(files: &[&str], asked: &Asked) -> Result<Draft, Refused> {
    let files: Vec<_> = files.iter().map(|name| ((*name).to_owned(), fs::read(path(name)).unwrap())).collect();
    terraform::draft(&files, asked)
}

pub(crate) fn drafted(files: &[&str]) -> Draft {
    draft_of(files, &Asked::default()).unwrap()
}

pub(crate) fn draft_json(value: &Value, asked: &Asked) -> Result<Draft, Refused> {
    terraform::draft(&[("s.json".to_owned(), value.to_string().into_bytes())], asked)
}

/// The service of a draft, which has to load without a word.
pub(crate) fn loaded(draft: &Draft) -> Service {
    let loaded = service::read(&Source::new("service.toml", draft.text.as_bytes()));
    assert!(loaded.diagnostics.is_empty(), "{}\n{}", loaded.diagnostics, draft.text);
    loaded.value.unwrap()
}

/// The attributes of a resource of a state, to be changed.
pub(crate) fn attributes<'v>(state: &'v mut Value, kind: &str, name: &str) -> &'v mut Value {
    let resources = state["resources"].as_array_mut().unwrap();
    let found = resources.iter_mut().find(|one| one["type"] == kind && one["name"] == name);
    &mut found.unwrap()["instances"][0]["attributes"]
}

/// Takes the resources of some types out of a state.
pub(crate) fn without(state: &mut Value, kinds: &[&str]) {
    state["resources"].as_array_mut().unwrap().retain(|one| !kinds.contains(&one["type"].as_str().unwrap()));
}

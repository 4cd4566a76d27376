//! What the runbook says that a run has to show: pass, fail, or not shown.

use serde::Serialize;

use super::Material;
use super::results::kept;
use crate::domain::figures::Figures;
use crate::domain::run::Run;

/// A criterion, judged.
#[derive(Debug, Clone, Serialize)]
pub struct Judged {
    /// What a run has to show.
    pub says: String,
    /// `pass`, `fail` or `not shown`.
    pub verdict: &'static str,
    /// By what.
    pub why: String,
}

pub(super) fn criteria(material: &Material<'_>, run: &Run, figures: &Figures) -> Vec<Judged> {
    let judged = material.runbook.criteria.iter().map(|criterion| {
        let (passed, why) = criterion.judge(run, figures, |promise| kept(material, run, figures, promise));
        Judged { says: criterion.says.clone(), verdict: passed.as_str(), why }
    });
    judged.collect()
}

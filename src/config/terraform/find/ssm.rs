//! `ssm-parameter`: a parameter of one name in both Regions, with the value that means each.

use super::Part;
use crate::config::terraform::block::{Block, Note, Val, text};
use crate::config::terraform::pairs::{How, lonely, twins};
use crate::config::terraform::resource::{Estate, Resource};
use crate::config::terraform::sides::Sides;
use crate::config::words::is_secret;

/// A value that its author calls insecure, of a parameter that is no secret by its type or its name.
fn value(parameter: &Resource) -> Option<&str> {
    let last = parameter.key()?.rsplit('/').next()?;
    let open = parameter.text("type") != Some("SecureString") && !is_secret(last);
    parameter.text("insecure_value").filter(|_| open)
}

pub(super) fn find(estate: &Estate, sides: &Sides) -> Part {
    let (pairs, left) = twins(estate, "aws_ssm_parameter", sides, Resource::key);
    let (mut blocks, mut notes) = (Vec::new(), lonely(&left, sides));
    for twins in pairs {
        let (primary, standby) = (twins.primary, twins.standby);
        if twins.how != How::Name {
            // A parameter is one of a name in both Regions.
            notes.extend(lonely(&[primary, standby], sides));
            continue;
        }
        let values = [primary, standby].map(value);
        if values[0].is_some() && values[0] == values[1] {
            notes.push(Note::Check(format!("{} has the same value in both Regions", primary.told())));
            continue;
        }
        let name = primary.key().unwrap_or_default();
        let mut block = Block::new("parameters", "ssm-parameter").title(name).from([primary, standby]);
        block.set("name", text(name));
        if values.iter().any(Option::is_none) {
            let note = "the value that means each Region: values are not read from a state, but for insecure_value";
            block.note(Note::Missing(note.to_owned()));
        }
        block.set("value", Val::Table(vec![("primary", text(values[0])), ("standby", text(values[1]))]));
        blocks.push(block);
    }
    Part { what: "parameters", blocks, left: notes }
}

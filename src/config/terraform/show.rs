//! What `terraform show -json` prints of a state.

use serde_json::{Map, Value};

use super::file::{At, BadFile};
use super::hidden;
use super::resource::{Estate, Standing};
use super::wanted::wanted;

pub(super) fn read(at: &At<'_>, root: &Map<String, Value>, estate: &mut Estate) -> Result<(), BadFile> {
    // Of an empty state there are no values.
    let Some(values) = root.get("values").filter(|values| !values.is_null()) else { return Ok(()) };
    let at = at.key("values");
    let Some(module) = at.object(values)?.get("root_module").filter(|module| !module.is_null()) else { return Ok(()) };
    self::module(&at.key("root_module"), module, estate)
}

/// A module and those in it. How deep they can be is bounded by how deep JSON is read.
fn module(at: &At<'_>, module: &Value, estate: &mut Estate) -> Result<(), BadFile> {
    let module = at.object(module)?;
    let here = at.key("resources");
    for (index, resource) in here.list(module.get("resources"))?.iter().enumerate() {
        let at = here.item(index);
        let resource = at.object(resource)?;
        let kind = at.text(resource, "type")?;
        let managed = at.word(resource, "mode")?.is_none_or(|mode| mode == "managed");
        let deposed = resource.get("deposed_key").is_some_and(|key| !key.is_null());
        if !managed || deposed || wanted(kind).is_none() {
            continue;
        }
        let address = at.text(resource, "address")?.to_owned();
        let Some(values) = resource.get("values").filter(|values| !values.is_null()) else { continue };
        at.key("values").object(values)?;
        let mut values = values.clone();
        if let Some(marks) = resource.get("sensitive_values") {
            hidden::by_mirror(&mut values, marks);
        }
        // Which of several provider configurations it has is not told here.
        let standing = Standing { kind, address, provider: None, said: None };
        if let Some(values) = values.as_object() {
            estate.add(&at.key("values"), standing, values);
        }
    }
    let below = at.key("child_modules");
    for (index, child) in below.list(module.get("child_modules"))?.iter().enumerate() {
        self::module(&below.item(index), child, estate)?;
    }
    Ok(())
}

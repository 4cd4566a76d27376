//! A state, version 4: what `terraform state pull` prints and `terraform.tfstate` holds.

use serde_json::{Map, Value};

use super::file::{At, BadFile};
use super::hidden;
use super::resource::{Estate, Standing};
use super::wanted::wanted;

pub(super) fn read(at: &At<'_>, root: &Map<String, Value>, estate: &mut Estate) -> Result<(), BadFile> {
    let at = at.key("resources");
    for (index, resource) in at.list(root.get("resources"))?.iter().enumerate() {
        let at = at.item(index);
        let resource = at.object(resource)?;
        let kind = at.text(resource, "type")?;
        let managed = at.word(resource, "mode")?.is_none_or(|mode| mode == "managed");
        if !managed || wanted(kind).is_none() {
            continue;
        }
        let name = at.text(resource, "name")?;
        let module = at.word(resource, "module")?;
        let provider = at.word(resource, "provider")?;
        let base = module.map_or_else(String::new, |module| format!("{module}.")) + &format!("{kind}.{name}");
        let at = at.key("instances");
        for (index, instance) in at.list(resource.get("instances"))?.iter().enumerate() {
            let at = at.item(index);
            let instance = at.object(instance)?;
            // What is only waiting to be destroyed is no part of the service.
            if instance.get("deposed").is_some_and(|key| !key.is_null()) {
                continue;
            }
            let address = base.clone() + &indexed(instance.get("index_key"));
            let attributes = match instance.get("attributes") {
                None | Some(Value::Null) => {
                    if instance.contains_key("attributes_flat") {
                        let help = "`terraform apply -refresh-only` writes it anew";
                        estate.doubts.push(at.told(&format!("kept in the form of an old Terraform; {help}")));
                    }
                    continue;
                }
                Some(attributes) => at.key("attributes").object(attributes)?,
            };
            let mut attributes = attributes.clone();
            hidden::by_paths(&mut attributes, instance.get("sensitive_attributes"));
            let standing = Standing { kind, address, provider, said: None };
            estate.add(&at.key("attributes"), standing, &attributes);
        }
    }
    Ok(())
}

/// `[0]`, `["a"]`, or nothing.
pub(super) fn indexed(key: Option<&Value>) -> String {
    match key {
        Some(key @ (Value::Number(_) | Value::String(_))) => format!("[{key}]"),
        _ => String::new(),
    }
}

//! Objects as they are shown: without the members that are the sandbox's own.

use serde_json::{Map, Value};

/// Strips members that start with an underscore (only ever at the top level of an object of ours).
pub(crate) fn public(object: &Value) -> Value {
    match object {
        Value::Object(map) => Value::Object(
            map.iter()
                .filter(|(key, _)| !key.starts_with('_'))
                .map(|(key, value)| (key.clone(), value.clone()))
                .collect::<Map<_, _>>(),
        ),
        other => other.clone(),
    }
}

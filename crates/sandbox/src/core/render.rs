//! Objects as they are shown: without the members that are the sandbox's own.

use crate::core::value::Value;

/// Strips members that start with an underscore (only ever at the top level of an object of ours).
pub(crate) fn public(object: &Value) -> Value {
    match object {
        Value::Object(members) => Value::Object(members.shown()),
        other => other.clone(),
    }
}

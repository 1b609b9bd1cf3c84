//! Short ways to read and write members of JSON objects.

use crate::core::value::{Map, Value};

/// Reads and writes that treat a missing member as null.
pub(crate) trait Json {
    fn at(&self, path: &str) -> &Value;
    fn text(&self, path: &str) -> Option<&str>;
    fn int(&self, path: &str) -> Option<i64>;
    fn flag(&self, path: &str) -> bool;
    fn list(&self, path: &str) -> &[Value];
    fn set(&mut self, path: &str, value: impl Into<Value>);

    fn id(&self) -> String {
        self.string("id")
    }
    fn string(&self, path: &str) -> String {
        self.text(path).unwrap_or_default().to_owned()
    }
    fn num(&self, path: &str) -> i64 {
        self.int(path).unwrap_or_default()
    }
    fn is(&self, path: &str, expected: &str) -> bool {
        self.text(path) == Some(expected)
    }
    fn has(&self, path: &str) -> bool {
        !self.at(path).is_null()
    }
}

impl Json for Value {
    fn at(&self, path: &str) -> &Value {
        path.split('.').fold(self, |value, key| match value {
            Value::Array(items) => {
                key.parse::<usize>().ok().and_then(|i| items.get(i)).unwrap_or(&Value::Null)
            }
            other => other.get(key).unwrap_or(&Value::Null),
        })
    }

    fn text(&self, path: &str) -> Option<&str> {
        self.at(path).as_str()
    }

    fn int(&self, path: &str) -> Option<i64> {
        self.at(path).as_i64()
    }

    fn flag(&self, path: &str) -> bool {
        self.at(path).as_bool().unwrap_or(false)
    }

    fn list(&self, path: &str) -> &[Value] {
        self.at(path).as_array().map_or(&[], Vec::as_slice)
    }

    /// Sets a member, making the objects on the way.
    fn set(&mut self, path: &str, value: impl Into<Value>) {
        let mut here = self;
        let mut keys = path.split('.').peekable();
        while let Some(key) = keys.next() {
            if let (Value::Array(items), Ok(index)) = (&mut *here, key.parse::<usize>()) {
                if index >= items.len() {
                    return;
                }
                if keys.peek().is_none() {
                    if let Value::Array(items) = here {
                        items[index] = value.into();
                    }
                    return;
                }
                let Value::Array(items) = here else { return };
                here = &mut items[index];
                continue;
            }
            if !here.is_object() {
                *here = Value::Object(Map::new());
            }
            let Value::Object(map) = here else { return };
            if keys.peek().is_none() {
                map.insert(key.to_owned(), value.into());
                return;
            }
            here = map.entry(key.to_owned()).or_insert(Value::Null);
        }
    }
}

/// What `old` had in the members that differ in `new`: the `previous_attributes` of an event.
///
/// Objects are compared member by member, lists as a whole (as Stripe's events do).
pub(crate) fn previous(old: &Value, new: &Value) -> Map {
    let mut changed = Map::new();
    let (Value::Object(old), Value::Object(new)) = (old, new) else { return changed };
    let (old, new) = (old.shown(), new.shown());
    if old == new {
        return changed;
    }
    for (key, was) in &old {
        let is = new.get(key).unwrap_or(&Value::Null);
        if was == is {
            continue;
        }
        let both_objects = was.is_object() && is.is_object();
        let before = if both_objects { Value::Object(previous(was, is)) } else { was.clone() };
        changed.insert(key.clone(), before);
    }
    for (key, is) in &new {
        if !old.contains_key(key) && !is.is_null() {
            changed.insert(key.clone(), Value::Null);
        }
    }
    changed
}

//! Checked parameters, as the resources read them.

use crate::core::value::{Map, Value};

use crate::core::error::{ApiError, Result};
use crate::core::json::Json;

/// The ids in the path, and the checked parameters. A parameter that was sent empty is null.
#[derive(Debug, Default)]
pub(crate) struct Args {
    pub(crate) ids: Vec<String>,
    pub(crate) params: Value,
    /// Sent with a publishable key: only what Stripe.js does, and only with the object's secret.
    pub(crate) publishable: bool,
}

impl Args {
    /// The first id in the path.
    pub(crate) fn id(&self) -> &str {
        self.ids.first().map_or("", String::as_str)
    }

    /// Whether the parameter was sent at all, empty or not.
    pub(crate) fn sent(&self, name: &str) -> bool {
        self.params.get(name).is_some()
    }

    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.params.text(name)
    }

    pub(crate) fn int(&self, name: &str) -> Option<i64> {
        self.params.int(name)
    }

    pub(crate) fn flag(&self, name: &str) -> bool {
        self.params.flag(name)
    }

    pub(crate) fn at(&self, path: &str) -> &Value {
        self.params.at(path)
    }

    pub(crate) fn need_text(&self, name: &str) -> Result<&str> {
        let absent = if self.sent(name) { ApiError::empty } else { ApiError::required };
        self.text(name).ok_or_else(|| absent(name))
    }

    pub(crate) fn need_int(&self, name: &str) -> Result<i64> {
        self.int(name).ok_or_else(|| ApiError::required(name))
    }

    /// An amount in minor units that is not negative.
    pub(crate) fn amount(&self, name: &str) -> Result<Option<i64>> {
        match self.int(name) {
            Some(amount) if amount < 0 => Err(ApiError::invalid("Invalid non-negative integer")
                .code("parameter_invalid_integer")
                .param(name)),
            Some(amount) if amount > 99_999_999 => {
                Err(ApiError::invalid("Amount must be no more than $999,999.99")
                    .code("amount_too_large")
                    .param(name))
            }
            amount => Ok(amount),
        }
    }

    /// A number within bounds.
    pub(crate) fn within(&self, name: &str, least: i64, most: i64) -> Result<Option<i64>> {
        match self.int(name) {
            Some(number) if !(least..=most).contains(&number) => {
                let message = format!("Invalid integer: {number} (must be between {least} and {most})");
                Err(ApiError::invalid(message).code("parameter_invalid_integer").param(name))
            }
            number => Ok(number),
        }
    }

    /// Copies parameters that were sent into members of the same name.
    pub(crate) fn copy(&self, names: &[&str], object: &mut Value) {
        for name in names {
            if let Some(value) = self.params.get(name) {
                object.set(name, value.clone());
            }
        }
    }

    /// Copies the members of a nested parameter that were sent; empty sets the whole to null.
    pub(crate) fn merge(&self, name: &str, object: &mut Value) {
        match self.params.get(name) {
            Some(Value::Object(members)) => {
                for (key, value) in members {
                    object.set(&format!("{name}.{key}"), value.clone());
                }
            }
            Some(Value::Null) => object.set(name, Value::Null),
            _ => {}
        }
    }

    pub(crate) fn metadata(&self, object: &mut Value) {
        merge_metadata(self.params.get("metadata"), object);
    }

    pub(crate) fn expand(&self) -> Vec<String> {
        self.params.list("expand").iter().filter_map(Value::as_str).map(str::to_owned).collect()
    }
}

/// Merges sent metadata into an object's: an empty text removes its key, an empty parameter all keys.
pub(crate) fn merge_metadata(sent: Option<&Value>, object: &mut Value) {
    let mut merged = object.at("metadata").as_object().cloned().unwrap_or_default();
    match sent {
        Some(Value::Object(pairs)) => {
            for (key, value) in pairs {
                if value == "" {
                    merged.remove(key);
                } else {
                    merged.insert(key.clone(), value.clone());
                }
            }
        }
        Some(_) => merged = Map::new(),
        None if object.at("metadata").is_object() => return,
        None => {}
    }
    object.set("metadata", merged);
}

//! What a command changes: the only way in which the state moves, and one line of the journal.

use std::sync::Arc;

use crate::core::value::Value;
use serde::{Deserialize, Serialize};

/// The changes of one command in one account. Applied whole or not at all.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Changes {
    pub(crate) account: String,
    /// The generator's state afterwards.
    pub(crate) random: u64,
    /// The last sequence number afterwards.
    pub(crate) seq: u64,
    /// Objects as they are now, in the order in which they were touched first.
    #[serde(default, with = "shared")]
    pub(crate) put: Vec<Arc<Value>>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) removed: Vec<String>,
}

impl Changes {
    pub(crate) fn is_empty(&self) -> bool {
        self.put.is_empty() && self.removed.is_empty()
    }
}

/// One line of the journal.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Line {
    Changes(Changes),
    /// The business clock's offset in milliseconds, from here on.
    Clock {
        offset_ms: i64,
    },
    Reset,
}

mod shared {
    use super::{Arc, Value};
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(values: &[Arc<Value>], out: S) -> Result<S::Ok, S::Error> {
        out.collect_seq(values.iter().map(AsRef::as_ref))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Arc<Value>>, D::Error> {
        Ok(Vec::<Value>::deserialize(from)?.into_iter().map(Arc::new).collect())
    }
}

//! What a command changes: the only way in which the state moves, and one line of the journal.

use std::sync::Arc;

use serde::{Serialize, Serializer};

use super::json::Json;
use super::kept::Stored;
use super::render;
use super::value::{Value, json};

/// The changes of one command in one account. Applied whole or not at all.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct Changes {
    pub(crate) account: String,
    /// The generator's state afterwards.
    pub(crate) random: u64,
    /// The last sequence number afterwards.
    pub(crate) seq: u64,
    /// Objects as they are now, in the order in which they were touched first.
    #[serde(serialize_with = "each_once")]
    pub(crate) put: Vec<Arc<Value>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) removed: Vec<String>,
}

impl Changes {
    pub(crate) fn is_empty(&self) -> bool {
        self.put.is_empty() && self.removed.is_empty()
    }
}

/// One line of the journal, to be written; `core::kept` reads it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Line {
    Changes(Changes),
    /// A part of an account as it is: also a change, of nothing into this.
    #[serde(rename = "changes")]
    Whole {
        account: String,
        random: u64,
        seq: u64,
        #[serde(serialize_with = "each_whole")]
        put: Vec<Stored>,
    },
    /// The business clock's offset in milliseconds, from here on.
    Clock {
        offset_ms: i64,
    },
    Reset,
}

/// What stands in a line for an object that is in it already: its place among those that are put.
pub(crate) const SAME: &str = "_same";
/// Members in which it differs from that one.
pub(crate) const BUT: &str = "_but";

/// Where an object holds what was shown of another one.
pub(crate) fn copy_in(object: &Value) -> Option<&'static str> {
    match object.text("object")? {
        "event" => Some("data.object"),
        "_key" => Some("answer"),
        _ => None,
    }
}

/// Events and answers show objects as they are put by the same command, or were on the way: each is written once.
fn each_once<S: Serializer>(put: &[Arc<Value>], out: S) -> Result<S::Ok, S::Error> {
    out.collect_seq(put.iter().map(|object| slim(object, put).unwrap_or_else(|| (**object).clone())))
}

fn slim(object: &Value, put: &[Arc<Value>]) -> Option<Value> {
    let path = copy_in(object)?;
    let shown = object.at(path).as_object()?;
    let is_it = |other: &Arc<Value>| other.as_object().is_some_and(|other| shown.is_shown_of(other));
    let copy = if let Some(same) = put.iter().position(is_it) {
        json!({ SAME: same })
    } else {
        let id = shown.get("id").filter(|id| !id.is_null())?;
        let (same, other) = put.iter().enumerate().find(|(_, other)| other.get("id") == Some(id))?;
        json!({ SAME: same, BUT: shown.differing(other.as_object()?)? })
    };
    let mut slim = object.clone();
    slim.set(path, copy);
    Some(slim)
}

/// What [`each_once`] left out of a copy; `put` reads one of the line's objects.
pub(crate) fn fill(copy: &Value, put: impl FnOnce(usize) -> Value) -> Option<Value> {
    let mut whole = render::public(&put(usize::try_from(copy.at(SAME).as_u64()?).ok()?));
    for (name, value) in copy.at(BUT).as_object().into_iter().flatten() {
        whole[name.as_str()] = value.clone();
    }
    Some(whole)
}

fn each_whole<S: Serializer>(put: &[Stored], out: S) -> Result<S::Ok, S::Error> {
    out.collect_seq(put.iter().map(|object| (*object.look()).clone()))
}

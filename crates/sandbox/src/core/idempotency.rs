//! Idempotency keys: the first answer to a key is saved with the changes it made, and replayed.

use std::sync::Arc;

use crate::core::value::{Value, json};

use super::apply::{Answer, Command};
use super::error::ApiError;
use super::ids::hash;
use super::json::Json;
use super::work::Work;

/// Stripe docs: idempotent requests: keys may be pruned once they are at least 24 hours old (wall clock).
const KEPT_MS: i64 = 24 * 3600 * 1000;

/// What a key found.
pub(crate) enum Known {
    /// Nothing: do the work.
    New,
    Replay(Answer),
    Refused(ApiError),
}

fn record_id(key: &str) -> String {
    format!("_key:{key}")
}

fn fingerprint(command: &Command) -> String {
    format!(
        "{:016x}",
        hash(&format!("{} {}?{}\n{}", command.method, command.path, command.query, command.body))
    )
}

/// Looks a command's key up. Only POST has keys.
pub(crate) fn look_up(work: &Work<'_>, command: &Command, key: &str) -> Known {
    if key.len() > 255 {
        let message = "Idempotency keys can be up to 255 characters long.";
        return Known::Refused(ApiError::new(400, "invalid_request_error", message));
    }
    let Some(record) = work.get(&record_id(key)) else { return Known::New };
    if work.wall_ms - record.num("wall_ms") >= KEPT_MS {
        return Known::New;
    }
    if record.is("fingerprint", &fingerprint(command)) {
        return Known::Replay(replay(&record));
    }
    let (first, now) = (record.string("endpoint"), command.path.as_str());
    let message = if first == now {
        format!(
            "Keys for idempotent requests can only be used with the same parameters they were first used \
             with. Try using a key other than '{key}' if you meant to execute a different request."
        )
    } else {
        format!(
            "Keys for idempotent requests can only be used for the same endpoint they were first used for \
             ('{now}' vs '{first}'). Try using a key other than '{key}' if you meant to execute a different request."
        )
    };
    Known::Refused(ApiError::new(400, "idempotency_error", message))
}

fn replay(record: &Value) -> Answer {
    Answer {
        status: u16::try_from(record.num("status")).unwrap_or(500),
        body: record.at("answer").clone(),
        began: true,
        original_request: record.text("request").map(str::to_owned),
        replayed: true,
    }
}

/// Saves an answer under its key, among the changes of the command itself.
pub(crate) fn save(work: &mut Work<'_>, command: &Command, key: &str, answer: &Answer) {
    work.create(json!({
        "id": record_id(key),
        "object": "_key",
        "fingerprint": fingerprint(command),
        "endpoint": command.path,
        "status": answer.status,
        "answer": answer.body,
        "request": command.request_id,
        "wall_ms": work.wall_ms,
    }));
}

/// Whether a stored object is a key that has served its time.
pub(crate) fn is_stale(object: &Arc<Value>, wall_ms: i64) -> bool {
    object.is("object", "_key") && wall_ms - object.num("wall_ms") >= KEPT_MS
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::apply::{Moment, apply, prepare};
    use crate::core::state::State;

    #[test]
    fn a_key_serves_for_twenty_four_hours_and_is_new_after_that() {
        let mut state = State::new(1);
        let mut ask = |wall_ms: i64| {
            let command = Command {
                account: "a".into(),
                method: "POST".into(),
                path: "/v1/customers".into(),
                idempotency_key: Some("k".into()),
                ..Command::default()
            };
            let (changes, answer) = apply(&state, &command, prepare(&command), Moment { now: 0, wall_ms });
            state.apply(&changes);
            (answer.replayed, answer.body)
        };
        let first = ask(1000);
        assert_eq!(ask(1000 + KEPT_MS - 1), (true, first.1.clone()));
        let later = ask(1000 + KEPT_MS);
        assert!(!later.0 && later.1 != first.1);
        assert_eq!(ask(1000 + KEPT_MS + 1), (true, later.1));
    }
}

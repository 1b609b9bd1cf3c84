//! Limits as they are sent to the sandbox's own address, and shown there.

use crate::core::value::{Map, Value, json};

use crate::limits::Limits;

/// Names of the numbers, with where each is kept.
fn numbers(limits: &mut Limits) -> [(&'static str, &mut Option<u32>); 9] {
    [
        ("global_per_second", &mut limits.global_per_second),
        ("endpoint_per_second", &mut limits.endpoint_per_second),
        ("search_per_second", &mut limits.search_per_second),
        ("global_concurrency", &mut limits.global_concurrency),
        ("endpoint_concurrency", &mut limits.endpoint_concurrency),
        ("invoices_per_minute", &mut limits.invoices_per_minute),
        ("invoices_per_day", &mut limits.invoices_per_day),
        ("quantity_updates_per_hour", &mut limits.quantity_updates_per_hour),
        ("intent_updates_per_hour", &mut limits.intent_updates_per_hour),
    ]
}

pub(crate) fn show(limits: &Limits) -> Value {
    let mut shown: Map =
        numbers(&mut limits.clone()).into_iter().map(|(name, number)| (name, json!(number))).collect();
    shown.insert("object_locks", limits.object_locks.into());
    Value::Object(shown)
}

/// Reads `{"mode": "off" | "test" | "live"}`, with numbers that go over those of the mode; null lifts one. Without a
/// mode, what is not given is off.
///
/// # Errors
/// A sentence that names the field that is wrong.
pub(crate) fn read(body: &[u8]) -> Result<Limits, String> {
    let sent: Value =
        serde_json::from_slice(body).map_err(|error| format!("the body is not JSON: {error}"))?;
    let Value::Object(mut sent) = sent else { return Err("the body must be an object".into()) };
    let mut limits = match sent.remove("mode") {
        None => Limits::off(),
        Some(mode) => mode.as_str().unwrap_or_default().parse().map_err(|error| format!("mode: {error}"))?,
    };
    if let Some(locks) = sent.remove("object_locks") {
        limits.object_locks = locks.as_bool().ok_or("object_locks: true or false")?;
    }
    for (name, kept) in numbers(&mut limits) {
        match sent.remove(name) {
            None => {}
            Some(Value::Null) => *kept = None,
            Some(number) => {
                let number = number.as_u64().and_then(|number| u32::try_from(number).ok());
                *kept = Some(
                    number.filter(|number| *number > 0).ok_or(format!("{name}: a whole number above 0"))?,
                );
            }
        }
    }
    match sent.keys().next() {
        Some(unknown) => Err(format!("{unknown}: unknown")),
        None => Ok(limits),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mode_may_be_adjusted_and_mistakes_are_named() {
        let read = |text: &str| read(text.as_bytes());
        assert_eq!(read(r#"{"mode": "live"}"#), Ok(Limits::live()));
        let adjusted = Limits { endpoint_per_second: None, global_concurrency: Some(3), ..Limits::test() };
        assert_eq!(
            read(r#"{"mode": "test", "endpoint_per_second": null, "global_concurrency": 3}"#),
            Ok(adjusted)
        );
        assert_eq!(read(r#"{"object_locks": true}"#), Ok(Limits { object_locks: true, ..Limits::off() }));
        for (text, error) in [
            ("[]", "the body must be an object"),
            (r#"{"mode": "fast"}"#, "mode: off, test or live"),
            (r#"{"search_per_second": 0}"#, "search_per_second: a whole number above 0"),
            (r#"{"object_locks": 1}"#, "object_locks: true or false"),
            (r#"{"per_second": 1}"#, "per_second: unknown"),
        ] {
            assert_eq!(read(text), Err(error.to_owned()));
        }
    }
}

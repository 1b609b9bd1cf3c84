//! Ids and times as a story tells them: ids numbered as they come up, business times to the minute, wall times as
//! `wall`, so that every telling is the same.

use serde_json::Value;
use std::collections::HashMap;

/// Prefixes of Stripe's ids that have 14 characters, and of nothing else.
const SHORT_IDS: [&str; 2] = ["cus", "si"];

#[derive(Default)]
pub(super) struct Names {
    known: HashMap<String, String>,
    counts: HashMap<String, usize>,
}

impl Names {
    /// From now on this id is called so.
    pub(super) fn call(&mut self, id: &str, name: String) {
        self.known.insert(id.to_owned(), name);
    }

    pub(super) fn value(&mut self, value: &Value) -> Value {
        match value {
            Value::Object(fields) => fields
                .iter()
                .map(|(name, field)| (self.text(name), self.field(name, field)))
                .collect::<serde_json::Map<_, _>>()
                .into(),
            Value::Array(items) => items.iter().map(|item| self.value(item)).collect(),
            Value::String(text) => Value::String(self.text(text)),
            Value::Number(number) => match number.as_i64().and_then(instant) {
                Some(at) => Value::String(to_the_minute(at)),
                None => value.clone(),
            },
            other => other.clone(),
        }
    }

    fn field(&mut self, name: &str, field: &Value) -> Value {
        match field {
            // The part before the hyphen is random.
            Value::String(number) if name == "number" => {
                Value::String(format!("…-{}", number.rsplit('-').next().unwrap_or_default()))
            }
            other => self.value(other),
        }
    }

    /// Every id and every time within the text.
    pub(super) fn text(&mut self, text: &str) -> String {
        if let Ok(at) = text.parse::<jiff::Timestamp>() {
            return to_the_minute(at);
        }
        let mut named = String::new();
        let mut rest = text;
        while !rest.is_empty() {
            let word = rest.find(|c: char| !is_of_a_word(c)).unwrap_or(rest.len());
            named += &self.word(&rest[..word]);
            let next = rest[word..].find(is_of_a_word).map_or(rest.len(), |at| word + at);
            named += &rest[word..next];
            rest = &rest[next..];
        }
        named
    }

    fn word(&mut self, word: &str) -> String {
        if let Some(name) = self.known.get(word) {
            return name.clone();
        }
        if let Some((intent, _)) = word.split_once("_secret_") {
            return format!("{}_secret", self.word(intent));
        }
        let Some((prefix, random)) = word.rsplit_once('_') else { return word.to_owned() };
        if prefix == "evt" {
            // How many there are is Stripe's matter.
            return "evt".to_owned();
        }
        // Chosen words have neither digits nor capitals; a short id may happen to have none.
        let is_an_id = SHORT_IDS.contains(&prefix) || !random.bytes().all(|byte| byte.is_ascii_lowercase());
        if random.len() < 14 || !is_an_id {
            return word.to_owned();
        }
        let count = self.counts.entry(prefix.to_owned()).or_default();
        *count += 1;
        let name = format!("{prefix}_{count}");
        self.known.insert(word.to_owned(), name.clone());
        name
    }
}

fn is_of_a_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

/// Of a number that can only be a time: seconds as Stripe has them, milliseconds as our rows.
fn instant(number: i64) -> Option<jiff::Timestamp> {
    match number {
        1_500_000_000..5_000_000_000 => jiff::Timestamp::from_second(number).ok(),
        1_500_000_000_000..5_000_000_000_000 => jiff::Timestamp::from_millisecond(number).ok(),
        _ => None,
    }
}

/// Rounded, because a telling takes a few seconds.
fn to_the_minute(at: jiff::Timestamp) -> String {
    let at = jiff::Timestamp::from_second((at.as_second() + 30).div_euclid(60) * 60).unwrap();
    let text = at.to_string();
    if text.as_str() < super::BEGINNING { "wall".to_owned() } else { text[..16].replace('T', " ") }
}

#[test]
fn an_id_is_told_from_a_chosen_word() {
    let mut names = Names::default();
    let told = names.text(
        "cus_gyoukuowamesgv has sub_1RkTqY2eZvKYlo2CxUpzQw3d, cus_gyoukuowamesgv subscription_configuration",
    );
    assert_eq!(told, "cus_1 has sub_1, cus_1 subscription_configuration");
}

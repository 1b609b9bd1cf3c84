//! Everything that there is about a member, for the member: of every table that knows whose its rows are, also of
//! those that are made after this was written.

use crate::users::{User, email_key};
use crate::{Billing, Error, Result};
use domain::time::Timestamp;
use serde_json::{Map, Value, json};
use store::db::{Table, rows_as_json, tables};

/// What says nothing about the person: notes of ours to keep the books and the host application informed, and copies
/// of what Stripe told, which is in the other tables.
const NOT_THEIRS: [&str; 4] = ["discrepancies", "stripe_events", "subscription_calls", "told_entitlements"];

/// Secrets, and how a row was asked for and is worked on.
const NOT_SHOWN: [&str; 13] = [
    "password_hash",
    "token_hash",
    "email_normalized",
    "request",
    "request_key",
    "dedupe_key",
    "lease_until",
    "leaving_until",
    "next_attempt_at",
    "body_html",
    "binding",
    "call_state",
    "standing_version",
];

/// How columns are named that hold an instant, in milliseconds.
const INSTANTS: [&str; 8] = ["_at", "_start", "_end", "_until", "_since", "_by", "_date", "_attempt"];

impl Billing {
    /// One object for each table, by its name; times are RFC 3339, amounts minor units.
    pub async fn export(&self, user: &User) -> Result<Value> {
        let mut reader = self.db.reader();
        let mut all = Map::new();
        all.insert("exported_at".to_owned(), json!(self.wall().to_string()));
        for table in tables(&mut reader).await? {
            let Some((column, value)) = owned_by(&table, user) else { continue };
            let mut rows = Vec::new();
            for row in rows_as_json(&mut reader, &table, column, &value).await? {
                rows.push(shown(&row)?);
            }
            if table.name == "outbox_messages" {
                // The rest are for the host application.
                rows.retain(|row| row["kind"] == "email");
            }
            all.insert(table.name, Value::Array(rows));
        }
        // Kept without the address itself.
        if let Some(address) = &user.email {
            all.insert("trial_address_key".to_owned(), json!(email_key(address)));
        }
        Ok(Value::Object(all))
    }
}

/// By which column, and which value of it, the table's rows are this user's.
fn owned_by(table: &Table, user: &User) -> Option<(&'static str, String)> {
    if NOT_THEIRS.contains(&table.name.as_str()) {
        return None;
    }
    match table.name.as_str() {
        "users" => Some(("id", user.id.to_string())),
        "accounts" => Some(("id", user.account_id.to_string())),
        _ if table.has("account_id") => Some(("account_id", user.account_id.to_string())),
        _ if table.has("user_id") => Some(("user_id", user.id.to_string())),
        _ => None,
    }
}

fn shown(row: &str) -> Result<Value> {
    let row: Value =
        serde_json::from_str(row).map_err(|error| Error::Internal(format!("a row is not JSON: {error}")))?;
    Ok(readable("", row))
}

fn readable(name: &str, value: Value) -> Value {
    match value {
        Value::Object(fields) => fields
            .into_iter()
            .filter(|(name, _)| !NOT_SHOWN.contains(&name.as_str()))
            .map(|(name, field)| {
                let field = readable(&name, field);
                (name, field)
            })
            .collect::<Map<_, _>>()
            .into(),
        Value::Array(items) => items.into_iter().map(|item| readable(name, item)).collect(),
        Value::Number(number) if INSTANTS.iter().any(|ending| name.ends_with(ending)) => {
            number.as_i64().map_or(Value::Number(number), |at| json!(Timestamp(at).to_string()))
        }
        // Columns that hold JSON.
        Value::String(text) if text.starts_with(['[', '{']) => match serde_json::from_str(&text) {
            Ok(inner) => readable(name, inner),
            Err(_) => Value::String(text),
        },
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_shown_without_secrets_and_with_times_as_people_write_them() {
        let row = r#"{"id": "in_1", "request_key": "k", "paid_at": 1700000000000, "amount": 1700000000000,
            "lines": "[{\"period_end\": 1700000000000, \"description\": \"{no json\"}]", "closed_at": null}"#;
        let at = "2023-11-14T22:13:20Z";
        assert_eq!(
            shown(row).unwrap(),
            json!({"id": "in_1", "paid_at": at, "amount": 1_700_000_000_000_i64,
                "lines": [{"period_end": at, "description": "{no json"}], "closed_at": null})
        );
    }
}

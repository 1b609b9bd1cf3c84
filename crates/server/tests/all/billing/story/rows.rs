//! Every row of the database that a story can have changed, whichever database it is.

use serde_json::Value;
use store::db::{Dialect, built};
use store::{Db, Query as _, args};

/// What was there before any story, what only coordinates workers, what is told elsewhere, or is of one moment.
const NOT_TOLD: [&str; 19] = [
    "customer_syncs",
    "idempotency_keys",
    "outbox_messages",
    "package_prices",
    "quotes",
    "schema_migrations",
    "service_keys",
    "sessions",
    "settings",
    "stripe_events",
    "subscription_calls",
    "subscription_tiers",
    "tier_prices",
    "token_packages",
    "usage_batches",
    "usage_days",
    "users",
    "sqlite_sequence",
    "sqlite_stat1",
];

/// Columns of retries and leases, of wall time, of how a row was asked for, of which event came first, and of how often a row was written.
const NOT_SHOWN: [&str; 13] = [
    "request",
    "request_key",
    "address_hash",
    "updated_at",
    "declined_at",
    "recorded_at",
    "next_attempt_at",
    "lease_until",
    "attempts",
    "stripe_event_id",
    "report",
    "readable",
    "standing_version",
];

/// Tables by name, with their rows in the order in which they were made.
pub(super) async fn all(db: &Db) -> Vec<(String, Vec<Value>)> {
    let mut all = Vec::new();
    for table in tables(db).await {
        if NOT_TOLD.contains(&table.as_str()) {
            continue;
        }
        let rows = rows(db, &table).await;
        if !rows.is_empty() {
            all.push((table, rows));
        }
    }
    all
}

async fn tables(db: &Db) -> Vec<String> {
    let sql = match db.dialect() {
        Dialect::Sqlite => "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name",
        Dialect::Postgres => {
            "SELECT CAST(table_name AS TEXT) FROM information_schema.tables
             WHERE table_schema = 'public' ORDER BY 1"
        }
    };
    db.reader().all::<(String,)>(sql, args![]).await.unwrap().into_iter().map(|(name,)| name).collect()
}

/// Names and types, in the order of the table.
async fn columns(db: &Db, table: &str) -> Vec<(String, String)> {
    let sql = match db.dialect() {
        Dialect::Sqlite => "SELECT name, type FROM pragma_table_info($1)",
        Dialect::Postgres => {
            "SELECT CAST(column_name AS TEXT), CAST(data_type AS TEXT) FROM information_schema.columns
             WHERE table_schema = 'public' AND table_name = $1 ORDER BY ordinal_position"
        }
    };
    db.reader().all::<(String, String)>(sql, args![table]).await.unwrap()
}

async fn rows(db: &Db, table: &str) -> Vec<Value> {
    let columns = columns(db, table).await;
    let order = if columns.iter().any(|(name, _)| name == "created_at") { "created_at, 1" } else { "1" };
    let first = &columns[0].0;
    let order = order.replace('1', first);
    let object = match db.dialect() {
        Dialect::Postgres => format!("CAST(row_to_json({table}) AS TEXT)"),
        Dialect::Sqlite => {
            let fields: Vec<_> = columns
                .iter()
                .map(|(name, kind)| match kind.as_str() {
                    "BOOLEAN" => {
                        format!("'{name}', json(CASE {name} WHEN 1 THEN 'true' WHEN 0 THEN 'false' END)")
                    }
                    _ => format!("'{name}', {name}"),
                })
                .collect();
            format!("json_object({})", fields.join(", "))
        }
    };
    let sql = format!("SELECT {object} FROM {table} ORDER BY {order}");
    let rows = db.reader().all::<(String,)>(built(sql), args![]).await.unwrap();
    rows.into_iter().map(|(row,)| shown(&row)).collect()
}

fn shown(row: &str) -> Value {
    let Value::Object(mut row) = serde_json::from_str(row).unwrap() else { panic!("a row is an object") };
    row.retain(|name, _| !NOT_SHOWN.contains(&name.as_str()));
    for field in row.values_mut() {
        // Columns that hold JSON.
        if let Some(text) = field.as_str().filter(|text| text.starts_with(['[', '{'])) {
            *field = serde_json::from_str(text).unwrap();
        }
    }
    row.into()
}

/// What was written to whom, by its words: of two mails about one moment either may be written first. `here` is
/// our own address.
pub(super) async fn mails(db: &Db, here: &str) -> Vec<String> {
    let sql = "SELECT recipient, subject, body_text FROM outbox_messages WHERE kind = 'email' ORDER BY id";
    let mails = db.reader().all::<(String, String, String)>(sql, args![]).await.unwrap();
    let told = mails.into_iter().filter(|(_, subject, _)| !subject.contains("verify"));
    let mut told: Vec<_> = told
        .map(|(to, subject, text)| {
            let text = without_random_number(&text).replace(here, "http://here");
            format!("to {to}: {subject}\n{}\n", indented(&text))
        })
        .collect();
    told.sort();
    told
}

/// The part of an invoice's number before the hyphen is random.
fn without_random_number(text: &str) -> String {
    let line = |line: &str| match line.split_once("Invoice: ").and_then(|(_, number)| number.split_once('-'))
    {
        Some((_, count)) => format!("  Invoice: …-{count}\n"),
        None => format!("{line}\n"),
    };
    text.lines().map(line).collect()
}

fn indented(text: &str) -> String {
    text.trim_end().lines().map(|line| format!("    {line}").trim_end().to_owned() + "\n").collect()
}

/// Stripe's prices of the catalog, with their lookup keys.
pub(super) async fn prices(db: &Db) -> Vec<(String, String)> {
    let sql = "SELECT stripe_price_id, lookup_key FROM tier_prices
         UNION ALL SELECT stripe_price_id, lookup_key FROM package_prices";
    db.reader().all::<(String, String)>(sql, args![]).await.unwrap()
}

//! A table of users who spend tokens: their allowance of today is used up.

use domain::time::Timestamp;
use store::db::{Dialect, Query as _, built};
use store::{Db, args};

const AT_ONCE: u64 = 100_000;
/// Of their subjects.
pub(crate) const ISSUER: &str = "bench";
/// What each has. No measurement spends it all.
const TOKENS: i64 = 1_000_000_000_000;

/// Up to so many users, the first of them `u0`. Those that are there already stay.
pub(crate) async fn users(db: &Db, upto: u64, today: Timestamp) {
    let mut reader = db.reader();
    let (there,): (i64,) =
        reader.one("SELECT COUNT(*) FROM users WHERE issuer = $1", args![ISSUER]).await.unwrap();
    let mut from = u64::try_from(there).unwrap();
    while from < upto {
        let to = (from + AT_ONCE).min(upto);
        chunk(db, from, to, today).await;
        if upto > AT_ONCE {
            eprint!("\r{to} of {upto} users");
        }
        from = to;
    }
    if upto > AT_ONCE {
        eprintln!();
    }
}

async fn chunk(db: &Db, from: u64, to: u64, today: Timestamp) {
    let numbers = match db.dialect() {
        Dialect::Postgres => format!("(SELECT n, lpad(to_hex(n), 32, '0') AS hex FROM generate_series({from}, {}) AS n)", to - 1),
        Dialect::Sqlite => format!(
            "(WITH RECURSIVE numbers (n) AS (SELECT {from} UNION ALL SELECT n + 1 FROM numbers WHERE n + 1 < {to})
              SELECT n, printf('%032x', n) AS hex FROM numbers)"
        ),
    };
    let mut tx = db.begin().await.unwrap();
    for sql in [
        format!(
            "INSERT INTO users (id, issuer, subject, created_at)
             SELECT 'usr_' || hex, '{ISSUER}', 'u' || n, 0 FROM {numbers} AS numbered"
        ),
        format!(
            "INSERT INTO accounts (id, owner_user_id, created_at)
             SELECT 'acc_' || hex, 'usr_' || hex, 0 FROM {numbers} AS numbered"
        ),
        format!(
            "INSERT INTO user_token_balances (account_id, available, purchased, updated_at)
             SELECT 'acc_' || hex, {TOKENS}, {TOKENS}, 0 FROM {numbers} AS numbered"
        ),
        format!(
            "INSERT INTO usage_windows (account_id, kind, scope, starts_at, used)
             SELECT 'acc_' || hex, 'day', '', {}, 3 FROM {numbers} AS numbered",
            today.0
        ),
    ] {
        tx.run(built(sql), args![]).await.unwrap();
    }
    tx.commit().await.unwrap();
}

/// How many tokens were spent in all, by the balances, by their history, and by the days' statistics: one for each request.
pub(crate) async fn spent(db: &Db) -> [i64; 3] {
    let mut reader = db.reader();
    let mut sums = [0; 3];
    for (sum, sql) in sums.iter_mut().zip([
        "SELECT CAST(COALESCE(SUM(spent), 0) AS BIGINT) FROM user_token_balances",
        "SELECT CAST(COALESCE(-SUM(tokens), 0) AS BIGINT) FROM token_transactions",
        "SELECT CAST(COALESCE(SUM(ai_requests), 0) AS BIGINT) FROM usage_days",
    ]) {
        *sum = reader.one::<(i64,)>(sql, args![]).await.unwrap().0;
    }
    sums
}

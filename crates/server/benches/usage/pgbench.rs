//! The database's own benchmark, by PostgreSQL's own client: a request is admitted and recorded in one statement.

use crate::load::Measured;
use crate::seed;
use domain::time::Timestamp;
use std::path::Path;
use std::process::Command;
use store::db::built;
use store::{Db, args};

/// Users that it spends for.
const USERS: u64 = 10_000;

/// What the statement does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Work {
    /// What is read, locked and written for a request by itself here: the same tables, rows, indexes and constraints, and the
    /// answer of a key that was used before stays. A batch's own row is left out, and the statement goes by what was so when it
    /// began, where the program reads once it has the lock. It serves users of the free tier, who have neither a subscription nor a
    /// tier that they were given: it looks for both, and does without what would follow. Of one hot user the program writes
    /// less: one balance and one day for all of a batch.
    Same,
    /// The same rows, and nothing read or locked but what they follow from: how much of the allowance is used, and the balance.
    Rows,
    /// The least that an admission can be: one balance and one row, in tables that have nothing else.
    Least,
}

impl Work {
    pub(crate) const ALL: [Self; 3] = [Self::Same, Self::Rows, Self::Least];

    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::Same => "pgbench, the same work",
            Self::Rows => "pgbench, the same rows",
            Self::Least => "pgbench, the least work",
        }
    }

    /// It spends for users of the program, in the program's tables.
    pub(crate) fn is_in_our_books(self) -> bool {
        matches!(self, Self::Same | Self::Rows)
    }

    fn file(self, hot: bool) -> &'static str {
        match (self, hot) {
            (Self::Same, false) => "same.sql",
            (Self::Same, true) => "same-hot.sql",
            (Self::Rows, false) => "rows.sql",
            (Self::Rows, true) => "rows-hot.sql",
            (Self::Least, false) => "least.sql",
            (Self::Least, true) => "least-hot.sql",
        }
    }

    fn statement(self, today: Timestamp) -> String {
        match self {
            Self::Same => recorded(SAME, UNLESS_KEPT, 1, today),
            Self::Rows => recorded(ROWS, "", 1, today),
            Self::Least => LEAST.to_owned(),
        }
    }
}

const SCHEMA: [&str; 5] = [
    "DROP TABLE IF EXISTS bench_ledger, bench_balances",
    "CREATE TABLE bench_balances (user_id TEXT PRIMARY KEY, available BIGINT NOT NULL CHECK (available >= 0))",
    "CREATE TABLE bench_ledger (id TEXT PRIMARY KEY, user_id TEXT NOT NULL, kind TEXT NOT NULL, delta BIGINT NOT NULL,
         balance_after BIGINT NOT NULL, idem TEXT NOT NULL UNIQUE, created_at BIGINT NOT NULL)",
    "INSERT INTO bench_balances SELECT 'u' || n, 1000000000000 FROM generate_series(0, 9999) AS n",
    "CREATE SEQUENCE IF NOT EXISTS bench_keys",
];

/// Under a key that is used once. `{user}` is whose.
const LEAST: &str = "WITH spent AS (UPDATE bench_balances SET available = available - 1
        WHERE user_id = 'u' || {user} AND available >= 1 RETURNING user_id, available)
    INSERT INTO bench_ledger (id, user_id, kind, delta, balance_after, idem, created_at)
    SELECT 'ttx_' || k, user_id, 'usage', -1, available, 'key_' || k, 0
    FROM spent, (SELECT nextval('bench_keys') AS k) AS keys RETURNING balance_after;";

/// As long as what the program writes: ids, the key with its scope and digest, and the answer that is kept under it.
const ONE_KEY: &str = "WITH next AS (SELECT nextval('bench_keys') AS number),
    keys AS (SELECT number, 1 AS n, lpad(to_hex(number), 32, '0') AS k FROM next)";

const ROWS: &str = "spent AS (UPDATE user_token_balances b
        SET available = b.available - 1, spent = b.spent + 1, updated_at = {today}
        FROM accounts a JOIN users u ON u.id = a.owner_user_id
        JOIN usage_windows w ON w.account_id = a.id AND w.kind = 'day' AND w.scope = '' AND w.starts_at = {today}
        WHERE a.id = 'acc_' || lpad(to_hex(CAST({user} AS INT)), 32, '0') AND b.account_id = a.id
            AND u.deleted_at IS NULL AND w.used >= 3 AND b.available >= 1
        RETURNING b.account_id, b.available)";

/// A user of the free tier whose allowance is used up, as the program reads it.
const STANDS: &str = "SELECT a.id FROM accounts a JOIN users u ON u.id = a.owner_user_id
        LEFT JOIN user_subscriptions s ON s.account_id = a.id AND s.is_primary
            AND s.status NOT IN ('canceled', 'incomplete_expired')
        LEFT JOIN tier_assignments t ON t.account_id = a.id AND t.ended_at IS NULL
        LEFT JOIN usage_windows w ON w.account_id = a.id AND w.kind = 'day' AND w.scope = '' AND w.starts_at = {today}
        WHERE a.id = 'acc_' || lpad(to_hex(CAST({user} AS INT)), 32, '0') AND u.deleted_at IS NULL
            AND s.id IS NULL AND t.id IS NULL AND w.used >= 3
            AND (SELECT COUNT(*) FROM token_holds h
                WHERE h.account_id = a.id AND h.status = 'held' AND h.source = 'allowance') = 0";

const SAME: &str = "stands AS MATERIALIZED ({stands} FOR UPDATE OF a),
    spent AS (UPDATE user_token_balances b SET available = b.available - 1, spent = b.spent + 1, updated_at = {today}
        FROM stands WHERE b.account_id = stands.id AND b.available >= 1
        RETURNING b.account_id, b.available)";

/// As `store::idempotency_keys::keep_all` has it.
const UNLESS_KEPT: &str = "WHERE true ON CONFLICT (scope, idempotency_key) DO UPDATE SET
        request_hash = excluded.request_hash, body = excluded.body, created_at = excluded.created_at,
        expires_at = excluded.expires_at
    WHERE idempotency_keys.expires_at <= excluded.created_at";

const MANY_KEYS: &str = "WITH numbers AS MATERIALIZED
        (SELECT nextval('bench_keys') AS number, n FROM generate_series(1, {count}) AS n),
    keys AS (SELECT number, n, lpad(to_hex(number), 32, '0') AS k FROM numbers)";

/// A batch of `{count}` requests of one user, for whom it locks and reads first. Its own row is left out.
const BATCH: [&str; 5] = [
    "BEGIN",
    "SELECT id FROM accounts WHERE id = 'acc_' || repeat('0', 32) FOR UPDATE",
    STANDS,
    "{written}",
    "COMMIT",
];

/// What such a batch writes.
const AT_ONCE: &str = "spent AS (UPDATE user_token_balances
        SET available = available - {count}, spent = spent + {count}, updated_at = {today}
        WHERE account_id = 'acc_' || repeat('0', 32) AND available >= {count} RETURNING account_id, available)";

/// And then in both: the history, the day and the answers under their keys.
const RECORDED: &str = "history AS (INSERT INTO token_transactions
            (id, account_id, kind, tokens, balance_after, description, created_at)
        SELECT 'ttx_' || k, account_id, 'usage', -1, available + {count} - n, 'ai_request', {today} FROM spent, keys),
    days AS (INSERT INTO usage_days (account_id, date, feature, model, ai_requests, tokens)
        SELECT account_id, '2000-01-01', 'ai_request', '', {count}, {count} FROM spent
        ON CONFLICT (account_id, date, feature, model) DO UPDATE SET
            ai_requests = usage_days.ai_requests + excluded.ai_requests, tokens = usage_days.tokens + excluded.tokens)
    INSERT INTO idempotency_keys (scope, idempotency_key, request_hash, lease_until, status, content_type, body,
        created_at, expires_at)
    SELECT 'key_' || repeat('0', 32) || '-' || account_id || '-usage/consume', 'r1-' || number, k || k, {today}, 200,
        'application/json', repeat('.', 128), {today}, {today} + 86400000
    FROM spent, keys {kept} RETURNING body;";

/// `admitted`, of `count` requests of one user, and what is recorded of it. `kept` is for keys that were used before.
fn recorded(admitted: &str, kept: &str, count: usize, today: Timestamp) -> String {
    let keys = if count == 1 { ONE_KEY } else { MANY_KEYS };
    dated(&format!("{keys}, {admitted}, {RECORDED}"), today)
        .replace("{kept}", kept)
        .replace("{count}", &count.to_string())
}

fn dated(sql: &str, today: Timestamp) -> String {
    sql.replace("{stands}", STANDS).replace("{today}", &today.0.to_string())
}

/// Makes the schema and the users, if they are not there.
pub(crate) async fn prepare(db: &Db, folder: &Path, today: Timestamp) {
    store::migrations::migrate(db, today).await.unwrap();
    seed::users(db, USERS, today).await;
    let mut tx = db.begin().await.unwrap();
    for sql in SCHEMA {
        tx.run(sql, vec![]).await.unwrap();
    }
    for work in Work::ALL {
        let statement = one_line(&work.statement(today));
        // pgbench does not ask whether anything was admitted.
        tx.run_one(built(statement.replace("{user}", "0")), args![]).await.unwrap();
        let many = format!("\\set user random(0, {})\n{}\n", USERS - 1, statement.replace("{user}", ":user"));
        std::fs::write(folder.join(work.file(false)), many).unwrap();
        std::fs::write(folder.join(work.file(true)), statement.replace("{user}", "0")).unwrap();
    }
    tx.commit().await.unwrap();
}

pub(crate) fn run(
    url: &str,
    folder: &Path,
    work: Work,
    hot: bool,
    connections: usize,
    seconds: u64,
) -> Measured {
    by_clients(url, folder, &folder.join(work.file(hot)), connections, seconds)
}

/// The most that PostgreSQL does for one hot user's `count` requests: one client sends them in one transaction, as the program
/// does, with nothing decided and nobody waited for. `per_second` is of requests, and how long it took of all of them together.
pub(crate) fn at_once(url: &str, folder: &Path, count: usize, seconds: u64, today: Timestamp) -> Measured {
    let written = recorded(AT_ONCE, "", count, today);
    let statement = |sql: &&str| {
        let sql =
            dated(sql, today).replace("{written}", written.trim_end_matches(';')).replace("{user}", "0");
        format!("{};\n", one_line(&sql))
    };
    let script = folder.join("at-once.sql");
    std::fs::write(&script, BATCH.iter().map(statement).collect::<String>()).unwrap();
    let mut measured = by_clients(url, folder, &script, 1, seconds);
    measured.per_second *= count as f64;
    measured
}

/// As pgbench reads it.
fn one_line(statement: &str) -> String {
    statement.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn by_clients(url: &str, folder: &Path, script: &Path, connections: usize, seconds: u64) -> Measured {
    let log = folder.join("latency");
    let output = Command::new("pgbench")
        .args(["-n", "-M", "prepared", "-l", "-j", if connections > 1 { "2" } else { "1" }])
        .args(["-T", &seconds.to_string(), "-c", &connections.to_string()])
        .arg("-f")
        .arg(script)
        .arg(format!("--log-prefix={}", log.display()))
        .arg(url)
        .output()
        .expect("pgbench, which comes with PostgreSQL");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8_lossy(&output.stdout);
    let tps =
        text.lines().find(|line| line.starts_with("tps")).and_then(|line| line.split_whitespace().nth(2));
    let per_second = tps.and_then(|tps| tps.parse().ok()).unwrap_or_else(|| panic!("pgbench says: {text}"));
    let mut micros = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        if entry.file_name().to_string_lossy().starts_with("latency") {
            let lines = std::fs::read_to_string(entry.path()).unwrap();
            // client, transaction, microseconds, ...
            micros.extend(lines.lines().filter_map(|line| line.split(' ').nth(2)?.parse::<u32>().ok()));
            std::fs::remove_file(entry.path()).unwrap();
        }
    }
    micros.sort_unstable();
    Measured { per_second, micros }
}

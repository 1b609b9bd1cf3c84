//! The database's own benchmark: the same decision as one SQL statement, by PostgreSQL's own client.

use crate::load::Measured;
use std::path::Path;
use std::process::Command;
use store::Db;

const SCHEMA: [&str; 5] = [
    "DROP TABLE IF EXISTS bench_ledger, bench_balances",
    "CREATE TABLE bench_balances (user_id TEXT PRIMARY KEY, available BIGINT NOT NULL CHECK (available >= 0))",
    "CREATE TABLE bench_ledger (id TEXT PRIMARY KEY, user_id TEXT NOT NULL, kind TEXT NOT NULL, delta BIGINT NOT NULL,
         balance_after BIGINT NOT NULL, idem TEXT NOT NULL UNIQUE, created_at BIGINT NOT NULL)",
    "INSERT INTO bench_balances SELECT 'u' || n, 1000000000000 FROM generate_series(0, 9999) AS n",
    "CREATE SEQUENCE IF NOT EXISTS bench_keys",
];

/// Admits and records in one statement, under a key that is used once. `{user}` is whose.
const STATEMENT: &str = "WITH spent AS (UPDATE bench_balances SET available = available - 1
        WHERE user_id = 'u' || {user} AND available >= 1 RETURNING user_id, available)
    INSERT INTO bench_ledger (id, user_id, kind, delta, balance_after, idem, created_at)
    SELECT 'ttx_' || k, user_id, 'usage', -1, available, 'key_' || k, 0
    FROM spent, (SELECT nextval('bench_keys') AS k) AS keys RETURNING balance_after;";

pub(crate) async fn prepare(db: &Db, folder: &Path) {
    let mut tx = db.begin().await.unwrap();
    for sql in SCHEMA {
        tx.run(sql, vec![]).await.unwrap();
    }
    tx.commit().await.unwrap();
    let many = format!("\\set user random(0, 9999)\n{}", STATEMENT.replace("{user}", ":user"))
        .replace("\n    ", " ");
    std::fs::write(folder.join("many.sql"), many).unwrap();
    std::fs::write(folder.join("hot.sql"), STATEMENT.replace("{user}", "0")).unwrap();
}

pub(crate) fn run(url: &str, folder: &Path, hot: bool, connections: usize, seconds: u64) -> Measured {
    let log = folder.join("latency");
    let script = folder.join(if hot { "hot.sql" } else { "many.sql" });
    let output = Command::new("pgbench")
        .args(["-n", "-M", "prepared", "-j", "2", "-l"])
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

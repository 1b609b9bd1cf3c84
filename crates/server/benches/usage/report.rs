//! Runs the plan and prints what came of it: a line for each measurement, below what pgbench did in the same moments.

use crate::figures::{self, Round, label, line};
use crate::load::{self, Asks, Measured, Target};
use crate::pgbench::{self, Work};
use crate::plan::Plan;
use crate::served::Served;
use crate::{process, seed};
use domain::allowance::Window;
use domain::catalog::WindowKind;
use domain::time::Timestamp;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;
use store::Db;
use testkit::now;

/// Users who are met before anything is measured. In a larger table, most are met for the first time while it is.
const MOST_MET: u64 = 10_000;
const WARMING: usize = 64;
const LOOK: Duration = Duration::from_millis(5);

struct Bench {
    plan: Plan,
    folder: PathBuf,
    postgres: Option<Postgres>,
    runs: u32,
    /// The number of the next request.
    next: Arc<AtomicU64>,
    /// Requests that were answered, of the database that is measured: the program's and pgbench's.
    asked: usize,
}

struct Postgres {
    pid: u32,
    url: String,
    db: Db,
}

impl Postgres {
    /// Its connections cost a processor something for a moment after it has ended.
    async fn until_pgbench_is_gone(&self) {
        use store::db::Query as _;
        let sql = "SELECT COUNT(*) FROM pg_stat_activity WHERE application_name = 'pgbench'";
        while self.db.reader().one::<(i64,)>(sql, store::args![]).await.unwrap().0 > 0 {
            tokio::time::sleep(LOOK).await;
        }
    }
}

/// Which database, and the program on it.
struct On<'a> {
    database: &'a str,
    users: u64,
    served: &'a Served,
    /// One transaction has several requests.
    together: bool,
}

impl On<'_> {
    fn is_postgres(&self) -> bool {
        self.database == "postgres"
    }

    fn way(&self) -> &'static str {
        if self.together { "together" } else { "one by one" }
    }
}

pub(crate) async fn run(plan: Plan) {
    let folder = std::env::temp_dir().join(format!("allthrive-bench-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let mut bench = Bench { plan, folder, postgres: None, runs: 0, next: Arc::default(), asked: 0 };
    bench.prepare().await;
    println!(
        "Beside pgbench, which has its turn before each measurement: times as many a second, times as long at p99;\n\
         of the same work, the same rows, and the least. Of {} rounds the median of their ratios, and the middle run.\n{}",
        bench.plan.rounds,
        figures::head()
    );
    for users in bench.plan.users.clone() {
        for database in bench.plan.databases.clone() {
            bench.database(&database, users).await;
        }
    }
    drop(std::fs::remove_dir_all(&bench.folder));
}

impl Bench {
    /// Where there is PostgreSQL.
    async fn prepare(&mut self) {
        let Ok(url) = std::env::var("TEST_POSTGRES_URL") else {
            let wanted = self.plan.databases.iter().any(|name| name == "postgres");
            assert!(!wanted, "TEST_POSTGRES_URL is not set: use make bench");
            return;
        };
        let db = Db::open(&url).await.unwrap();
        assert_durable(&db).await;
        pgbench::prepare(&db, &self.folder, today()).await;
        let pid = std::env::var("TEST_POSTGRES_PID").ok().and_then(|pid| pid.parse().ok());
        self.postgres = Some(Postgres { pid: pid.expect("TEST_POSTGRES_PID: use make bench"), url, db });
    }

    async fn database(&mut self, database: &str, users: u64) {
        let (url, db) = self.open(database).await;
        store::migrations::migrate(&db, now()).await.unwrap();
        seed::users(&db, users, today()).await;
        println!("{database}, {users} users");
        let before = seed::spent(&db).await;
        self.asked = 0;
        let ways: &[bool] = if self.plan.only_ours { &[true] } else { &[true, false] };
        for &together in ways {
            let served = Served::start(&url, &self.folder, (!together).then_some(1)).await;
            let at_start = process::peak_mib(served.pid());
            let on = On { database, users, served: &served, together };
            if together {
                self.http_alone(&on).await;
            }
            self.meet(&on).await;
            for hot in [false, true] {
                for connections in self.plan.connections.clone() {
                    self.consume(&on, hot, connections).await;
                }
            }
            println!(
                "{:44} up in {:.0} ms, with {at_start:.0} MiB",
                format!("  {}: the program", on.way()),
                served.started_in.as_secs_f64() * 1000.0,
            );
        }
        let after = seed::spent(&db).await;
        let asked = i64::try_from(self.asked).unwrap();
        let spent: Vec<_> = before.iter().zip(after).map(|(before, after)| after - before).collect();
        assert_eq!(spent, [asked; 3], "balances, history and statistics have each answered request once");
        println!("{:44} {asked}", "  answered, pgbench's too: in the books once");
        db.close().await;
    }

    /// The database's own URL, and the benchmark's way into it.
    async fn open(&self, database: &str) -> (String, Db) {
        let url = match (database, &self.postgres) {
            ("sqlite", _) => format!("sqlite:{}", self.folder.join("bench.db").display()),
            ("postgres", Some(postgres)) => postgres.url.clone(),
            _ => panic!("there is no database `{database}`: it is postgres or sqlite"),
        };
        let db = Db::open(&url).await.unwrap();
        (url, db)
    }

    /// One measurement with all its rounds.
    async fn consume(&mut self, on: &On<'_>, hot: bool, connections: usize) {
        let users = if hot { 1 } else { on.users };
        let (mut rounds, mut cpu) = (Vec::new(), 0.0);
        process::forget_peak(on.served.pid());
        for _ in 0..self.plan.rounds {
            let pgbench = self.pgbench(on, hot, connections);
            let at_best = self.at_best(on, hot, connections).await;
            if let Some(postgres) = &self.postgres {
                postgres.until_pgbench_is_gone().await;
            }
            let before = self.cpu(on);
            let ours = self.measure(on.served, users, connections).await;
            cpu += self.cpu(on) - before;
            rounds.push(Round { ours, pgbench, at_best });
        }
        let answers: usize = rounds.iter().map(|round| round.ours.micros.len()).sum();
        self.asked += answers;
        let peak = process::peak_mib(on.served.pid());
        for line in figures::pgbench_lines(&rounds, hot, connections) {
            println!("{line}");
        }
        let ours = figures::middle(rounds.iter().map(|round| &round.ours)).unwrap();
        let line = line(&label(on.way(), hot, connections), ours);
        println!("{line} {:>9.0} {peak:>5.0}  {}", cpu * 1e6 / answers as f64, figures::beside(&rounds));
        if let Some(best) = figures::at_best_line(&rounds, connections) {
            println!("{best}");
        }
    }

    /// Its works in turn, where there is PostgreSQL.
    fn pgbench(&mut self, on: &On<'_>, hot: bool, connections: usize) -> Vec<Measured> {
        let Some(Postgres { url, .. }) = &self.postgres else { return Vec::new() };
        let run = |work| pgbench::run(url, &self.folder, work, hot, connections, self.plan.seconds);
        let runs = Work::ALL.map(run);
        if on.is_postgres() {
            let in_our_books = Work::ALL.iter().zip(&runs).filter(|(work, _)| work.is_in_our_books());
            self.asked += in_our_books.map(|(_, run)| run.micros.len()).sum::<usize>();
        }
        runs.into()
    }

    /// Of a hot user, beside what goes to the same PostgreSQL.
    async fn at_best(&mut self, on: &On<'_>, hot: bool, connections: usize) -> Option<f64> {
        let Postgres { url, .. } =
            self.postgres.as_ref().filter(|_| hot && on.together && on.is_postgres())?;
        let at_once = pgbench::at_once(url, &self.folder, connections, self.plan.seconds, today());
        self.asked += at_once.micros.len() * connections;
        let http = self.ask(on.served, Asks::Health, connections).await;
        Some(figures::at_best(&at_once, &http))
    }

    async fn measure(&mut self, served: &Served, users: u64, connections: usize) -> Measured {
        self.runs += 1;
        self.ask(served, Asks::Consume { users, run: format!("r{}", self.runs) }, connections).await
    }

    async fn ask(&self, served: &Served, asks: Asks, connections: usize) -> Measured {
        let target =
            Target { address: served.address, key: served.key.clone(), asks, next: self.next.clone() };
        load::measure(target, connections, self.plan.seconds).await
    }

    /// The first requests of the day make rows that later ones find: they are not measured.
    async fn meet(&mut self, on: &On<'_>) {
        let mut met = 0;
        let users_met = usize::try_from(on.users.min(MOST_MET)).unwrap();
        while met < users_met {
            met += self.measure(on.served, on.users, WARMING).await.micros.len();
        }
        self.asked += met;
    }

    /// What of the machine there is for anything else.
    async fn http_alone(&self, on: &On<'_>) {
        for &connections in &self.plan.connections {
            let before = process::cpu_seconds(on.served.pid());
            let mut runs = Vec::new();
            process::forget_peak(on.served.pid());
            for _ in 0..self.plan.rounds {
                runs.push(self.ask(on.served, Asks::Health, connections).await);
            }
            let answers: usize = runs.iter().map(|measured| measured.micros.len()).sum();
            let cpu = (process::cpu_seconds(on.served.pid()) - before) * 1e6 / answers as f64;
            let middle = figures::middle(runs.iter()).unwrap();
            let peak = process::peak_mib(on.served.pid());
            println!("{} {cpu:>9.0} {peak:>5.0}", line(&label("HTTP alone", false, connections), middle));
        }
    }

    /// Of the program, and of PostgreSQL where it is used.
    fn cpu(&self, on: &On<'_>) -> f64 {
        let server = self.postgres.as_ref().filter(|_| on.is_postgres());
        process::cpu_seconds(on.served.pid())
            + server.map_or(0.0, |postgres| process::cpu_seconds(postgres.pid))
    }
}

/// What does not sync is not what is compared.
async fn assert_durable(db: &Db) {
    use store::db::Query as _;
    for setting in ["fsync", "synchronous_commit", "full_page_writes"] {
        let sql = "SELECT current_setting($1)";
        let (value,): (String,) = db.reader().one(sql, store::args![setting]).await.unwrap();
        assert_eq!(value, "on", "{setting}: use make bench");
    }
}

fn today() -> Timestamp {
    Window::at(WindowKind::Day, now(), None).start
}

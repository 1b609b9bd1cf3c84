//! Runs the plan and prints what came of it: a line for each measurement, and beside it how it stands to pgbench.

use crate::load::{self, Asks, Measured, Target};
use crate::pgbench::{self, Work};
use crate::plan::Plan;
use crate::served::Served;
use crate::{process, seed};
use domain::allowance::Window;
use domain::catalog::WindowKind;
use domain::time::Timestamp;
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use store::Db;
use testkit::now;

/// What pgbench did, by whether it is the hot row and by connections.
type Baseline = HashMap<(Work, bool, usize), Measured>;

/// Users who are met before anything is measured. In a larger table, most are met for the first time while it is.
const MOST_MET: u64 = 10_000;
const WARMING: usize = 64;

struct Bench {
    plan: Plan,
    folder: PathBuf,
    /// Its process, and its own address.
    postgres: Option<(u32, String)>,
    runs: u32,
    /// The number of the next request.
    next: Arc<AtomicU64>,
    /// Requests a second of one hot user that PostgreSQL does at most, by how many come at a time.
    at_once: HashMap<usize, f64>,
}

pub(crate) async fn run(plan: Plan) {
    let folder = std::env::temp_dir().join(format!("allthrive-bench-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let mut bench =
        Bench { plan, folder, postgres: None, runs: 0, next: Arc::default(), at_once: HashMap::new() };
    let baseline = bench.baseline().await;
    println!(
        "\nBeside pgbench: times as many a second, times as long at p99; of the same work, the same rows, and the least.\n\
         {:44} {:>10} {:>9} {:>9} {:>9} {:>9} {:>5}  {:>8} {:>6}  {:>8} {:>6}  {:>8} {:>6}",
        "",
        "a second",
        "p50 ms",
        "p95 ms",
        "p99 ms",
        "CPU us",
        "MiB",
        "same",
        "p99",
        "rows",
        "p99",
        "least",
        "p99"
    );
    for users in bench.plan.users.clone() {
        for database in bench.plan.databases.clone() {
            bench.database(&database, users, &baseline).await;
        }
    }
    drop(std::fs::remove_dir_all(&bench.folder));
}

impl Bench {
    /// pgbench's single statement, where there is PostgreSQL.
    async fn baseline(&mut self) -> Baseline {
        let mut baseline = Baseline::new();
        let Ok(url) = std::env::var("TEST_POSTGRES_URL") else {
            assert!(
                !self.plan.databases.iter().any(|name| name == "postgres"),
                "TEST_POSTGRES_URL is not set: use make bench"
            );
            return baseline;
        };
        let db = Db::open(&url).await.unwrap();
        assert_durable(&db).await;
        pgbench::prepare(&db, &self.folder, today()).await;
        db.close().await;
        let server = std::env::var("TEST_POSTGRES_PID").ok().and_then(|pid| pid.parse().ok());
        self.postgres = Some((server.expect("TEST_POSTGRES_PID: use make bench"), url.clone()));
        println!("{:44} {:>10} {:>9} {:>9} {:>9}", "10000 users", "a second", "p50 ms", "p95 ms", "p99 ms");
        let works = [false, true].map(|hot| Work::ALL.map(|work| (work, hot)));
        for (work, hot) in works.into_iter().flatten() {
            for &connections in &self.plan.connections {
                let runs: Vec<_> = (0..self.plan.rounds)
                    .map(|_| pgbench::run(&url, &self.folder, work, hot, connections, self.plan.seconds))
                    .collect();
                let middle = median(runs);
                println!("{}", line(&label(work.label(), hot, connections), &middle));
                baseline.insert((work, hot, connections), middle);
            }
        }
        for &connections in &self.plan.connections {
            let runs = (0..self.plan.rounds)
                .map(|_| pgbench::at_once(&url, &self.folder, connections, self.plan.seconds, today()));
            let middle = median(runs.collect());
            let beside = beside(&middle, &baseline, true, connections);
            let label = format!("  one transaction for {connections}, one hot user");
            println!("{}  {beside}", line(&label, &middle));
            self.at_once.insert(connections, middle.per_second);
        }
        baseline
    }

    async fn database(&mut self, database: &str, users: u64, baseline: &Baseline) {
        let (url, db) = self.open(database).await;
        store::migrations::migrate(&db, now()).await.unwrap();
        seed::users(&db, users, today()).await;
        println!("{database}, {users} users");
        let before = seed::spent(&db).await;
        let mut asked = 0;
        let mut ways = vec![(None, "together")];
        if !self.plan.only_ours {
            ways.push((Some(1), "one by one"));
        }
        for (batch, way) in ways {
            let served = Served::start(&url, &self.folder, batch).await;
            let at_start = process::peak_mib(served.pid());
            if batch.is_none() {
                self.http_alone(&served, database, baseline).await;
            }
            asked += self.meet(&served, users).await;
            for hot in [false, true] {
                for connections in self.plan.connections.clone() {
                    let users = if hot { 1 } else { users };
                    let mut runs = Vec::new();
                    let cpu = self.cpu(&served, database);
                    let mut answers = 0;
                    process::forget_peak(served.pid());
                    for _ in 0..self.plan.rounds {
                        let measured = self.measure(&served, users, connections).await;
                        answers += measured.micros.len();
                        runs.push(measured);
                    }
                    asked += answers;
                    let cpu = (self.cpu(&served, database) - cpu) * 1e6 / answers as f64;
                    let middle = median(runs);
                    let beside = beside(&middle, baseline, hot, connections);
                    let (line, peak) =
                        (line(&label(way, hot, connections), &middle), process::peak_mib(served.pid()));
                    println!("{line} {cpu:>9.0} {peak:>5.0}  {beside}");
                }
            }
            println!(
                "{:44} up in {:.0} ms, with {at_start:.0} MiB",
                format!("  {way}: the program"),
                served.started_in.as_secs_f64() * 1000.0,
            );
        }
        let after = seed::spent(&db).await;
        let asked = i64::try_from(asked).unwrap();
        let spent: Vec<_> = before.iter().zip(after).map(|(before, after)| after - before).collect();
        assert_eq!(spent, [asked; 3], "balances, history and statistics have each answered request once");
        println!("{:44} {asked}", "  answered, and in the books once each");
        db.close().await;
    }

    /// The database's own URL, and the benchmark's way into it.
    async fn open(&self, database: &str) -> (String, Db) {
        let url = match (database, &self.postgres) {
            ("sqlite", _) => format!("sqlite:{}", self.folder.join("bench.db").display()),
            ("postgres", Some((_, url))) => url.clone(),
            _ => panic!("there is no database `{database}`: it is postgres or sqlite"),
        };
        let db = Db::open(&url).await.unwrap();
        (url, db)
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

    /// The first requests of the day make rows that later ones find: they are not measured. Answers how many those were.
    async fn meet(&mut self, served: &Served, users: u64) -> usize {
        let mut met = 0;
        let users_met = usize::try_from(users.min(MOST_MET)).unwrap();
        while met < users_met {
            met += self.measure(served, users, WARMING).await.micros.len();
        }
        met
    }

    /// What of the machine there is for anything else.
    async fn http_alone(&self, served: &Served, database: &str, baseline: &Baseline) {
        for &connections in &self.plan.connections {
            let before = process::cpu_seconds(served.pid());
            let mut runs = Vec::new();
            process::forget_peak(served.pid());
            for _ in 0..self.plan.rounds {
                runs.push(self.ask(served, Asks::Health, connections).await);
            }
            let answers: usize = runs.iter().map(|measured| measured.micros.len()).sum();
            let cpu = (process::cpu_seconds(served.pid()) - before) * 1e6 / answers as f64;
            let middle = median(runs);
            let beside = beside(&middle, baseline, false, connections);
            let (line, peak) =
                (line(&label("HTTP alone", false, connections), &middle), process::peak_mib(served.pid()));
            println!("{line} {cpu:>9.0} {peak:>5.0}  {beside}");
            if let Some(at_once) = self.at_once.get(&connections).filter(|_| database == "postgres") {
                print_at_best(connections, *at_once, middle.per_second, baseline);
            }
        }
    }

    /// Of the program, and of PostgreSQL where it is used.
    fn cpu(&self, served: &Served, database: &str) -> f64 {
        let server = self.postgres.as_ref().filter(|_| database == "postgres");
        process::cpu_seconds(served.pid()) + server.map_or(0.0, |(pid, _)| process::cpu_seconds(*pid))
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

/// Whoever asks has one request at a time: PostgreSQL's part follows HTTP's. If all come together each time, and nothing has to
/// be decided, this is what there can be for one hot user.
fn print_at_best(connections: usize, at_once: f64, http: f64, baseline: &Baseline) {
    let per_second = 1.0 / (1.0 / at_once + 1.0 / http);
    let times = Work::ALL.map(|work| {
        let pgbench = baseline.get(&(work, true, connections));
        pgbench.map(|pgbench| format!("{:>8.2} {:>6}", per_second / pgbench.per_second, ""))
    });
    let times = times.into_iter().flatten().collect::<Vec<_>>().join("  ");
    let label = label("at best", true, connections);
    println!("{label:44} {per_second:>10.0} {:>46}{times}", "");
}

fn label(way: &str, hot: bool, connections: usize) -> String {
    format!("  {way}, {connections} connections{}", if hot { ", one hot user" } else { "" })
}

fn line(label: &str, measured: &Measured) -> String {
    format!(
        "{label:44} {:>10.0} {:>9.2} {:>9.2} {:>9.2}",
        measured.per_second,
        measured.percentile(50),
        measured.percentile(95),
        measured.percentile(99)
    )
}

/// How many times as many as pgbench, and how many times as long its slowest hundredth takes: of the same work, the same rows,
/// and the least.
fn beside(measured: &Measured, baseline: &Baseline, hot: bool, connections: usize) -> String {
    let figures = Work::ALL.map(|work| {
        let pgbench = baseline.get(&(work, hot, connections))?;
        Some(format!(
            "{:>8.2} {:>6.2}",
            measured.per_second / pgbench.per_second,
            measured.percentile(99) / pgbench.percentile(99)
        ))
    });
    figures.into_iter().flatten().collect::<Vec<_>>().join("  ")
}

fn today() -> Timestamp {
    Window::at(WindowKind::Day, now(), None).start
}

/// By how many a second.
fn median(mut runs: Vec<Measured>) -> Measured {
    runs.sort_by(|a, b| a.per_second.total_cmp(&b.per_second));
    runs.swap_remove(runs.len() / 2)
}

//! An empty, migrated database for one test, gone when the test ends.

use crate::clock;
use std::path::{Path, PathBuf};
use store::db::{Db, Query as _, built};
use uuid::Uuid;

/// Shared by everyone who makes the template at the same moment: test processes run in parallel.
const TEMPLATE_LOCK: i64 = 0x7E57_0001;

#[derive(Debug)]
pub struct Database {
    pub db: Db,
    pub url: String,
    /// Gone with the database.
    folder: PathBuf,
    server: Option<Server>,
}

#[derive(Debug)]
struct Server {
    admin_url: String,
    name: String,
}

impl Database {
    pub async fn sqlite() -> Self {
        let folder = temporary_folder();
        let url = format!("sqlite:{}", folder.join("billing.db").display());
        let db = Db::open(&url).await.unwrap();
        store::migrations::migrate(&db, clock::now()).await.unwrap();
        Self { db, url, folder, server: None }
    }

    pub async fn postgres() -> Self {
        let Ok(admin_url) = std::env::var("TEST_POSTGRES_URL") else {
            panic!(
                "TEST_POSTGRES_URL is not set. `make test` starts a PostgreSQL and sets it; so does \
                 `scripts/test-postgres.sh run cargo test ...`"
            );
        };
        let template = template(&admin_url).await;
        let name = format!("test_{}", Uuid::new_v4().simple());
        statement(&admin_url, format!("CREATE DATABASE {name} TEMPLATE {template}")).await;
        let url = database_url(&admin_url, &name);
        let db = Db::open(&url).await.unwrap();
        Self { db, url, folder: temporary_folder(), server: Some(Server { admin_url, name }) }
    }

    pub fn is_postgres(&self) -> bool {
        self.server.is_some()
    }

    /// For files that belong to this test.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Another process's view of the same database: pools of its own.
    pub async fn open_again(&self) -> Db {
        Db::open(&self.url).await.unwrap()
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.folder));
        if let Some(Server { admin_url, name }) = self.server.take() {
            let sql = format!("DROP DATABASE {name} WITH (FORCE)");
            // In a runtime of its own: this one may be ending.
            drop(std::thread::spawn(move || in_own_runtime(statement(&admin_url, sql))).join());
        }
    }
}

fn temporary_folder() -> PathBuf {
    let folder = std::env::temp_dir().join(format!("allthrive-test-{}", Uuid::new_v4().simple()));
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

fn in_own_runtime(work: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work);
}

/// The name of a database with the schema of this build, made by whoever comes first.
async fn template(admin_url: &str) -> String {
    let name = format!("template_{:016x}", store::migrations::fingerprint());
    let admin = Db::open(admin_url).await.unwrap();
    let mut lock = admin.begin().await.unwrap();
    let take = "SELECT CAST(pg_advisory_xact_lock($1) AS TEXT)";
    lock.one::<(String,)>(take, store::args![TEMPLATE_LOCK]).await.unwrap();
    let exists = lock.opt::<(i64,)>(
        "SELECT CAST(1 AS BIGINT) FROM pg_database WHERE datname = $1",
        store::args![name.as_str()],
    );
    if exists.await.unwrap().is_none() {
        let draft = format!("draft_{}", Uuid::new_v4().simple());
        statement(admin_url, format!("CREATE DATABASE {draft}")).await;
        let db = Db::open(&database_url(admin_url, &draft)).await.unwrap();
        store::migrations::migrate(&db, clock::now()).await.unwrap();
        db.close().await;
        statement(admin_url, format!("ALTER DATABASE {draft} RENAME TO {name}")).await;
    }
    lock.commit().await.unwrap();
    admin.close().await;
    name
}

/// Outside of a transaction, as CREATE DATABASE wants it.
async fn statement(url: &str, sql: String) {
    let db = Db::open(url).await.unwrap();
    db.reader().all::<(String,)>(built(sql), vec![]).await.unwrap();
    db.close().await;
}

fn database_url(admin_url: &str, name: &str) -> String {
    let (server, _) = admin_url.rsplit_once('/').expect("a URL of a database ends in its name");
    format!("{server}/{name}")
}

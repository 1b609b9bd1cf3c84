//! The whole application in a test: HTTP on a port of its own, workers, and the embedded Stripe sandbox.

use crate::{Client, Database};
use server::app::Running;
use server::config::Config;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use tokio::net::TcpListener;

/// As what follows `Bearer` at the sandbox: the application's own account there.
const SANDBOX_KEY: &str = "sk_test_sandbox";

#[derive(Debug)]
pub struct App {
    pub url: String,
    /// Empty outside of sandbox mode.
    pub sandbox_url: String,
    pub running: Running,
    pub database: Database,
    settings: Vec<(&'static str, String)>,
    registered: AtomicU32,
    /// Whose connections everybody of this test shares: making a client takes longer than most requests.
    client: Client,
}

impl App {
    /// Sandbox mode, everything else by default.
    pub async fn start(database: Database) -> Self {
        Self::start_with(database, &[]).await
    }

    /// With settings as an operator would give them: `("JWT_SECRET", "...")`.
    pub async fn start_with(database: Database, settings: &[(&'static str, &str)]) -> Self {
        let settings = settings.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        Self::start_again(database, settings).await.unwrap()
    }

    /// As [`App::start_with`], where the start may be refused.
    pub async fn try_start(database: Database, settings: &[(&'static str, &str)]) -> anyhow::Result<Self> {
        let settings = settings.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        Self::start_again(database, settings).await
    }

    async fn start_again(database: Database, settings: Vec<(&'static str, String)>) -> anyhow::Result<Self> {
        let (billing, sandbox) = (listener().await, listener().await);
        let url = format!("http://{}", billing.local_addr()?);
        let mut values: server::config::Values = settings.iter().cloned().collect();
        values.insert("DATABASE_URL", database.url.clone());
        values.entry("PUBLIC_URL").or_insert_with(|| url.clone());
        let mut config = Config::from_values(values)?;
        config.sandbox_data = sandbox_folder(&database);
        config.sandbox_listen = sandbox.local_addr()?;
        let running = server::app::App::start(config, billing, Some(sandbox)).await?;
        let sandbox_url = running.sandbox_addr().map(|addr| format!("http://{addr}")).unwrap_or_default();
        let (client, registered) = (Client::new(&url), AtomicU32::new(0));
        Ok(Self { url, sandbox_url, running, database, settings, registered, client })
    }

    /// Ends in order, and starts once more on the same data.
    pub async fn restart(self) -> Self {
        self.restart_within(server::app::PATIENCE).await
    }

    /// As [`App::restart`], where requests get so much time to end.
    pub async fn restart_within(self, patience: Duration) -> Self {
        let Self { running, mut database, settings, .. } = self;
        running.shutdown_within(patience).await;
        database.db = database.open_again().await;
        Self::start_again(database, settings).await.unwrap()
    }

    /// Ends in order. The data is there for whoever looks at it afterwards.
    pub async fn stop(self) -> Database {
        self.running.shutdown().await;
        self.database
    }

    pub fn billing(&self) -> &billing::Billing {
        &self.running.state.billing
    }

    /// Somebody without credentials.
    pub fn anyone(&self) -> Client {
        self.client.clone()
    }

    /// A new member of our own login, signed in.
    pub async fn register(&self) -> Client {
        let number = self.registered.fetch_add(1, Ordering::Relaxed);
        let email = format!("member{number}@members.example");
        let body = serde_json::json!({"email": email, "password": "correct horse", "name": "A Member"});
        let signed_in = self.anyone().post("/api/v1/auth/register/", body).await.expect(201);
        self.anyone().bearer(signed_in["token"].as_str().unwrap())
    }

    /// The application's own account at the sandbox's Stripe API; send forms with [`Client::post_form`].
    pub fn stripe(&self) -> Client {
        self.client.at(&self.sandbox_url).bearer(SANDBOX_KEY)
    }

    /// Moves the business clock of sandbox and application.
    pub async fn advance(&self, seconds: i64) {
        let body = serde_json::json!({ "seconds": seconds });
        self.stripe().post("/_sandbox/clock/advance", body).await.expect(200);
    }
}

/// On a port that nobody else has.
async fn listener() -> TcpListener {
    TcpListener::bind("127.0.0.1:0").await.unwrap()
}

/// Of this test alone, also on PostgreSQL.
fn sandbox_folder(database: &Database) -> PathBuf {
    database.folder().join("sandbox")
}

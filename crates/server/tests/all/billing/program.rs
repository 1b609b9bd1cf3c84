//! The real program, as an operator starts it, and as a crash ends it.

use serde_json::json;
use std::net::TcpListener;
use std::process::{Child, Command, Output, Stdio};
use testkit::{Client, Database, wait_until};

pub(crate) fn command() -> Command {
    Command::new(env!("CARGO_BIN_EXE_allthrive-billing"))
}

/// Runs a command of the program to its end.
pub(crate) async fn run(mut command: Command) -> Output {
    tokio::task::spawn_blocking(move || command.output()).await.unwrap().unwrap()
}

/// `serve` in a process of its own.
pub(crate) struct Program {
    pub(crate) url: String,
    settings: Vec<(&'static str, String)>,
    folder: std::path::PathBuf,
    child: Child,
}

impl Program {
    /// With a sandbox of its own, or with the one at `stripe`.
    pub(crate) async fn start(database: &Database, stripe: Option<&str>) -> Self {
        let (billing, sandbox) = (free_address(), free_address());
        let mut settings = vec![
            ("DATABASE_URL", database.url.clone()),
            ("BILLING_LISTEN", billing.clone()),
            ("SANDBOX_LISTEN", sandbox.clone()),
        ];
        settings.extend(stripe.map(|url| ("SANDBOX_URL", url.to_owned())));
        let child = spawn(&settings, database.folder());
        let (url, folder) = (format!("http://{billing}"), database.folder().to_owned());
        Self { url, settings, folder, child }.up().await
    }

    /// No signal is handled, nothing is flushed: as when the machine loses power.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// The same again, on the same data.
    pub(crate) async fn start_again(mut self) -> Self {
        self.child = spawn(&self.settings, &self.folder);
        self.up().await
    }

    pub(crate) async fn register(&self) -> Client {
        let body = json!({"email": "ada@members.example", "password": "correct horse"});
        let signed_in = Client::new(&self.url).post("/api/v1/auth/register/", body).await.expect(201);
        Client::new(&self.url).bearer(signed_in["token"].as_str().unwrap())
    }

    async fn up(self) -> Self {
        let client = reqwest::Client::new();
        let healthy = async || client.get(format!("{}/healthz", self.url)).send().await.ok().map(drop);
        wait_until("the program is up", healthy).await;
        self
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn spawn(settings: &[(&'static str, String)], folder: &std::path::Path) -> Child {
    let mut serve = command();
    serve.arg("serve").current_dir(folder).envs(settings.iter().map(|(name, value)| (name, value)));
    serve.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

/// Below 32768, where no system takes the ports of outgoing connections from: it is still free after a restart.
fn free_address() -> String {
    let tried = (0..200).map(|_| {
        let bytes = uuid::Uuid::new_v4().into_bytes();
        20_000 + u16::from_be_bytes([bytes[0], bytes[1]]) % 12_000
    });
    let mut free = tried.filter(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok());
    format!("127.0.0.1:{}", free.next().unwrap())
}

#[cfg(target_os = "linux")]
#[test]
fn its_allocator_is_set_up_and_can_be_by_the_operator() {
    let said = command().arg("--version").env("MALLOC_CONF", "confirm_conf:true,narenas:3").output().unwrap();
    let said = String::from_utf8(said.stderr).unwrap();
    for setting in ["narenas:1", "dirty_decay_ms:200", "narenas:3"] {
        assert!(said.contains(setting), "{setting} is not in: {said}");
    }
}

//! State that survives: a restart, and the process being killed.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::harness::receiver::Receiver;
use crate::harness::{client, id, text};

pub struct Process {
    /// None in a second handle.
    child: Option<Child>,
    pub base: String,
}

impl Drop for Process {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// A port below the ephemeral range, that was free a moment ago.
fn free_port() -> u16 {
    let start = 20_000 + u16::try_from(std::process::id() % 10_000).unwrap();
    (start..32_000).find(|port| std::net::TcpListener::bind(("127.0.0.1", *port)).is_ok()).unwrap()
}

pub async fn start(data: &Path) -> Process {
    let port = free_port();
    let child = Command::new(env!("CARGO_BIN_EXE_stripe-sandbox"))
        .args(["--port", &port.to_string(), "--data", data.to_str().unwrap()])
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let process = Process { child: Some(child), base: format!("http://127.0.0.1:{port}") };
    for _ in 0..500 {
        if client().get(format!("{}/_sandbox/clock", process.base)).send().await.is_ok() {
            return process;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("the sandbox did not start");
}

impl Process {
    /// A second handle, for somebody else who asks.
    pub fn at(&self) -> Self {
        Self { child: None, base: self.base.clone() }
    }

    pub async fn post(&self, path: &str, form: &[(&str, &str)]) -> serde_json::Value {
        self.try_post(path, form).await.unwrap()
    }

    /// None if the process is gone before it answers.
    pub async fn try_post(&self, path: &str, form: &[(&str, &str)]) -> Option<serde_json::Value> {
        let request = client().post(format!("{}{path}", self.base)).bearer_auth("sk_test_sandbox");
        let answer =
            request.header("idempotency-key", format!("{path}{form:?}")).form(form).send().await.ok()?;
        assert_eq!(answer.status(), 200);
        answer.json().await.ok()
    }

    pub async fn get(&self, path: &str) -> serde_json::Value {
        let request = client().get(format!("{}{path}", self.base)).bearer_auth("sk_test_sandbox");
        request.send().await.unwrap().json().await.unwrap()
    }

    pub async fn now(&self) -> i64 {
        self.get("/_sandbox/clock").await["now"].as_i64().unwrap()
    }

    async fn advance(&self, seconds: i64) {
        self.try_advance(seconds).await.unwrap();
    }

    /// None if the process is gone before it answers.
    pub async fn try_advance(&self, seconds: i64) -> Option<serde_json::Value> {
        let body = serde_json::json!({ "seconds": seconds });
        let request = client().post(format!("{}/_sandbox/clock/advance", self.base)).json(&body);
        request.send().await.ok()?.json().await.ok()
    }

    /// As by `kill -9`.
    pub fn kill(mut self) {
        let mut child = self.child.take().unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_acknowledged_is_there_after_kill_9() {
    let folder = tempfile::tempdir().unwrap();
    let process = start(folder.path()).await;
    let first = process.post("/v1/customers", &[("email", "a@example.com")]).await;
    process.advance(1_000_000).await;
    let clock = process.get("/_sandbox/clock").await["now"].as_i64().unwrap();
    // Killed while 32 requests are under way: those that were answered must be there.
    let base = process.base.clone();
    let storm: Vec<_> = (0..32)
        .map(|number| {
            let base = base.clone();
            tokio::spawn(async move {
                let request = client().post(format!("{base}/v1/customers")).bearer_auth("sk_test_sandbox");
                let answer = request.form(&[("name", number.to_string())]).send().await.ok()?;
                answer.json::<serde_json::Value>().await.ok()
            })
        })
        .collect();
    tokio::time::sleep(Duration::from_millis(15)).await;
    process.kill();
    let mut acknowledged = vec![id(&first)];
    for call in storm {
        acknowledged.extend(call.await.unwrap().map(|customer| id(&customer)));
    }
    let process = start(folder.path()).await;
    for customer in &acknowledged {
        assert_eq!(process.get(&format!("/v1/customers/{customer}")).await["id"], customer.as_str());
    }
    assert!(
        process.get("/_sandbox/clock").await["now"].as_i64().unwrap() >= clock,
        "the clock's offset is kept"
    );
    let again = process.post("/v1/customers", &[("email", "a@example.com")]).await;
    assert_eq!(id(&again), id(&first), "idempotency keys are kept");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_delivery_that_is_owed_is_made_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let receiver = Receiver::start(503).await;
    let process = start(folder.path()).await;
    process
        .post("/v1/webhook_endpoints", &[("url", &receiver.url), ("enabled_events[0]", "customer.created")])
        .await;
    process.post("/v1/customers", &[("name", "x")]).await;
    let first = receiver.wait_for(1).await;
    process.kill();
    receiver.answer(200);
    let before = receiver.seen().len();
    let _process = start(folder.path()).await;
    let after = receiver.wait_for(before + 1).await;
    assert_eq!(text(&after[before].event["id"]), text(&first[0].event["id"]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_line_cut_off_by_a_crash_is_dropped_and_a_damaged_one_stops_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let process = start(folder.path()).await;
    let customer = id(&process.post("/v1/customers", &[("name", "x")]).await);
    process.kill();
    let journal = folder.path().join("journal.jsonl");
    let good = std::fs::read_to_string(&journal).unwrap();
    std::fs::write(&journal, format!("{good}{{\"changes\":{{\"acc")).unwrap();
    let process = start(folder.path()).await;
    assert_eq!(process.get(&format!("/v1/customers/{customer}")).await["name"], "x");
    process.kill();
    let good = std::fs::read_to_string(&journal).unwrap();
    std::fs::write(&journal, format!("nonsense\n{good}")).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_stripe-sandbox"))
        .args(["--port", &free_port().to_string(), "--data", folder.path().to_str().unwrap()])
        .output()
        .unwrap();
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("damaged at line 1"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_sandboxes_do_not_share_a_folder_and_one_stops_when_told_to() {
    let folder = tempfile::tempdir().unwrap();
    let mut process = start(folder.path()).await;
    let second = Command::new(env!("CARGO_BIN_EXE_stripe-sandbox"))
        .args(["--port", &free_port().to_string(), "--data", folder.path().to_str().unwrap()])
        .output()
        .unwrap();
    assert!(String::from_utf8_lossy(&second.stderr).contains("in use by another sandbox"));
    let child = process.child.as_mut().unwrap();
    let pid = child.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    #[allow(clippy::disallowed_methods, reason = "how long a real process takes to stop")]
    let begin = Instant::now();
    assert!(child.wait().unwrap().success());
    assert!(begin.elapsed() < Duration::from_secs(5));
}

//! `stripe-sandbox` as a process of its own, which can be killed.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use super::client;

pub struct Process {
    /// None in a second handle.
    pub child: Option<Child>,
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

/// A sandbox on a free port, with its data in this folder.
pub fn command(data: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_stripe-sandbox"));
    command.args(["--port", "0", "--data", data.to_str().unwrap()]);
    command
}

/// Starts one, which listens when this returns; what is asked meanwhile waits until it has read its data.
pub fn start(data: &Path) -> Process {
    let mut child = command(data).stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let base = line.split(' ').find(|word| word.starts_with("http://")).expect("it says where it listens");
    Process { base: base.to_owned(), child: Some(child) }
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

    pub async fn advance(&self, seconds: i64) {
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

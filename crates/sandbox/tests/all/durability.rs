//! State that survives: a restart, and the process being killed.

use std::process::Command;
use std::time::{Duration, Instant};

use crate::harness::process::{command, start};
use crate::harness::receiver::Receiver;
use crate::harness::{client, id, text};
use sandbox::{Config, Sandbox, Webhook};
use tokio::net::TcpListener;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_acknowledged_is_there_after_kill_9() {
    let folder = tempfile::tempdir().unwrap();
    let process = start(folder.path());
    let first = process.post("/v1/customers", &[("email", "a@example.com")]).await;
    process.advance(1_000_000).await;
    let clock = process.get("/_sandbox/clock").await["now"].as_i64().unwrap();
    // Killed while 32 requests are under way: those that were answered must be there.
    let (told, mut heard) = tokio::sync::mpsc::unbounded_channel();
    for number in 0..32 {
        let (request, told) = (client().post(format!("{}/v1/customers", process.base)), told.clone());
        tokio::spawn(async move {
            let request = request.bearer_auth("sk_test_sandbox").form(&[("name", number.to_string())]);
            let customer = request.send().await.ok()?.json().await.ok()?;
            told.send(id(&customer)).ok()
        });
    }
    drop(told);
    let mut acknowledged = vec![id(&first)];
    for _ in 0..8 {
        acknowledged.push(heard.recv().await.expect("an answer"));
    }
    process.kill();
    while let Some(customer) = heard.recv().await {
        acknowledged.push(customer);
    }
    let process = start(folder.path());
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
    let process = start(folder.path());
    process
        .post("/v1/webhook_endpoints", &[("url", &receiver.url), ("enabled_events[0]", "customer.created")])
        .await;
    process.post("/v1/customers", &[("name", "x")]).await;
    let first = receiver.wait_for(1).await;
    process.kill();
    receiver.answer(200);
    let before = receiver.seen().len();
    let _process = start(folder.path());
    let after = receiver.wait_for(before + 1).await;
    assert_eq!(text(&after[before].event["id"]), text(&first[0].event["id"]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_line_cut_off_by_a_crash_is_dropped_and_a_damaged_one_stops_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let process = start(folder.path());
    let customer = id(&process.post("/v1/customers", &[("name", "x")]).await);
    process.kill();
    let journal = folder.path().join("journal.jsonl");
    let good = std::fs::read_to_string(&journal).unwrap();
    std::fs::write(&journal, format!("{good}{{\"changes\":{{\"acc")).unwrap();
    let process = start(folder.path());
    assert_eq!(process.get(&format!("/v1/customers/{customer}")).await["name"], "x");
    process.kill();
    let good = std::fs::read_to_string(&journal).unwrap();
    std::fs::write(&journal, format!("nonsense\n{good}")).unwrap();
    let output = command(folder.path()).output().unwrap();
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("damaged at line 1"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_sandboxes_do_not_share_a_folder_and_one_stops_when_told_to() {
    let folder = tempfile::tempdir().unwrap();
    let mut process = start(folder.path());
    let second = command(folder.path()).output().unwrap();
    assert!(String::from_utf8_lossy(&second.stderr).contains("in use by another sandbox"));
    let child = process.child.as_mut().unwrap();
    let pid = child.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    #[allow(clippy::disallowed_methods, reason = "how long a real process takes to stop")]
    let begin = Instant::now();
    assert!(child.wait().unwrap().success());
    assert!(begin.elapsed() < Duration::from_secs(5));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_folder_is_free_once_its_sandbox_has_stopped() {
    let folder = tempfile::tempdir().unwrap();
    // Takes what it is sent, and never answers.
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let webhook = Webhook {
        account: "sandbox".to_owned(),
        url: format!("http://{}/", silent.local_addr().unwrap()),
        secret: "whsec_test".to_owned(),
        events: vec!["*".to_owned()],
        api_version: None,
    };
    for _ in 0..3 {
        let config = Config {
            data_dir: Some(folder.path().to_owned()),
            webhooks: vec![webhook.clone()],
            ..Config::default()
        };
        let stop = config.shutdown.clone();
        let sandbox = Sandbox::open(config).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/v1/customers", listener.local_addr().unwrap());
        let serving = tokio::spawn(async move { sandbox.serve(listener).await });
        let made = client().post(url).bearer_auth("sk_test_sandbox").send().await.unwrap();
        assert_eq!(made.status(), 200);
        let _under_way = silent.accept().await.unwrap();
        stop.cancel();
        serving.await.unwrap().unwrap();
    }
}

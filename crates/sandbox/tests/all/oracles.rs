//! The judges that nobody here wrote: Stripe's specification, its clients, its command line tool, recorded traffic.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::harness::{Recorder, World};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// A tool of an oracle, or a failure that says how to get it.
fn tool(path: &str) -> PathBuf {
    let tool = root().join(path);
    assert!(
        tool.exists(),
        "{} is missing: run scripts/oracles.sh (it needs Python 3.11 and npm)",
        tool.display()
    );
    tool
}

fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracles").join(name)
}

/// Runs a command to its end without blocking the server; answers what it printed.
pub async fn run(command: Command) -> String {
    let shown = format!("{command:?}");
    let (good, text) = outcome(command).await;
    assert!(good, "{shown} failed:\n{text}");
    text
}

/// Whether a command succeeded, and what it printed.
pub async fn outcome(mut command: Command) -> (bool, String) {
    let shown = format!("{command:?}");
    let output = tokio::task::spawn_blocking(move || command.output()).await.unwrap();
    let output = output.unwrap_or_else(|error| panic!("{shown}: {error}"));
    let text =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    (output.status.success(), text)
}

fn python(arguments: &[&str]) -> Command {
    let mut command = Command::new(tool(".tools/oracles/bin/python"));
    command.arg(script(arguments[0])).args(&arguments[1..]);
    command
}

fn node(arguments: &[&str]) -> Command {
    tool(".tools/node/node_modules/stripe/package.json");
    let mut command = Command::new("node");
    command
        .arg(script(arguments[0]))
        .args(&arguments[1..])
        .env("NODE_PATH", root().join(".tools/node/node_modules"));
    command
}

pub fn stripe_cli(arguments: &[&str], home: &Path) -> Command {
    let mut command = Command::new(tool(".tools/node/node_modules/.bin/stripe"));
    command
        .args(arguments)
        .env("STRIPE_API_KEY", "sk_test_sandbox")
        .env("STRIPE_CLI_TELEMETRY_OPTOUT", "1")
        .env("XDG_CONFIG_HOME", home);
    command
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_answer_of_every_story_and_client_is_what_stripes_specification_says() {
    let folder = tempfile::tempdir().unwrap();
    let exchanges = folder.path().join("exchanges.jsonl");
    let recorder = Recorder::new(&exchanges);
    crate::authorizations::tell_all(&recorder).await;
    crate::cards::tell_all(&recorder).await;
    crate::catalog::tell_all(&recorder).await;
    crate::changes::tell_all(&recorder).await;
    crate::checkout::tell_all(&recorder).await;
    crate::clocks::tell_all(&recorder).await;
    crate::coupons::tell_all(&recorder).await;
    crate::customer_balance::tell_all(&recorder).await;
    crate::tax_ids::tell_all(&recorder).await;
    crate::customers::tell_all(&recorder).await;
    crate::discounts::tell_all(&recorder).await;
    crate::deliveries::tell_all(&recorder).await;
    crate::disputes::tell_all(&recorder).await;
    crate::errors::tell_all(&recorder).await;
    crate::events::tell_all(&recorder).await;
    crate::faults::tell_all(&recorder).await;
    crate::idempotency::tell_all(&recorder).await;
    crate::invoice_life::tell_all(&recorder).await;
    crate::invoices::tell_all(&recorder).await;
    crate::limits::tell_all(&recorder).await;
    crate::payments::tell_all(&recorder).await;
    crate::plans::tell_all(&recorder).await;
    crate::refunds::tell_all(&recorder).await;
    crate::schedules::tell_all(&recorder).await;
    crate::setup::tell_all(&recorder).await;
    crate::starts::tell_all(&recorder).await;
    crate::portal::tell_all(&recorder).await;
    crate::search::tell_all(&recorder).await;
    crate::stripe_js::tell_all(&recorder).await;
    crate::subscriptions::tell_all(&recorder).await;
    crate::time::tell_all(&recorder).await;
    for story in client_stories("python").iter().chain(&client_stories("node")) {
        tell(story, &World::recorded(Some(recorder.clone())).await).await;
    }
    println!("{}", run(python(&["check_spec.py", exchanges.to_str().unwrap()])).await);
}

/// The stories told to the official clients: every file beside `world`, which they share.
fn client_stories(language: &str) -> Vec<PathBuf> {
    let files = std::fs::read_dir(script(language)).unwrap().map(|entry| entry.unwrap().path());
    let is_story = |file: &PathBuf| file.is_file() && file.file_stem().is_some_and(|stem| stem != "world");
    let mut stories: Vec<PathBuf> = files.filter(is_story).collect();
    assert!(!stories.is_empty());
    stories.sort();
    stories
}

async fn tell(story: &Path, world: &World) {
    let arguments = [story.to_str().unwrap(), &world.base];
    let is_python = story.extension().is_some_and(|extension| extension == "py");
    run(if is_python { python(&arguments) } else { node(&arguments) }).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_official_python_client_lives_through_its_stories() {
    for story in client_stories("python") {
        tell(&story, &World::start().await).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_official_node_client_lives_through_its_stories() {
    for story in client_stories("node") {
        tell(&story, &World::start().await).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_official_command_line_tool_sends_events_again() {
    let world = World::start().await;
    let receiver = crate::harness::receiver::Receiver::start(200).await;
    let form = [("url", receiver.url.as_str()), ("enabled_events[0]", "customer.created")];
    let endpoint = crate::harness::id(&world.post("/v1/webhook_endpoints", &form).await);
    world.customer("").await;
    let event = crate::harness::id(&receiver.wait_for(1).await[0].event);
    for (more, seen) in [(vec!["--webhook-endpoint", &endpoint], 2), (Vec::new(), 3)] {
        let mut arguments = vec!["events", "resend", &event, "--api-base", &world.base];
        arguments.extend(more);
        let home = tempfile::tempdir().unwrap();
        let said = run(stripe_cli(&arguments, home.path())).await;
        assert!(said.contains(&event), "{said}");
        receiver.wait_for(seen).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nonsense_is_refused_and_breaks_nothing() {
    let world = World::start().await;
    println!("{}", run(python(&["fuzz.py", &world.base, "1"])).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn recorded_traffic_of_the_real_stripe_is_answered_alike() {
    let Ok(folder) = std::env::var("STRIPE_RECORDINGS") else {
        println!("STRIPE_RECORDINGS names no folder of recordings (*.jsonl): nothing to compare with");
        return;
    };
    let world = World::start().await;
    println!("{}", run(python(&["recordings.py", &world.base, &folder])).await);
}

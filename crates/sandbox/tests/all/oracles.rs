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
async fn run(mut command: Command) -> String {
    let shown = format!("{command:?}");
    let output = tokio::task::spawn_blocking(move || command.output()).await.unwrap();
    let output = output.unwrap_or_else(|error| panic!("{shown}: {error}"));
    let text =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{shown} failed:\n{text}");
    text
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

fn stripe_cli(arguments: &[&str], home: &Path) -> Command {
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
    let (one, two) =
        (World::recorded(Some(recorder.clone())).await, World::recorded(Some(recorder.clone())).await);
    run(python(&["sdk.py", &one.base])).await;
    run(node(&["sdk.cjs", &two.base])).await;
    let three = World::recorded(Some(recorder.clone())).await;
    run(python(&["surroundings.py", &three.base])).await;
    println!("{}", run(python(&["check_spec.py", exchanges.to_str().unwrap()])).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_official_python_client_works_with_the_sandbox() {
    let world = World::start().await;
    println!("{}", run(python(&["sdk.py", &world.base])).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_official_python_client_searches_visits_and_gets_through_failures() {
    let world = World::start().await;
    println!("{}", run(python(&["surroundings.py", &world.base])).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_official_node_client_works_with_the_sandbox() {
    let world = World::start().await;
    println!("{}", run(node(&["sdk.cjs", &world.base])).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_official_command_line_tool_triggers_its_fixtures() {
    let world = World::start().await;
    for event in [
        "payment_intent.succeeded",
        "payment_intent.payment_failed",
        "payment_intent.requires_action",
        "payment_intent.amount_capturable_updated",
        "payment_intent.canceled",
        "setup_intent.succeeded",
        "setup_intent.setup_failed",
        "payment_method.attached",
        "payment_method.detached",
        "customer.created",
        "customer.updated",
        "customer.deleted",
        "customer.subscription.created",
        "customer.subscription.updated",
        "customer.subscription.deleted",
        "customer.subscription.paused",
        "customer.subscription.trial_will_end",
        "invoice.created",
        "invoice.finalized",
        "invoice.paid",
        "invoice.payment_succeeded",
        "invoice.payment_failed",
        "invoice.payment_action_required",
        "invoice.voided",
        "invoice.marked_uncollectible",
        "invoiceitem.created",
        "charge.succeeded",
        "charge.failed",
        "charge.captured",
        "charge.refunded",
        "billing_portal.configuration.created",
        "billing_portal.configuration.updated",
        "billing_portal.session.created",
        "charge.refund.updated",
        "charge.dispute.created",
        "charge.dispute.updated",
        "charge.dispute.closed",
        "setup_intent.created",
        "setup_intent.canceled",
        "product.created",
        "product.updated",
        "product.deleted",
        "price.updated",
        "price.created",
        "test_helpers.test_clock.created",
        "test_helpers.test_clock.advancing",
        "test_helpers.test_clock.ready",
        "coupon.created",
        "coupon.updated",
        "coupon.deleted",
    ] {
        let home = tempfile::tempdir().unwrap();
        let said = run(stripe_cli(&["trigger", event, "--api-base", &world.base], home.path())).await;
        let seen = world.get(&format!("/v1/events?type={event}")).await;
        assert!(!seen["data"].as_array().unwrap().is_empty(), "no {event}:\n{said}");
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

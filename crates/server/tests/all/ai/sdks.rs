//! OpenAI's own clients, against the gateway and before the stand-in.

use super::*;
use crate::oracles::{root, run, tool};
use std::path::{Path, PathBuf};
use std::process::Command;

testkit::on_both_databases!(
    the_official_python_client_of_openai_lives_through_its_story,
    the_official_node_client_of_openai_lives_through_its_story,
);

fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/openai").join(name)
}

async fn the_official_python_client_of_openai_lives_through_its_story(database: Database) {
    let mut python = Command::new(tool(".tools/oracles/bin/python"));
    python.arg(script("story.py"));
    tell(database, python).await;
}

async fn the_official_node_client_of_openai_lives_through_its_story(database: Database) {
    tool(".tools/node/node_modules/openai/package.json");
    let mut node = Command::new("node");
    node.arg(script("story.cjs")).env("NODE_PATH", root().join(".tools/node/node_modules"));
    tell(database, node).await;
}

async fn tell(database: Database, mut client: Command) {
    let upstream = Upstream::start().await;
    let catalog = unlimited().replacen("[[tiers]]\n", "[[tiers]]\nai_limits = { concurrent = 2 }\n", 1);
    let app = shop_with(database, &upstream, &catalog, &[]).await;
    let (rich, poor) = (with_tokens(&app).await, app.register().await);
    for _ in 0..3 {
        consume(&poor).await.expect(200);
    }
    let me = rich.get("/api/v1/auth/me/").await.expect(200)["user"]["id"].as_str().unwrap().to_owned();
    let key = app.billing().create_service_key("backend", &["usage".to_owned()], "local").await.unwrap();
    client.env("GATEWAY", format!("{}/v1", app.url)).env("RICH", token(&rich)).env("POOR", token(&poor));
    client.env("SERVICE_KEY", key.secret).env("ON_BEHALF_OF", me);
    let said = run(client).await;

    wait_until("what was given up has ended", async || (upstream.open() == 0).then_some(())).await;
    nothing_is_held(&app).await;
    // Chat, and the same by the service key; the stream; the one that was left after three words; an embedding; an image.
    let spent = 2 * reported(5) + reported(4) + price(1, 0, 4) + 2 + 1_000;
    assert_eq!(available(&rich).await, 100_000 - spent, "{said}");
    let uploads = "SELECT COUNT(*) FROM usage_days WHERE feature = 'ai_upload' AND ai_requests = 1";
    assert_eq!(count(&app, uploads).await, 1);
}

/// What follows `Bearer`.
fn token(who: &Client) -> String {
    let request = who.request(Method::GET, "/").build().unwrap();
    let value = request.headers()["authorization"].to_str().unwrap().to_owned();
    value.strip_prefix("Bearer ").unwrap().to_owned()
}

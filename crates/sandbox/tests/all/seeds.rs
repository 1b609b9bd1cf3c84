//! Where ids come from: drawn anew for each sandbox, or from a seed.

use sandbox::Config;
use serde_json::json;

use crate::harness::{World, id};

/// Ids of a new customer and of the event about it, in a sandbox that has not seen anything else.
async fn first_ids(world: &World) -> (String, String) {
    let customer = id(&world.post("/v1/customers", &[("name", "Jenny")]).await);
    (customer, id(&world.get("/v1/events").await["data"][0]))
}

async fn reset(world: &World) {
    let request = world.client.post(format!("{}/_sandbox/reset", world.base)).json(&json!({}));
    assert_eq!(world.call(request).await.ok()["reset"], true);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_seed_no_id_comes_again_in_another_sandbox_or_after_a_reset() {
    let (one, other) = (World::start().await, World::start().await);
    let (first, second) = (first_ids(&one).await, first_ids(&other).await);
    reset(&one).await;
    let third = first_ids(&one).await;
    for (a, b) in [(&first, &second), (&first, &third), (&second, &third)] {
        assert_ne!(a.0, b.0);
        assert_ne!(a.1, b.1);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_a_seed_the_same_requests_give_the_same_ids_also_after_a_reset() {
    let seeded = || World::with(Config { seed: Some(7), ..Config::default() }, None);
    let (one, other) = (seeded().await, seeded().await);
    let first = first_ids(&one).await;
    assert_eq!(first_ids(&other).await, first);
    reset(&one).await;
    assert_eq!(first_ids(&one).await, first);
}

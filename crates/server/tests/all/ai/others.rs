//! Embeddings and images.

use super::*;

testkit::on_both_databases!(
    embeddings_are_paid_by_their_input,
    images_are_paid_each_by_size_and_quality,
    the_demo_has_both_and_says_so,
    a_failure_of_either_costs_nothing,
);

const EMBEDDINGS: &str = "/v1/embeddings";
const IMAGES: &str = "/v1/images/generations";

fn embedding(input: Value) -> Value {
    json!({"model": "text-embedding-3-small", "input": input})
}

async fn embeddings_are_paid_by_their_input(database: Database) {
    let upstream = Upstream::start().await;
    let app = shop(database, &upstream).await;
    let member = with_tokens(&app).await;
    let answer = member.post(EMBEDDINGS, embedding(json!(["one", "two"]))).await.expect(200);
    assert_eq!(answer["data"][0]["embedding"], json!([1.0, -2.0]));
    // 100 tokens at 20 for a thousand.
    assert_eq!(available(&member).await, 100_000 - 2);
    let days =
        "SELECT COUNT(*) FROM usage_days WHERE feature = 'ai_embedding' AND model = 'text-embedding-3-small'";
    assert_eq!(count(&app, days).await, 1);
    let wrong = error(member.post(EMBEDDINGS, embedding(json!({}))).await, 400, "invalid_request");
    assert_eq!(wrong["param"], "input");
    nothing_is_held(&app).await;
}

async fn images_are_paid_each_by_size_and_quality(database: Database) {
    let upstream = Upstream::start().await;
    let app = shop(database, &upstream).await;
    let member = with_tokens(&app).await;
    let asking = |quality: &str, act: Value| json!({"model": "gpt-image-1", "prompt": "a cat", "n": 3, "quality": quality, "metadata": {"act": act}});
    member.post(IMAGES, asking("low", json!({}))).await.expect(200);
    assert_eq!(available(&member).await, 97_000);
    member.post(IMAGES, asking("high", json!({"images": 2}))).await.expect(200);
    assert_eq!(available(&member).await, 73_000, "those that came");
    let own = member.post("/api/v1/ai/images/", json!({"prompt": "a dog"})).await.expect(200);
    assert_eq!((&own["model"], &own["tokens"]), (&json!("gpt-image-1"), &json!(4_000)));
    assert_eq!(own["images"], json!([{"b64_json": "aW1hZ2U=", "url": null}]));
    assert_eq!(own["balance"], json!({"available": 69_000, "held": 0}));
    member.post(IMAGES, asking("auto", json!({"images": 1, "quality": "high"}))).await.expect(200);
    assert_eq!(available(&member).await, 57_000, "what the service has chosen");
    member
        .post("/api/v1/ai/images/", json!({"prompt": "a dog", "n": 11}))
        .await
        .problem(422, "invalid_request");
    member.post("/api/v1/ai/images/", json!({"prompt": ""})).await.problem(422, "invalid_request");
    nothing_is_held(&app).await;
}

async fn the_demo_has_both_and_says_so(database: Database) {
    let app = crate::billing::support::shop(database).await;
    let member = app.register().await;
    let body = json!({"model": "demo-embedding", "input": ["a", "b"], "dimensions": 8});
    let answer = member.post(EMBEDDINGS, body.clone()).await.expect(200);
    assert_eq!(answer["data"].as_array().unwrap().len(), 2);
    assert_eq!(answer["data"][1]["embedding"].as_array().unwrap().len(), 8);
    assert_eq!(member.post(EMBEDDINGS, body).await.expect(200), answer, "the same again");
    let image = member.post("/api/v1/ai/images/", json!({"prompt": "a cat"})).await.expect(200);
    assert_eq!((&image["model"], &image["source"]), (&json!("demo-image"), &json!("allowance")));
    assert!(image["images"][0]["b64_json"].as_str().unwrap().starts_with("iVBORw0KGgo"), "a PNG");
}

async fn a_failure_of_either_costs_nothing(database: Database) {
    let upstream = Upstream::start().await;
    let app = shop(database, &upstream).await;
    let member = with_tokens(&app).await;
    let mut body = embedding(json!("x"));
    body["metadata"] = json!({"act": {"fail": 500}});
    error(member.post(EMBEDDINGS, body).await, 502, "upstream_failed");
    let none = json!({"model": "gpt-image-1", "prompt": "a cat", "metadata": {"act": {"images": 0}}});
    error(member.post(IMAGES, none).await, 502, "upstream_failed");
    let mut failed = embedding(json!("x"));
    failed["metadata"] = json!({"act": {"fail": 200}});
    error(member.post(EMBEDDINGS, failed).await, 502, "upstream_failed");
    let streamed = json!({"model": "gpt-image-1", "prompt": "a cat", "stream": true});
    assert_eq!(error(member.post(IMAGES, streamed).await, 400, "invalid_request")["param"], "stream");
    assert_eq!(available(&member).await, 100_000);
    nothing_is_held(&app).await;
}

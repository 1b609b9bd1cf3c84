//! Which models there are.

use super::*;

testkit::on_both_databases!(
    a_member_sees_the_models_of_the_tier,
    a_name_with_a_slash_needs_no_encoding,
    without_a_service_the_demo_answers,
    with_a_service_the_demo_is_not_there,
);

fn names(list: &Value) -> Vec<&str> {
    list["data"].as_array().unwrap().iter().map(|model| model["id"].as_str().unwrap()).collect()
}

async fn a_member_sees_the_models_of_the_tier(database: Database) {
    let upstream = Upstream::start().await;
    let app = shop_with(database, &upstream, CATALOG, &[]).await;
    let member = app.register().await;
    let list = member.get("/v1/models").await.expect(200);
    assert_eq!(
        (&list["object"], names(&list)),
        (&json!("list"), vec!["gpt-5-mini", "text-embedding-3-small"])
    );
    let one = member.get("/v1/models/gpt-5-mini").await.expect(200);
    assert_eq!((&one["object"], &one["kind"]), (&json!("model"), &json!("chat")));
    for other in ["gpt-5", "gpt-9"] {
        error(member.get(&format!("/v1/models/{other}")).await, 404, "model_not_found");
    }
    error(app.anyone().get("/v1/models").await, 401, "unauthenticated");
    let mut unknown = asking(json!({}));
    unknown["model"] = json!("gpt-9");
    error(ask(&member, unknown).await, 404, "model_not_found");
}

async fn a_name_with_a_slash_needs_no_encoding(database: Database) {
    let upstream = Upstream::start().await;
    let catalog = unlimited().replace("\"gpt-5-mini\"", "\"acme/gpt/mini\"");
    let app = shop_with(database, &upstream, &catalog, &[]).await;
    let member = app.register().await;
    for path in ["/v1/models/acme/gpt/mini", "/v1/models/acme%2Fgpt%2Fmini"] {
        assert_eq!(member.get(path).await.expect(200)["id"], "acme/gpt/mini");
    }
    error(member.get("/v1/models/acme/gpt").await, 404, "model_not_found");
    error(app.anyone().get("/v1/models/acme/gpt/mini").await, 401, "unauthenticated");
}

fn of_the_demo() -> Value {
    let mut demo = asking(json!({}));
    demo["model"] = json!("demo");
    demo
}

async fn without_a_service_the_demo_answers(database: Database) {
    let app = crate::billing::support::shop(database).await;
    let member = app.register().await;
    let list = member.get("/v1/models").await.expect(200);
    assert_eq!(names(&list), ["demo", "demo-embedding", "demo-image"]);
    assert_eq!(list["data"][0]["owned_by"], "allthrive-demo");
    assert_eq!(app.anyone().get(&at("config/")).await.expect(200)["ai_is_demo"], true);
    ask(&member, of_the_demo()).await.expect(200);
    error(ask(&member, asking(json!({}))).await, 404, "model_not_found");
}

async fn with_a_service_the_demo_is_not_there(database: Database) {
    let upstream = Upstream::start().await;
    let app = shop(database, &upstream).await;
    let member = app.register().await;
    error(ask(&member, of_the_demo()).await, 404, "model_not_found");
    assert_eq!(app.anyone().get(&at("config/")).await.expect(200)["ai_is_demo"], false);
    let list = member.get("/v1/models").await.expect(200);
    assert!(!names(&list).iter().any(|name| name.starts_with("demo")), "{list}");
}

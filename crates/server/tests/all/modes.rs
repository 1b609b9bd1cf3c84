//! Sandbox, test, live: a database stays in its mode.

use testkit::{App, Database};

testkit::on_both_databases!(
    a_database_of_sandbox_mode_is_refused_by_live_mode,
    live_mode_refuses_the_demo_user,
    test_mode_shows_no_mailbox_and_makes_no_demo_user,
    sandbox_mode_refuses_to_compute_taxes,
);

const LIVE: [(&str, &str); 3] = [
    ("STRIPE_SECRET_KEY", "sk_live_x"),
    ("STRIPE_WEBHOOK_SECRET", "whsec_x"),
    ("PUBLIC_URL", "https://billing.example"),
];

async fn a_database_of_sandbox_mode_is_refused_by_live_mode(database: Database) {
    let database = App::start(database).await.stop().await;
    let refused = App::try_start(database, &LIVE).await.unwrap_err().to_string();
    assert!(
        refused.contains("belongs to sandbox mode") && refused.contains("STRIPE_SECRET_KEY"),
        "{refused}"
    );
}

async fn live_mode_refuses_the_demo_user(database: Database) {
    let database = App::start(database).await.stop().await;
    let db = database.open_again().await;
    let mut tx = db.begin().await.unwrap();
    store::settings::set(&mut tx, "mode", "live").await.unwrap();
    tx.commit().await.unwrap();
    let refused = App::try_start(database, &LIVE).await.unwrap_err().to_string();
    assert!(refused.contains("demo user"), "{refused}");
}

async fn test_mode_shows_no_mailbox_and_makes_no_demo_user(database: Database) {
    // An address where nothing answers: the program starts when Stripe is down.
    let settings = [("STRIPE_SECRET_KEY", "sk_test_x"), ("STRIPE_API_BASE", "http://127.0.0.1:9")];
    let app = App::start_with(database, &settings).await;
    app.anyone().get("/mailbox").await.problem(404, "not_found");
    app.anyone().get("/mailbox.json").await.problem(404, "not_found");
    assert!(!app.billing().has_demo_user().await.unwrap());
    app.register().await.get("/api/v1/auth/me/").await.expect(200);
}

async fn sandbox_mode_refuses_to_compute_taxes(database: Database) {
    let catalog = include_str!("../../../../catalog.toml").replace("automatic = false", "automatic = true");
    let path = database.folder().join("catalog.toml");
    std::fs::write(&path, catalog).unwrap();
    let refused =
        App::try_start(database, &[("CATALOG", path.to_str().unwrap())]).await.unwrap_err().to_string();
    assert!(refused.contains("tax.automatic"), "{refused}");
}

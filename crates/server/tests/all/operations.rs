//! What the operator looks at, and the pages around the API.

use store::db::Dialect;
use store::{Query as _, args};
use testkit::tokio::io::AsyncWriteExt as _;
use testkit::tokio::net::TcpStream;
use testkit::{App, Database};

testkit::on_both_databases!(
    the_operator_sees_that_it_is_up,
    the_api_describes_itself,
    pages_carry_headers_that_protect_them,
    a_client_that_leaves_does_not_stop_the_work,
);

async fn the_operator_sees_that_it_is_up(database: Database) {
    let app = App::start(database).await;
    app.anyone().get("/healthz").await.expect(200);
    app.anyone().get("/readyz").await.expect(200);
    let metrics = app.anyone().get("/metrics").await.expect(200);
    assert!(metrics.as_str().unwrap().contains("db_statement_seconds"), "{metrics}");
}

async fn the_api_describes_itself(database: Database) {
    let app = App::start(database).await;
    let document = app.anyone().get("/api/openapi.json").await.expect(200);
    assert!(document["paths"]["/api/v1/auth/register/"]["post"].is_object());
    assert_eq!(document, serde_json::to_value(server::openapi::document()).unwrap());
    let reader = app.anyone().get("/api/docs/").await.expect(200);
    assert!(reader.as_str().unwrap().contains("swagger-ui"), "{reader}");
    let home = app.anyone().get("/").await.expect(200);
    for link in ["/api/docs/", "/mailbox", "curl "] {
        assert!(home.as_str().unwrap().contains(link), "{link} is not in {home}");
    }
}

async fn pages_carry_headers_that_protect_them(database: Database) {
    let app = App::start(database).await;
    for path in
        ["/", "/mailbox", "/verify-email?token=x", "/reset-password", "/api/docs/", "/api/v1/nowhere/"]
    {
        let page = app.anyone().get(path).await;
        assert_eq!(page.header("x-content-type-options"), Some("nosniff"), "{path}");
        assert!(page.header("content-security-policy").unwrap().contains("frame-ancestors 'none'"), "{path}");
        assert!(page.header("x-request-id").is_some(), "{path}");
    }
}

async fn a_client_that_leaves_does_not_stop_the_work(database: Database) {
    // Without a Stripe nothing else is at work here.
    let app = App::start_with(database, &[("SANDBOX_URL", "http://127.0.0.1:1")]).await;
    // As long as this transaction lasts, nobody can be registered.
    let mut lock = app.database.db.begin().await.unwrap();
    if lock.dialect() == Dialect::Postgres {
        lock.run("LOCK TABLE users IN EXCLUSIVE MODE", args![]).await.unwrap();
    }
    let body = serde_json::json!({"email": "hasty@members.example", "password": "correct horse"});
    let mut hasty = TcpStream::connect(app.running.addr).await.unwrap();
    let (text, length) = (body.to_string(), body.to_string().len());
    let request = format!(
        "POST /api/v1/auth/register/ HTTP/1.1\r\nhost: billing\r\ncontent-type: application/json\r\n\
         content-length: {length}\r\n\r\n{text}"
    );
    hasty.write_all(request.as_bytes()).await.unwrap();
    let begun = async || (app.running.state.units_of_work() > 0).then_some(());
    testkit::wait_until("the work has begun", begun).await;
    drop(hasty);
    drop(lock);
    // Not by signing in: who guesses at one address is soon limited.
    let there = async || {
        let sql = "SELECT COUNT(*) FROM users WHERE email = 'hasty@members.example'";
        let (users,) = app.database.db.reader().one::<(i64,)>(sql, args![]).await.unwrap();
        (users == 1).then_some(())
    };
    testkit::wait_until("the user is there all the same", there).await;
    app.anyone().post("/api/v1/auth/login/", body).await.expect(200);
}

//! The pages: which paths there are and with which policy, whether or not they are built here.

use testkit::{App, Database};

testkit::on_both_databases!(
    a_page_may_run_our_scripts_and_the_sandboxs_and_no_others,
    other_paths_are_no_pages
);

async fn a_page_may_run_our_scripts_and_the_sandboxs_and_no_others(database: Database) {
    let app = App::start(database).await;
    let page = app.anyone().get("/account/billing").await;
    let policy = page.header("content-security-policy").unwrap().to_owned();
    // Without web/dist the page says what to run, in a policy without any script.
    if page.status == 503 {
        assert!(!policy.contains("script-src"), "{policy}");
        return;
    }
    assert_eq!(page.status, 200);
    let scripts = policy.split(';').find(|part| part.trim().starts_with("script-src")).unwrap();
    assert!(scripts.contains("'self' http://127.0.0.1:"), "{policy}");
    assert!(!scripts.contains("unsafe"), "{policy}");
    assert!(policy.contains("http://elements.localhost:"), "{policy}");
    assert!(!policy.contains("stripe.com"), "no money moves: {policy}");
}

async fn other_paths_are_no_pages(database: Database) {
    let app = App::start(database).await;
    for path in
        ["/account/nothing", "/pricing/x", "/assets/nothing.js", "/assets/..%2findex.html", "/index.html"]
    {
        assert_eq!(app.anyone().get(path).await.expect(404)["code"], "not_found", "{path}");
    }
}

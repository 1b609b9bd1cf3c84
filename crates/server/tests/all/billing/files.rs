//! Tables to take along: every movement of tokens, and a month of use, for a spreadsheet.

use super::support::{DAY, at, backend, buy, consume, shop};
use billing::admin_actions::Actor;
use billing::tokens::{FILE_PAGE, GrantTokens, PAGE};
use domain::ids::AccountId;
use ledger::Tokens;
use serde_json::json;
use testkit::{Database, Reply};

testkit::on_both_databases!(
    all_movements_of_tokens_come_as_one_file,
    a_month_of_use_comes_as_a_file,
    files_are_only_for_who_may_read_them,
);

fn lines(reply: &Reply, name: &str) -> Vec<String> {
    assert_eq!(reply.status, 200, "{}", reply.body);
    assert_eq!(reply.header("content-type"), Some("text/csv; charset=utf-8; header=present"));
    let disposition = format!("attachment; filename=\"{name}\"");
    assert_eq!(reply.header("content-disposition"), Some(disposition.as_str()));
    let text = reply.body.as_str().unwrap().to_owned();
    let whole = text.strip_suffix("\r\n").expect("the last row ends, too");
    whole.split("\r\n").map(str::to_owned).collect()
}

async fn all_movements_of_tokens_come_as_one_file(database: Database) {
    let app = shop(database).await;
    let member = app.register().await;
    let nothing = lines(&member.get(&at("tokens/history.csv")).await, "tokens.csv");
    assert_eq!(nothing, ["created_at,kind,tokens,balance_after,description,id"]);
    buy(&member, "starter").await;
    for _ in 0..3 {
        consume(&member).await.expect(200);
    }
    for number in 0..110 {
        let body = json!({"tokens": 1, "feature": format!("-{number}")});
        member.post(&at("usage/consume/"), body).await.expect(200);
    }
    let me = member.get(&at("subscription/")).await.expect(200);
    let grant = GrantTokens {
        account: AccountId::from_stored(me["account_id"].as_str().unwrap()),
        tokens: Tokens::new(5).unwrap(),
        actor: Actor::command_line(),
        reason: "=HYPERLINK(\"x\"), sorry".to_owned(),
        request_key: "grant".to_owned(),
    };
    app.billing().grant_tokens(grant).await.unwrap();

    let all = lines(&member.get(&at("tokens/history.csv/")).await, "tokens.csv");
    assert_eq!(all.len(), 1 + 1 + 110 + 1);
    let history = member.get(&at("tokens/history/")).await.expect(200);
    for (line, row) in all[1..].iter().zip(history["data"].as_array().unwrap()) {
        let (created, id) = (row["created_at"].as_str().unwrap(), row["id"].as_str().unwrap());
        assert!(line.starts_with(created) && line.ends_with(id), "newest first: {line}");
    }
    assert!(all[1].contains(",grant,5,99895,\"'=HYPERLINK(\"\"x\"\"), sorry\",ttx_"), "{}", all[1]);
    assert!(all[2].contains(",usage,-1,99890,'-109,ttx_"), "{}", all[2]);
    assert!(all[112].contains(",purchase,100000,100000,Starter,ttx_"), "{}", all[112]);
    let mut ids: Vec<_> = all.iter().map(|line| line.rsplit_once(',').unwrap().1).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), all.len(), "each once");
    let account = AccountId::from_stored(me["account_id"].as_str().unwrap());
    for (size, expected) in [(PAGE, 50), (FILE_PAGE, 112)] {
        let page = app.billing().token_history(&account, None, size).await.unwrap();
        assert_eq!((page.data.len(), page.next_cursor.is_some()), (expected, expected == 50));
    }
}

async fn a_month_of_use_comes_as_a_file(database: Database) {
    let app = shop(database).await;
    let member = app.register().await;
    buy(&member, "starter").await;
    let used = async |body| drop(member.post(&at("usage/consume/"), body).await.expect(200));
    used(json!({"tokens": 5_000})).await;
    used(json!({"tokens": 7, "feature": "-essay", "model": "gpt-5-mini"})).await;
    app.advance(DAY).await;
    for _ in 0..2 {
        used(json!({"feature": "-essay", "model": "gpt-5-mini"})).await;
    }
    let all = lines(&member.get(&at("usage.csv/")).await, "usage.csv");
    let usage = member.get(&at("usage/")).await.expect(200);
    let days = usage["days"].as_array().unwrap();
    let [yesterday, today] = [28, 29].map(|day| days[day]["date"].as_str().unwrap());
    assert_eq!(
        all,
        [
            "date,feature,model,ai_requests,tokens".to_owned(),
            format!("{yesterday},'-essay,gpt-5-mini,1,0"),
            format!("{yesterday},ai_request,,1,5000"),
            format!("{today},'-essay,gpt-5-mini,2,0"),
        ]
    );
    assert_eq!(
        usage["used_for"],
        json!([
            {"feature": "-essay", "model": "gpt-5-mini", "ai_requests": 3, "tokens": 0},
            {"feature": "ai_request", "model": null, "ai_requests": 1, "tokens": 5_000},
        ])
    );
    let on_behalf = backend(&app, &member).await.get(&at("usage.csv")).await;
    assert_eq!(lines(&on_behalf, "usage.csv"), all);
}

async fn files_are_only_for_who_may_read_them(database: Database) {
    let app = shop(database).await;
    let member = app.register().await;
    let backend = backend(&app, &member).await;
    for path in ["tokens/history.csv/", "usage.csv/"] {
        app.anyone().get(&at(path)).await.problem(401, "unauthenticated");
    }
    backend.get(&at("tokens/history.csv/")).await.problem(403, "not_allowed");
}

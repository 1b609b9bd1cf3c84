//! `GET /dashboard`: what is in the sandbox, as one page to read. No key: it listens on the loopback only.

mod account;
mod deliveries;

use std::sync::Arc;

use axum::extract::{Query, State as Shared};
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use super::engine::Engine;
use super::html::{Html, moment};
use crate::core::state::{Account, State};

const STYLE: &str = include_str!("style.css");

/// Newest objects of a kind that are shown of each of several accounts, and of the one that was chosen.
const OF_EACH: usize = 5;
const OF_ONE: usize = 50;
/// Accounts that are shown at once; the others have links.
const ACCOUNTS: usize = 20;

#[derive(Debug, Deserialize)]
pub(crate) struct Filter {
    account: Option<String>,
}

/// The page; `?account=NAME` shows one account, with more of it.
pub(crate) async fn page(Shared(engine): Shared<Arc<Engine>>, Query(filter): Query<Filter>) -> Response {
    let chosen = filter.account.filter(|name| !name.is_empty());
    let body = engine.with_state(|state| accounts(&engine, state, chosen.as_deref()));
    let head = head(&engine);
    let page = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<title>Stripe sandbox</title>\n\
         <style>{STYLE}</style>\n</head>\n<body>\n{head}<main>\n{body}</main>\n</body>\n</html>\n"
    );
    let headers = [
        (CONTENT_TYPE, "text/html; charset=utf-8"),
        (CONTENT_SECURITY_POLICY, "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"),
        (REFERRER_POLICY, "no-referrer"),
        (CACHE_CONTROL, "no-store"),
    ];
    (headers, page).into_response()
}

fn head(engine: &Engine) -> Html {
    let mut head = Html::default();
    head.raw("<header>\n<h1>Stripe sandbox</h1>\n<p class=\"banner\"><strong>No money moves here.</strong> ");
    head.raw("This is an offline imitation of Stripe; its cards are test cards.</p>\n<p>Business time ");
    head.element("strong", &moment(engine.clock.now()));
    match engine.clock.offset_ms().div_euclid(1000) {
        0 => head.text(": the system's time"),
        offset => head.text(&format!(": {} ahead of the system's time", span(offset))),
    }
    head.raw("</p>\n");
    if let Some(count) = engine.faults.count() {
        head.element(
            "p class=\"banner wrong\"",
            &format!("Faults on demand are on: rules in force: {count}."),
        );
    }
    head.raw("</header>\n");
    head
}

/// Seconds as days, hours, minutes and seconds, without those that are none.
fn span(seconds: i64) -> String {
    let parts = [
        (seconds / 86_400, "d"),
        (seconds / 3600 % 24, "h"),
        (seconds / 60 % 60, "min"),
        (seconds % 60, "s"),
    ];
    let shown: Vec<String> = parts
        .iter()
        .filter(|(count, _)| *count != 0)
        .map(|(count, unit)| format!("{count} {unit}"))
        .collect();
    shown.join(" ")
}

fn accounts(engine: &Engine, state: &State, chosen: Option<&str>) -> Html {
    let mut page = Html::default();
    if state.accounts.is_empty() {
        page.element(
            "p",
            "Nothing has happened yet. Each secret key, sk_test_NAME, is an account of its own.",
        );
        return page;
    }
    page.raw("<nav aria-label=\"Accounts\">\n");
    page.link("/dashboard", "All accounts", chosen.is_none());
    for name in state.accounts.keys() {
        page.link(&format!("/dashboard?account={name}"), name, chosen == Some(name));
    }
    page.raw("</nav>\n");
    match chosen.map(|name| (name, state.accounts.get(name))) {
        Some((_, Some(account))) => show(&mut page, engine, account, OF_ONE),
        Some((name, None)) => page.element("p", &format!("There is no account {name}.")),
        None => {
            for account in state.accounts.values().take(ACCOUNTS) {
                show(&mut page, engine, account, OF_EACH);
            }
            if state.accounts.len() > ACCOUNTS {
                page.element("p", "The other accounts are behind the links above.");
            }
        }
    }
    page
}

fn show(page: &mut Html, engine: &Engine, account: &Account, most: usize) {
    page.raw("<section class=\"account\">\n");
    account::show(page, account, most);
    deliveries::show(page, &engine.deliveries.newest(&account.name, most));
    page.raw("</section>\n");
}

#[cfg(test)]
mod tests {
    use super::span;

    #[test]
    fn spans_name_only_what_there_is() {
        assert_eq!(span(86_400 + 61), "1 d 1 min 1 s");
        assert_eq!(span(7200), "2 h");
    }
}

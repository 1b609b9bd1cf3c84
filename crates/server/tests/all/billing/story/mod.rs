//! A story: what members ask over HTTP while time goes on, told as one text that ends in everything that changed:
//! rows, mails, and the objects at Stripe. The text is a snapshot in `stories/`, the same on both databases.
//!
//! A new or changed one: `INSTA_UPDATE=always cargo nextest run -p server -E 'test(sqlite::its_name)'`, read the
//! file line by line, then run it on both databases without.

mod names;
mod pretty;
mod rows;
mod stripe_objects;

use super::support::{at, count, settled, shop};
use axum::http::Method;
use names::Names;
use pretty::pretty;
use serde_json::{Value, json};
use std::fmt::Write as _;
use testkit::{App, Client, Database, Reply, wait_until};

/// Every story begins at this moment, so that its quarters have the same length whenever it is told.
const BEGINNING: &str = "2031-01-01T00:00:00Z";

pub(crate) struct Story {
    pub(crate) app: App,
    told: String,
    names: Names,
}

impl Story {
    /// In a shop whose catalog is seeded, on the first of January 2031.
    pub(crate) async fn begin(database: Database) -> Self {
        Self::in_shop(shop(database).await).await
    }

    /// As [`Story::begin`], in a shop that was started with settings of its own.
    pub(crate) async fn in_shop(app: App) -> Self {
        let clock = app.stripe().get("/_sandbox/clock").await.expect(200);
        let beginning: jiff::Timestamp = BEGINNING.parse().unwrap();
        app.advance(beginning.as_second() - clock["now"].as_i64().unwrap()).await;
        let mut names = Names::default();
        for (price, lookup_key) in rows::prices(&app.database.db).await {
            names.call(&price, format!("price({lookup_key})"));
        }
        Self { app, told: String::new(), names }
    }

    /// A line of the storyteller's.
    pub(crate) fn tell(&mut self, line: &str) {
        writeln!(self.told, "── {line}").unwrap();
    }

    /// Time goes on; everything that falls due happens, and is applied.
    pub(crate) async fn advance(&mut self, seconds: i64, words: &str) {
        self.app.advance(seconds).await;
        self.settled().await;
        self.tell(words);
    }

    pub(crate) async fn get(&mut self, who: &Client, path: &str) -> Value {
        let reply = who.get(&full(path)).await;
        self.answered("GET", path, None, reply).1
    }

    /// `path` is of the billing API, or starts with a slash.
    pub(crate) async fn post(&mut self, who: &Client, path: &str, body: Value) -> (u16, Value) {
        let reply = who.post(&full(path), body.clone()).await;
        self.answered("POST", path, Some(&body), reply)
    }

    /// As [`Story::post`], where the status must be this one.
    pub(crate) async fn did(&mut self, who: &Client, path: &str, body: Value, status: u16) -> Value {
        let (answered, body) = self.post(who, path, body).await;
        assert_eq!(answered, status, "{path}: {body:#}");
        body
    }

    /// As [`Story::did`], by another method.
    pub(crate) async fn sent(
        &mut self,
        who: &Client,
        method: Method,
        path: &str,
        body: Option<Value>,
        status: u16,
    ) -> Value {
        let request = who.request(method.clone(), &full(path));
        let request = if let Some(body) = &body { request.json(body) } else { request };
        let reply = who.send(request).await;
        let (answered, answer) = self.answered(method.as_str(), path, body.as_ref(), reply);
        assert_eq!(answered, status, "{path}: {answer:#}");
        answer
    }

    /// What somebody else does at Stripe, by its plain API: the dashboard, or the layer of 3D Secure.
    pub(crate) async fn at_stripe(&mut self, path: &str, form: &[(&str, &str)]) -> Value {
        let reply = self.app.stripe().post_form(path, form).await;
        let fields =
            Value::Object(form.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect());
        let (path, fields) = (self.names.text(path), pretty(&self.names.value(&fields), 0));
        writeln!(self.told, "at Stripe: POST {path} {fields} → {}", reply.status).unwrap();
        let body = reply.expect(200);
        self.settled().await;
        body
    }

    /// Waits until every event has come, and is applied.
    pub(crate) async fn settled(&self) {
        settled(&self.app).await;
    }

    async fn links_lead_somewhere(&self, mail: &str) {
        for link in mail.split_whitespace().filter_map(|word| word.strip_prefix("http://here")) {
            let answer = self.app.anyone().get(link).await;
            assert_ne!(answer.status, 404, "{link} of this mail is no page:\n{mail}");
        }
    }

    fn answered(&mut self, method: &str, path: &str, body: Option<&Value>, reply: Reply) -> (u16, Value) {
        let path = self.names.text(path);
        let sent = body.map(|body| format!(" {}", pretty(&self.names.value(body), 0))).unwrap_or_default();
        let answer = pretty(&self.names.value(&reply.body), 1);
        writeln!(self.told, "{method} {path}{sent}\n  {} {answer}", reply.status).unwrap();
        (reply.status, reply.body)
    }

    /// Waits until everything is applied and told, adds what there is now, and compares all of it.
    pub(crate) async fn end(mut self, name: &str) -> App {
        self.settled().await;
        let unsent = "SELECT COUNT(*) FROM outbox_messages WHERE status = 'pending'";
        wait_until("every mail is sent", async || (count(&self.app, unsent).await == 0).then_some(())).await;
        // First: its order is that of time, and the names are given in it.
        self.told += "\n══ at Stripe\n";
        for (noun, objects) in stripe_objects::all(&self.app).await {
            writeln!(self.told, "{noun}").unwrap();
            for object in objects {
                writeln!(self.told, "  {}", pretty(&self.names.value(&object), 1)).unwrap();
            }
        }
        self.told += "\n══ rows\n";
        for (table, rows) in rows::all(&self.app.database.db).await {
            writeln!(self.told, "{table}").unwrap();
            let numbered = rows.first().is_some_and(|row| row.get("id").is_some());
            let mut rows: Vec<_> = rows.iter().map(|row| pretty(&self.names.value(row), 1)).collect();
            if !numbered {
                // Of the same moment and without an id of ours: in the order of the names.
                rows.sort();
            }
            for row in rows {
                writeln!(self.told, "  {row}").unwrap();
            }
        }
        self.told += "\n══ mails\n";
        for mail in rows::mails(&self.app.database.db, &self.app.url).await {
            self.told += &self.names.text(&mail);
            self.links_lead_somewhere(&mail).await;
        }
        let mut settings = insta::Settings::clone_current();
        settings.set_snapshot_path("../stories");
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        settings.bind(|| insta::assert_snapshot!(name, self.told));
        self.app
    }
}

fn full(path: &str) -> String {
    if path.starts_with('/') { path.to_owned() } else { at(path) }
}

//! `apply(state, command, now) -> changes`: one request, or the next thing that is due.

use serde_json::Value;

use super::change::Changes;
use super::error::{ApiError, Result};
use super::idempotency::{self, Known};
use super::state::{Account, State};
use super::work::{Asked, Work};
use super::{expand, render, routes};
use crate::life;
use crate::params::args::Args;
use crate::params::{form, shape};

/// A request to Stripe's API, as it came.
#[derive(Clone, Debug, Default)]
pub(crate) struct Command {
    /// The account: what follows `sk_test_` in the key.
    pub(crate) account: String,
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) query: String,
    pub(crate) body: String,
    pub(crate) request_id: String,
    pub(crate) idempotency_key: Option<String>,
    pub(crate) publishable: bool,
}

/// When a command happens.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moment {
    /// Business time in seconds since the Unix epoch.
    pub(crate) now: i64,
    /// Wall time in milliseconds since the Unix epoch.
    pub(crate) wall_ms: i64,
}

/// What is answered to a command.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: String,
    pub(crate) began: bool,
    pub(crate) original_request: Option<String>,
    pub(crate) replayed: bool,
}

/// Applies a request. Pure: the state is only read; same state, command and moment, same result.
pub(crate) fn apply(state: &State, command: &Command, at: Moment) -> (Changes, Answer) {
    let fresh;
    let account = if let Some(account) = state.accounts.get(&command.account) {
        account
    } else {
        fresh = state.fresh_account(&command.account);
        &fresh
    };
    let key = command.idempotency_key.as_deref().filter(|_| command.method == "POST");
    let asked =
        Asked { request_id: Some(command.request_id.clone()), idempotency_key: key.map(str::to_owned) };
    let mut work = Work::new(account, at.now, at.wall_ms, asked);
    if let Some(key) = key {
        match idempotency::look_up(&work, command, key) {
            Known::New => {}
            Known::Replay(answer) => return (Changes::default(), answer),
            Known::Refused(error) => return (Changes::default(), refused(&error, command, at)),
        }
    }
    let answer = match handle(&mut work, command) {
        Ok(body) => Answer {
            status: 200,
            body: pretty(&body),
            began: true,
            original_request: Some(command.request_id.clone()),
            replayed: false,
        },
        Err(error) => {
            if !error.keep_changes {
                // Work that was refused leaves nothing behind, not even a drawn id.
                let asked = work.asked.clone();
                work = Work::new(account, at.now, at.wall_ms, asked);
            }
            refused(&error, command, at)
        }
    };
    if let (Some(key), true) = (key, answer.began) {
        idempotency::save(&mut work, command, key, &answer);
    }
    (work.into_changes(), answer)
}

fn refused(error: &ApiError, command: &Command, at: Moment) -> Answer {
    Answer {
        status: error.status,
        body: pretty(&error.render(&command.request_id, at.now)),
        began: error.began,
        original_request: Some(command.request_id.clone()),
        replayed: false,
    }
}

fn handle(work: &mut Work<'_>, command: &Command) -> Result<Value> {
    let (route, ids) = routes::find(&command.method, &command.path, command.publishable)?;
    // GET and DELETE carry their parameters in the query string; a body there is read as well.
    let mut tree = form::decode(&command.query)?;
    tree.extend(form::decode(&command.body)?);
    let secret = command.publishable.then(|| tree.remove("key")).flatten();
    drop(secret);
    let params = shape::check(route.shape, &tree)?;
    let args = Args { ids, params, publishable: command.publishable };
    let paths = args.expand();
    let answer = (route.handler)(work, &args);
    let mut body = render::public(&answer?);
    expand::expand(work, &mut body, &paths)?;
    Ok(body)
}

/// Stripe answers indented JSON.
fn pretty(body: &Value) -> String {
    serde_json::to_string_pretty(body).unwrap_or_default()
}

/// Does what is due first for an object, at its own time.
pub(crate) fn fall_due(account: &Account, id: &str, at: Moment) -> Changes {
    let mut work = Work::new(account, at.now, at.wall_ms, Asked::default());
    life::fall_due(&mut work, id);
    work.into_changes()
}

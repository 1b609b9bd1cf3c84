//! Portal sessions: a payer's visit, known by the secret in its address.

use std::sync::Arc;

use crate::core::value::{Value, json};

use super::{check_url, configuration, flow};
use crate::core::error::Result;
use crate::core::json::Json;
use crate::core::state::{Account, State};
use crate::core::work::Work;
use crate::params::args::Args;
use crate::params::shape::{Kind, Shape};

#[rustfmt::skip]
const LOCALES: &[&str] = &[
    "auto", "bg", "cs", "da", "de", "el", "en", "en-AU", "en-CA", "en-GB", "en-IE", "en-IN", "en-NZ", "en-SG", "es",
    "es-419", "et", "fi", "fil", "fr", "fr-CA", "hr", "hu", "id", "it", "ja", "ko", "lt", "lv", "ms", "mt", "nb", "nl",
    "pl", "pt", "pt-BR", "ro", "ru", "sk", "sl", "sv", "th", "tr", "vi", "zh", "zh-HK", "zh-TW",
];

pub(super) const CREATE: Shape = &[
    ("configuration", Kind::Text),
    ("customer", Kind::Text),
    ("flow_data", Kind::Nested(flow::FLOW)),
    ("locale", Kind::Word(LOCALES)),
    ("return_url", Kind::Text),
];

const KIND: &str = "billing_portal.session";

/// A new session. Its address is the sandbox's own, as the request reached it.
pub(super) fn create(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    let customer = work.named("customer", args.need_text("customer")?, "customer")?.id();
    check_url(args.text("return_url"), "return_url")?;
    let configuration = match args.text("configuration") {
        Some(id) => configuration::usable(work, id)?,
        None => configuration::default(work),
    };
    let configured = work.see(&configuration);
    let flow = flow::read(work, args, &customer, configured.at("features"))?;
    let return_url = args.text("return_url").or(configured.text("default_return_url"));
    let id = format!("bps_1{}", work.random.text(23));
    let secret = work.random.text(32);
    let token = format!("test_{}.{}.{secret}", work.account.name, &id[4..]);
    let session = json!({
        "id": id,
        "object": KIND,
        "configuration": configuration,
        "created": work.now,
        "customer": customer,
        "customer_account": null,
        "flow": flow,
        "livemode": false,
        "locale": args.at("locale"),
        "on_behalf_of": null,
        "return_url": return_url,
        "url": format!("{}/p/session/{token}", work.asked.address),
        "_secret": secret,
    });
    work.create(session);
    work.tell("billing_portal.session.created", &id);
    Ok((*work.see(&id)).clone())
}

/// The account and the session that an address is for: `test_ACCOUNT.ID.SECRET`.
pub(crate) fn of_token<'a>(state: &'a State, token: &str) -> Option<(&'a Account, &'a Arc<Value>)> {
    let (name, rest) = token.strip_prefix("test_")?.split_once('.')?;
    let (id, secret) = rest.split_once('.')?;
    let account = state.accounts.get(name)?;
    let session = account.get(&format!("bps_{id}")).filter(|session| session.is("_secret", secret))?;
    Some((account, session))
}

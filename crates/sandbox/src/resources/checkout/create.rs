//! A new Checkout session.

use crate::core::value::{Value, json};

use super::KIND;
use super::items::{self, LINE_ITEM, Mode, sum};
use crate::core::error::{ApiError, Result};
use crate::core::json::Json;
use crate::core::work::Work;
use crate::params::args::Args;
use crate::params::shape::{Kind, Shape};
use crate::resources::shapes::SHIPPING;
use crate::resources::subscription::create::{BILLING_MODE, TRIAL_SETTINGS};
use crate::resources::subscription::update::PRORATION_BEHAVIOR;
use crate::resources::{intents, money, portal, setup_intent};

const SUBSCRIPTION: Shape = &[
    ("billing_cycle_anchor", Kind::Time(&[])),
    ("billing_mode", Kind::Nested(BILLING_MODE)),
    ("description", Kind::Text),
    ("metadata", Kind::Metadata),
    ("proration_behavior", PRORATION_BEHAVIOR),
    ("trial_end", Kind::Time(&[])),
    ("trial_period_days", Kind::Int),
    ("trial_settings", Kind::Nested(TRIAL_SETTINGS)),
];

const PAYMENT: Shape = &[
    ("capture_method", Kind::Word(&["automatic", "automatic_async", "manual"])),
    ("description", Kind::Text),
    ("metadata", Kind::Metadata),
    ("receipt_email", Kind::Text),
    ("setup_future_usage", Kind::Word(&["off_session", "on_session"])),
    ("shipping", Kind::Nested(SHIPPING)),
    ("statement_descriptor", Kind::Text),
    ("statement_descriptor_suffix", Kind::Text),
    ("transfer_group", Kind::Text),
];

const SETUP: Shape = &[("description", Kind::Text), ("metadata", Kind::Metadata)];

#[rustfmt::skip]
const LOCALES: &[&str] = &[
    "auto", "bg", "cs", "da", "de", "el", "en", "en-GB", "es", "es-419", "et", "fi", "fil", "fr", "fr-CA", "hr", "hu",
    "id", "it", "ja", "ko", "lt", "lv", "ms", "mt", "nb", "nl", "pl", "pt", "pt-BR", "ro", "ru", "sk", "sl", "sv", "th",
    "tr", "vi", "zh", "zh-HK", "zh-TW",
];

pub(super) const CREATE: Shape = &[
    ("cancel_url", Kind::Text),
    ("client_reference_id", Kind::UpTo(200)),
    ("currency", Kind::Text),
    ("customer", Kind::Text),
    ("customer_creation", Kind::Word(&["always", "if_required"])),
    ("customer_email", Kind::UpTo(800)),
    ("discounts", Kind::Each(&[("coupon", Kind::Text), ("promotion_code", Kind::Text)])),
    ("expires_at", Kind::Time(&[])),
    ("line_items", Kind::Each(LINE_ITEM)),
    ("locale", Kind::Word(LOCALES)),
    ("metadata", Kind::Metadata),
    ("mode", Kind::Word(&["payment", "setup", "subscription"])),
    ("payment_intent_data", Kind::Nested(PAYMENT)),
    ("payment_method_collection", Kind::Word(&["always", "if_required"])),
    ("payment_method_types", Kind::Texts),
    ("redirect_on_completion", Kind::Word(&["always", "if_required", "never"])),
    ("return_url", Kind::Text),
    ("setup_intent_data", Kind::Nested(SETUP)),
    ("submit_type", Kind::Word(&["auto", "book", "donate", "pay", "subscribe"])),
    ("subscription_data", Kind::Nested(SUBSCRIPTION)),
    ("success_url", Kind::Text),
    ("ui_mode", Kind::Word(&["elements", "embedded_page", "hosted_page"])),
];

/// [spec], expires_at: from half an hour to a day after creation, a day unless said.
const SOONEST: i64 = 1800;
const LATEST: i64 = 86_400;

pub(super) fn create(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    let mode = match args.need_text("mode")? {
        "payment" => Mode::Payment,
        "setup" => Mode::Setup,
        _ => Mode::Subscription,
    };
    check(work, args, mode)?;
    let customer = intents::customer_of(work, args)?;
    let trial = ["trial_end", "trial_period_days"]
        .iter()
        .any(|name| args.at("subscription_data").int(name).is_some_and(|time| time > 0));
    let mut sold = items::read(work, args.params.list("line_items"), mode, trial)?;
    items::lower(work, &mut sold, args.params.list("discounts"), customer.as_deref().unwrap_or_default())?;
    let currency = currency(args, &sold, mode)?;
    let id = format!("cs_test_a1{}", work.random.text(56));
    let session = blank(work, args, mode, &id, customer.as_deref(), &sold, currency.as_deref());
    work.create(session);
    if mode == Mode::Setup {
        let intent = setup_intent::make(work, customer.as_deref(), None, "off_session");
        work.edit(&intent, |intent| {
            let data = Args { params: args.at("setup_intent_data").clone(), ..Args::default() };
            data.copy(&["description"], intent);
            data.metadata(intent);
        });
        work.tell("setup_intent.created", &intent);
        work.set(&id, "setup_intent", intent);
    }
    Ok((*work.see(&id)).clone())
}

/// What must and what must not be sent together.
fn check(work: &Work<'_>, args: &Args, mode: Mode) -> Result<()> {
    intents::only_cards(args)?;
    let hosted = args.text("ui_mode").is_none_or(|mode| mode == "hosted_page");
    let (needed, others): (_, &[&str]) = if hosted {
        ("success_url", &["return_url", "redirect_on_completion"])
    } else {
        ("return_url", &["success_url", "cancel_url"])
    };
    if args.text("redirect_on_completion") != Some("never") {
        args.need_text(needed)?;
    }
    let misplaced = |name: &str, why: &str| {
        let message = format!("You can not pass `{name}` {why}.");
        Err(ApiError::invalid(message).param(name))
    };
    if let Some(other) = others.iter().find(|name| args.sent(name)) {
        let mode = args.text("ui_mode").unwrap_or("hosted_page");
        return misplaced(other, &format!("when `ui_mode` is `{mode}`"));
    }
    for url in ["success_url", "cancel_url", "return_url"] {
        portal::check_url(args.text(url), url)?;
    }
    let of_modes: &[(&str, &[Mode])] = &[
        ("customer_creation", &[Mode::Payment, Mode::Setup]),
        ("discounts", &[Mode::Payment, Mode::Subscription]),
        ("line_items", &[Mode::Payment, Mode::Subscription]),
        ("payment_intent_data", &[Mode::Payment]),
        ("payment_method_collection", &[Mode::Subscription]),
        ("setup_intent_data", &[Mode::Setup]),
        ("submit_type", &[Mode::Payment, Mode::Subscription]),
        ("subscription_data", &[Mode::Subscription]),
    ];
    for (name, modes) in of_modes {
        if args.sent(name) && !modes.contains(&mode) {
            return misplaced(name, &format!("in `{}` mode", args.text("mode").unwrap_or_default()));
        }
    }
    if mode != Mode::Setup && args.params.list("line_items").is_empty() {
        return Err(ApiError::required("line_items"));
    }
    if args.params.list("discounts").len() > 1 {
        return Err(ApiError::invalid("You can specify up to 1 discounts.").param("discounts"));
    }
    for (one, other) in [("customer", "customer_email"), ("customer", "customer_creation")] {
        if args.sent(one) && args.sent(other) {
            let message = format!("You may only specify one of these parameters: {one}, {other}.");
            return Err(ApiError::invalid(message).code("parameters_exclusive"));
        }
    }
    let expires = args.int("expires_at").map(|at| at - work.now);
    if expires.is_some_and(|after| !(SOONEST..=LATEST).contains(&after)) {
        let message = "The `expires_at` timestamp must be between 30 minutes and 24 hours from Checkout Session creation.";
        return Err(ApiError::invalid(message).param("expires_at"));
    }
    Ok(())
}

fn currency(args: &Args, sold: &[Value], mode: Mode) -> Result<Option<String>> {
    let sent = args.text("currency").map(|currency| money::currency(currency, "currency")).transpose()?;
    let own = sold.first().map(|item| item.string("currency"));
    match (sent, own) {
        (None, None) if mode == Mode::Setup && !args.sent("payment_method_types") => {
            Err(ApiError::required("currency"))
        }
        (Some(sent), Some(own)) if sent != own => {
            let message = "The currency does not match the currency of the line items' prices.";
            Err(ApiError::invalid(message).param("currency"))
        }
        (sent, own) => Ok(sent.or(own)),
    }
}

fn blank(
    work: &mut Work<'_>,
    args: &Args,
    mode: Mode,
    id: &str,
    customer: Option<&str>,
    sold: &[Value],
    currency: Option<&str>,
) -> Value {
    let sells = mode != Mode::Setup;
    let total = |member: &str| if sells { json!(sum(sold, member)) } else { Value::Null };
    let ui = args.text("ui_mode").unwrap_or("hosted_page");
    let hosted = ui == "hosted_page";
    let url = hosted.then(|| format!("{}/c/pay/test_{}.{id}", work.asked.address, work.account.name));
    let secret = (!hosted).then(|| format!("{id}_secret_{}", work.random.text(40)));
    let expires = args.int("expires_at").unwrap_or(work.now + LATEST);
    let future = args.at("payment_intent_data").has("setup_future_usage");
    let creation = match (customer, mode) {
        (Some(_), _) => None,
        (None, Mode::Subscription) => Some("always"),
        (None, _) => args.text("customer_creation").or(Some(if future { "always" } else { "if_required" })),
    };
    let collection = match mode {
        Mode::Subscription => args.text("payment_method_collection").unwrap_or("always"),
        Mode::Payment => "if_required",
        Mode::Setup => "always",
    };
    let mut session = json!({
        "id": id,
        "object": KIND,
        "adaptive_pricing": if sells { json!({ "enabled": true }) } else { Value::Null },
        "after_expiration": null,
        "allow_promotion_codes": null,
        "amount_subtotal": total("amount_subtotal"),
        "amount_total": total("amount_total"),
        "automatic_tax": { "enabled": false, "liability": null, "provider": null, "status": null },
        "billing_address_collection": null,
        "branding_settings": {
            "background_color": "#ffffff", "border_style": "rounded", "button_color": "#0074d4",
            "display_name": "Sandbox", "font_family": "default", "icon": null, "logo": null,
        },
        "cancel_url": args.at("cancel_url"),
        "client_reference_id": args.at("client_reference_id"),
        "client_secret": secret,
        "collected_information": { "business_name": null, "individual_name": null, "shipping_details": null },
        "consent": null,
        "consent_collection": null,
        "created": work.now,
        "currency": currency,
        "currency_conversion": null,
        "custom_fields": [],
        "custom_text": {
            "after_submit": null, "shipping_address": null, "submit": null, "terms_of_service_acceptance": null
        },
        "customer": customer,
        "customer_account": null,
        "customer_creation": creation,
        "customer_details": details(work, args, customer),
        "customer_email": args.at("customer_email"),
        "discounts": [],
        "expires_at": expires,
        "integration_identifier": null,
        "invoice": null,
        "invoice_creation": null,
        "livemode": false,
        "locale": args.at("locale"),
        "metadata": {},
        "mode": args.at("mode"),
        "origin_context": null,
        "payment_intent": null,
        "payment_link": null,
        "payment_method_collection": collection,
        "payment_method_configuration_details": { "id": "pmc_1Sandbox", "parent": null },
        "payment_method_options": { "card": { "request_three_d_secure": "automatic" } },
        "payment_method_types": ["card"],
        "payment_status": if sells { "unpaid" } else { "no_payment_required" },
        "permissions": null,
        "phone_number_collection": { "enabled": false },
        "recovered_from": null,
        "saved_payment_method_options": null,
        "setup_intent": null,
        "shipping_address_collection": null,
        "shipping_cost": null,
        "shipping_options": [],
        "status": "open",
        "submit_type": args.at("submit_type"),
        "subscription": null,
        "success_url": args.at("success_url"),
        "total_details": null,
        "ui_mode": ui,
        "url": url,
        "wallet_options": null,
        "_due": expires,
        "_items": sold,
        "_payment": args.at("payment_intent_data"),
        "_subscribe": args.at("subscription_data"),
        "_discounts": args.at("discounts"),
    });
    if sells {
        session.set(
            "saved_payment_method_options",
            json!({
                "allow_redisplay_filters": ["always"], "payment_method_remove": "disabled",
                "payment_method_save": null
            }),
        );
        session.set(
            "total_details",
            json!({ "amount_discount": sum(sold, "amount_discount"), "amount_shipping": 0, "amount_tax": 0 }),
        );
    }
    if mode == Mode::Payment {
        let data = json!({
            "account_tax_ids": null, "custom_fields": null, "description": null, "footer": null, "issuer": null,
            "metadata": {}, "rendering_options": null
        });
        session.set("invoice_creation", json!({ "enabled": false, "invoice_data": data }));
    }
    if !hosted {
        session.set("return_url", args.at("return_url").clone());
        session.set("redirect_on_completion", args.text("redirect_on_completion").unwrap_or("always"));
    }
    let discounts = args
        .params
        .list("discounts")
        .iter()
        .map(|sent| json!({ "coupon": sent.at("coupon"), "promotion_code": sent.at("promotion_code") }));
    session.set("discounts", discounts.collect::<Vec<_>>());
    args.metadata(&mut session);
    session
}

/// What is known of the buyer before anything is entered: of a customer the address of mails only ([rec]).
fn details(work: &Work<'_>, args: &Args, customer: Option<&str>) -> Value {
    let email = match customer {
        Some(customer) => work.see(customer).at("email").clone(),
        None => args.at("customer_email").clone(),
    };
    if customer.is_none() && email.is_null() {
        return Value::Null;
    }
    json!({
        "address": null, "business_name": null, "email": email, "individual_name": null, "name": null, "phone": null,
        "tax_exempt": "none", "tax_ids": null
    })
}

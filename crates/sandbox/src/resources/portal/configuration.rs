//! Portal configurations.

use crate::core::value::{Value, json};

use super::{check_url, features};
use crate::core::error::{ApiError, Result};
use crate::core::json::Json;
use crate::core::list::{AFTER, BEFORE, LIMIT, agrees, list};
use crate::core::work::Work;
use crate::params::args::Args;
use crate::params::shape::{Kind, Shape};

const PROFILE: Shape =
    &[("headline", Kind::UpTo(60)), ("privacy_policy_url", Kind::Text), ("terms_of_service_url", Kind::Text)];

pub(super) const CREATE: Shape = &[
    ("business_profile", Kind::Nested(PROFILE)),
    ("default_return_url", Kind::Text),
    ("features", Kind::Nested(features::FEATURES)),
    ("metadata", Kind::Metadata),
    ("name", Kind::UpTo(256)),
];

pub(super) const UPDATE: Shape = &[
    ("active", Kind::Bool),
    ("business_profile", Kind::Nested(PROFILE)),
    ("default_return_url", Kind::Text),
    ("features", Kind::Nested(features::FEATURES)),
    ("metadata", Kind::Metadata),
    ("name", Kind::UpTo(256)),
];

pub(super) const LIST: Shape = &[("active", Kind::Bool), AFTER, BEFORE, ("is_default", Kind::Bool), LIMIT];

const KIND: &str = "billing_portal.configuration";

fn blank(work: &mut Work<'_>) -> Value {
    json!({
        "id": format!("bpc_1{}", work.random.text(23)),
        "object": KIND,
        "active": true,
        "application": null,
        "business_profile": { "headline": null, "privacy_policy_url": null, "terms_of_service_url": null },
        "created": work.now,
        "default_return_url": null,
        "features": features::none(),
        "is_default": false,
        "livemode": false,
        "login_page": { "enabled": false, "url": null },
        "metadata": {},
        "name": null,
        "updated": work.now,
    })
}

pub(super) fn create(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    if !args.at("features").is_object() {
        return Err(ApiError::required("features"));
    }
    let mut configuration = blank(work);
    fill(work, args, &mut configuration, true)?;
    let id = work.create(configuration);
    work.tell("billing_portal.configuration.created", &id);
    Ok((*work.see(&id)).clone())
}

fn fill(work: &Work<'_>, args: &Args, configuration: &mut Value, is_new: bool) -> Result<()> {
    args.copy(&["default_return_url", "name"], configuration);
    args.merge("business_profile", configuration);
    args.metadata(configuration);
    check_url(args.text("default_return_url"), "default_return_url")?;
    for name in ["privacy_policy_url", "terms_of_service_url"] {
        check_url(
            args.params.text(&format!("business_profile.{name}")),
            &format!("business_profile[{name}]"),
        )?;
    }
    let sent = args.at("features");
    if sent.is_object() {
        let mut features = configuration.at("features").clone();
        features::merge(&mut features, sent);
        features::check(work, sent, &mut features, is_new)?;
        configuration.set("features", features);
    }
    Ok(())
}

pub(super) fn retrieve(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    Ok((*work.path(KIND, args.id())?).clone())
}

pub(super) fn update(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    let before = work.path(KIND, args.id())?;
    let id = before.id();
    if before.flag("is_default") && args.at("active") == false {
        let message = "You cannot deactivate the default configuration.";
        return Err(ApiError::invalid(message).param("active").begun());
    }
    let mut changed = (*before).clone();
    fill(work, args, &mut changed, false)?;
    args.copy(&["active"], &mut changed);
    if changed != *before {
        changed.set("updated", work.now);
    }
    work.edit(&id, |configuration| *configuration = changed);
    work.tell_if_changed("billing_portal.configuration.updated", &id);
    Ok((*work.see(&id)).clone())
}

pub(super) fn all(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    list(work, args, KIND, "/v1/billing_portal/configurations", None, |configuration| {
        ["active", "is_default"].iter().all(|name| agrees(args, name, configuration))
    })
}

/// The configuration of a session that names none. Stripe's account saves it in the Dashboard; here it comes into being
/// when it is needed first, with what the Dashboard offers without further choices.
pub(super) fn default(work: &mut Work<'_>) -> String {
    let known = work.all(KIND).into_iter().find(|configuration| configuration.flag("is_default"));
    if let Some(known) = known {
        return known.id();
    }
    let mut configuration = blank(work);
    configuration.set("is_default", true);
    configuration.set(
        "features.customer_update",
        json!({
            "allowed_updates": ["name", "email", "address", "phone"], "enabled": true
        }),
    );
    for feature in ["invoice_history", "payment_method_update", "subscription_cancel"] {
        configuration.set(&format!("features.{feature}.enabled"), true);
    }
    let id = work.create(configuration);
    work.tell("billing_portal.configuration.created", &id);
    id
}

/// The configuration that a session names.
pub(super) fn usable(work: &Work<'_>, id: &str) -> Result<String> {
    let configuration = work.named(KIND, id, "configuration")?;
    if configuration.flag("active") {
        return Ok(configuration.id());
    }
    let message =
        format!("The configuration {id} is inactive and cannot be used to create a portal session.");
    Err(ApiError::invalid(message).param("configuration"))
}

//! Intents: of payments and of setups.

use super::money;
use super::payment_methods::payment_method;
use crate::error::scrub;
use crate::json::{Misread, Node};
use domain::payment::{ClientSecret, Decline, IntentStatus, PaymentIntent, SetupIntent};

pub(crate) fn payment_intent(node: &Node<'_>) -> Result<PaymentIntent, Misread> {
    Ok(PaymentIntent {
        id: node.text_at("id")?.into(),
        status: status(node)?,
        amount: money(node, "amount")?,
        amount_received: node.opt("amount_received").map(|amount| amount.number()).transpose()?.unwrap_or(0),
        customer: node.opt_id("customer")?,
        payment_method: node.opt_id("payment_method")?,
        client_secret: client_secret(node)?,
        last_payment_error: node.opt("last_payment_error").map(|error| decline(&error)).transpose()?,
        created: node.time_at("created")?,
        purchase_id: node.metadata("purchase_id"),
        account_id: node.metadata("account_id"),
    })
}

/// Its payment method is read when it was expanded.
pub(crate) fn setup_intent(node: &Node<'_>) -> Result<SetupIntent, Misread> {
    let method = node.opt("payment_method").filter(Node::is_object);
    Ok(SetupIntent {
        id: node.text_at("id")?.into(),
        status: status(node)?,
        customer: node.opt_id("customer")?,
        payment_method: method.map(|method| payment_method(&method)).transpose()?,
        client_secret: client_secret(node)?,
        last_setup_error: node.opt("last_setup_error").map(|error| decline(&error)).transpose()?,
        subscribe_intent: node.metadata("subscribe_intent"),
    })
}

/// An error object of Stripe's, wherever it stands.
pub(crate) fn decline(node: &Node<'_>) -> Result<Decline, Misread> {
    let code = node.opt_text("code")?;
    let kind = node.opt_text("type")?;
    Ok(Decline {
        code: code.or(kind).unwrap_or_else(|| "card_declined".to_owned()),
        decline_code: node.opt_text("decline_code")?,
        message: scrub(node.opt_text("message")?.as_deref().unwrap_or("The card was declined.")),
    })
}

pub(crate) fn client_secret(node: &Node<'_>) -> Result<Option<ClientSecret>, Misread> {
    Ok(node.opt_text("client_secret")?.map(ClientSecret::new))
}

fn status(node: &Node<'_>) -> Result<IntentStatus, Misread> {
    let word = node.get("status")?;
    let text = word.text()?;
    let status = IntentStatus::ALL.into_iter().find(|status| status.as_str() == text);
    status.ok_or_else(|| word.wrong("the status of an intent"))
}

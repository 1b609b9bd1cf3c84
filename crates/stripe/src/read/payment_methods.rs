//! Payment methods.

use crate::json::{Misread, Node};
use domain::payment::{Card, PaymentMethod};

pub(crate) fn payment_method(node: &Node<'_>) -> Result<PaymentMethod, Misread> {
    Ok(PaymentMethod {
        id: node.text_at("id")?.into(),
        customer: node.opt_id("customer")?,
        card: node.opt("card").map(|card| self::card(&card)).transpose()?,
    })
}

fn card(node: &Node<'_>) -> Result<Card, Misread> {
    Ok(Card {
        brand: node.text_at("brand")?.to_owned(),
        last4: node.text_at("last4")?.to_owned(),
        exp_month: node.number_at("exp_month")?,
        exp_year: node.number_at("exp_year")?,
        fingerprint: node.opt_text("fingerprint")?,
    })
}

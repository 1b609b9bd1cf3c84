//! Customers.

use crate::json::{Misread, Node};
use crate::types::Customer;
use domain::billing_details::Address;

/// A deleted customer answers 200 with `deleted: true` and nothing else.
pub(crate) fn customer(node: &Node<'_>) -> Result<Customer, Misread> {
    let deleted = node.opt("deleted").map(|deleted| deleted.flag()).transpose()?.unwrap_or(false);
    let default_payment_method = match node.opt("invoice_settings") {
        Some(settings) => settings.opt_id("default_payment_method")?,
        None => None,
    };
    Ok(Customer {
        id: node.text_at("id")?.into(),
        deleted,
        balance: if deleted { 0 } else { node.number_at("balance")? },
        default_payment_method,
        email: node.opt_text("email")?,
        name: node.opt_text("name")?,
        address: node.opt("address").map(|address| self::address(&address)).transpose()?,
        created: if deleted { None } else { Some(node.time_at("created")?) },
        account_id: node.metadata("account_id"),
    })
}

fn address(node: &Node<'_>) -> Result<Address, Misread> {
    Ok(Address {
        line1: node.opt_text("line1")?,
        line2: node.opt_text("line2")?,
        city: node.opt_text("city")?,
        state: node.opt_text("state")?,
        postal_code: node.opt_text("postal_code")?,
        country: node.opt_text("country")?,
    })
}

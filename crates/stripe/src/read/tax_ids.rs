//! Tax ids of customers.

use crate::json::{Misread, Node};
use crate::types::TaxId;
use domain::billing_details::VatId;

pub(crate) fn tax_id(node: &Node<'_>) -> Result<TaxId, Misread> {
    let vat_id = VatId { kind: node.text_at("type")?.to_owned(), value: node.text_at("value")?.to_owned() };
    Ok(TaxId { id: node.text_at("id")?.to_owned(), vat_id })
}

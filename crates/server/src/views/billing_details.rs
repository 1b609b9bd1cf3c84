//! To whom invoices are made out.

use domain::billing_details::{Address, BillingDetails};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

#[derive(Debug, Serialize, ToSchema)]
pub struct BillingDetailsView {
    pub name: Option<String>,
    pub address: Option<AddressView>,
    #[schema(example = "DE123456789")]
    pub vat_id: Option<String>,
}

#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AddressView {
    pub line1: Option<String>,
    pub line2: Option<String>,
    pub city: Option<String>,
    pub state: Option<String>,
    pub postal_code: Option<String>,
    /// Two capital letters.
    #[schema(example = "DE")]
    pub country: Option<String>,
}

impl From<BillingDetails> for BillingDetailsView {
    fn from(details: BillingDetails) -> Self {
        let BillingDetails { name, address, vat_id } = details;
        Self { name, address: address.map(Into::into), vat_id: vat_id.map(|id| id.value) }
    }
}

impl From<Address> for AddressView {
    fn from(address: Address) -> Self {
        let Address { line1, line2, city, state, postal_code, country } = address;
        Self { line1, line2, city, state, postal_code, country }
    }
}

impl From<AddressView> for Address {
    fn from(view: AddressView) -> Self {
        let AddressView { line1, line2, city, state, postal_code, country } = view;
        Self { line1, line2, city, state, postal_code, country }
    }
}

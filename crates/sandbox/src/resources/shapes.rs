//! Shapes that several resources take.

use crate::params::shape::{Kind, Shape};

pub(crate) const NONE: Shape = &[];

pub(crate) const ADDRESS: Shape = &[
    ("city", Kind::Text),
    ("country", Kind::Text),
    ("line1", Kind::Text),
    ("line2", Kind::Text),
    ("postal_code", Kind::Text),
    ("state", Kind::Text),
];

pub(crate) const SHIPPING: Shape = &[
    ("address", Kind::Nested(ADDRESS)),
    ("carrier", Kind::Text),
    ("name", Kind::Text),
    ("phone", Kind::Text),
    ("tracking_number", Kind::Text),
];

pub(crate) const BILLING_DETAILS: Shape = &[
    ("address", Kind::Nested(ADDRESS)),
    ("email", Kind::Text),
    ("name", Kind::Text),
    ("phone", Kind::Text),
    ("tax_id", Kind::Text),
];

pub(crate) const AUTOMATIC_TAX: Shape = &[("enabled", Kind::Bool)];

pub(crate) const AUTOMATIC_PAYMENT_METHODS: Shape =
    &[("allow_redirects", Kind::Word(&["always", "never"])), ("enabled", Kind::Bool)];

pub(crate) const RECURRING: Shape = &[
    ("interval", Kind::Word(&["day", "month", "week", "year"])),
    ("interval_count", Kind::Int),
    ("usage_type", Kind::Word(&["licensed"])),
];

/// A product that is made with its price.
const PRODUCT_DATA: Shape = &[
    ("description", Kind::UpTo(40_000)),
    ("images", Kind::Texts),
    ("metadata", Kind::Metadata),
    ("name", Kind::Text),
    ("tax_code", Kind::Text),
    ("unit_label", Kind::UpTo(12)),
];

/// A one-time price that is made on the way, and perhaps its product.
pub(crate) const PRICE_DATA: Shape = &[
    ("currency", Kind::Text),
    ("product", Kind::Text),
    ("product_data", Kind::Nested(PRODUCT_DATA)),
    ("tax_behavior", Kind::Word(&["exclusive", "inclusive", "unspecified"])),
    ("unit_amount", Kind::Int),
    ("unit_amount_decimal", Kind::Decimal),
];

//! The fields that can be sought in, resource by resource ([doc] search: query fields).

use super::super::error::{ApiError, Result};
use super::query::{Clause, Operator, Query, Sought};

/// What kind of a field it is, which says what operators it takes ([doc]).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Type {
    /// Compared as a whole.
    Token,
    /// Also by a part of at least three characters.
    Text,
    /// Also by greater and less.
    Number,
    /// As a token, after a key in brackets.
    Metadata,
}

#[derive(Debug)]
pub(super) struct Field {
    pub(super) name: &'static str,
    pub(super) kind: Type,
    /// Where it stands in the object.
    pub(super) path: &'static str,
}

#[derive(Debug)]
pub(super) struct Resource {
    /// As in the address.
    pub(super) name: &'static str,
    pub(super) kind: &'static str,
    /// Of the section in Stripe's documentation.
    anchor: &'static str,
    pub(super) fields: &'static [Field],
}

const fn token(name: &'static str) -> Field {
    Field { name, kind: Type::Token, path: name }
}

const fn text(name: &'static str) -> Field {
    Field { name, kind: Type::Text, path: name }
}

const fn number(name: &'static str) -> Field {
    Field { name, kind: Type::Number, path: name }
}

const METADATA: Field = Field { name: "metadata", kind: Type::Metadata, path: "metadata" };

pub(super) const CHARGES: Resource = Resource {
    name: "charges",
    kind: "charge",
    anchor: "charges",
    fields: &[
        number("amount"),
        token("billing_details.address.postal_code"),
        number("created"),
        token("currency"),
        token("customer"),
        token("disputed"),
        METADATA,
        token("payment_method_details.card.brand"),
        token("payment_method_details.card.exp_month"),
        token("payment_method_details.card.exp_year"),
        token("payment_method_details.card.fingerprint"),
        token("payment_method_details.card.last4"),
        token("refunded"),
        token("status"),
    ],
};

pub(super) const CUSTOMERS: Resource = Resource {
    name: "customers",
    kind: "customer",
    anchor: "customers",
    fields: &[number("created"), text("email"), METADATA, text("name"), text("phone")],
};

pub(super) const INVOICES: Resource = Resource {
    name: "invoices",
    kind: "invoice",
    anchor: "invoices",
    fields: &[
        number("created"),
        token("currency"),
        token("customer"),
        Field {
            name: "last_finalization_error_code",
            kind: Type::Token,
            path: "last_finalization_error.code",
        },
        Field {
            name: "last_finalization_error_type",
            kind: Type::Token,
            path: "last_finalization_error.type",
        },
        METADATA,
        text("number"),
        text("receipt_number"),
        text("status"),
        Field { name: "subscription", kind: Type::Text, path: "parent.subscription_details.subscription" },
        number("total"),
    ],
};

pub(super) const PAYMENT_INTENTS: Resource = Resource {
    name: "payment_intents",
    kind: "payment_intent",
    anchor: "paymentintents",
    fields: &[
        number("amount"),
        number("created"),
        token("currency"),
        token("customer"),
        METADATA,
        token("status"),
    ],
};

pub(super) const PRICES: Resource = Resource {
    name: "prices",
    kind: "price",
    anchor: "prices",
    fields: &[
        token("active"),
        token("currency"),
        text("lookup_key"),
        METADATA,
        text("product"),
        token("type"),
    ],
};

pub(super) const PRODUCTS: Resource = Resource {
    name: "products",
    kind: "product",
    anchor: "products",
    fields: &[token("active"), text("description"), METADATA, text("name"), token("shippable"), text("url")],
};

pub(super) const SUBSCRIPTIONS: Resource = Resource {
    name: "subscriptions",
    kind: "subscription",
    anchor: "subscriptions",
    fields: &[number("canceled_at"), number("created"), METADATA, token("status")],
};

pub(super) fn field(resource: &Resource, name: &str) -> Option<&'static Field> {
    resource.fields.iter().find(|field| field.name == name)
}

/// Checks that every clause asks a field of the resource something that it can answer.
///
/// # Errors
/// 400 otherwise. The words for an unknown field are Stripe's; of the other messages no copy was found.
pub(super) fn check(resource: &Resource, query: &Query) -> Result<()> {
    query.clauses.iter().try_for_each(|clause| check_clause(resource, clause))
}

fn check_clause(resource: &Resource, clause: &Clause) -> Result<()> {
    let name = &clause.field;
    let refuse = |message: String| Err(ApiError::invalid(message).param("query"));
    let Some(field) = field(resource, name) else {
        return refuse(format!(
            "Field `{name}` is an unsupported search field for resource `{}`. See \
             http://stripe.com/docs/search#query-fields-for-{} for a list of supported fields.",
            resource.name, resource.anchor
        ));
    };
    if clause.key.is_some() != (field.kind == Type::Metadata) {
        return refuse(format!("Field `{name}` must be used in the format `metadata[\"key\"]:\"value\"`."));
    }
    match (clause.operator, field.kind, &clause.value) {
        (Operator::Is, Type::Token | Type::Text | Type::Metadata, Sought::Number(_)) => {
            refuse(format!("Values of field `{name}` must be in quotation marks."))
        }
        (Operator::Is, Type::Number, Sought::Text(text)) if text.parse::<i64>().is_err() => {
            refuse(format!("Field `{name}` is numeric."))
        }
        (Operator::Is, _, _) | (_, Type::Number, Sought::Number(_)) => Ok(()),
        (Operator::Contains, Type::Text, Sought::Text(part)) if part.chars().count() >= 3 => Ok(()),
        (Operator::Contains, Type::Text, _) => {
            refuse(format!("Substring matches on field `{name}` need at least 3 characters."))
        }
        (Operator::Contains, _, _) => refuse(format!("Field `{name}` does not support substring matches.")),
        (_, Type::Number, Sought::Text(text)) if text.parse::<i64>().is_ok() => Ok(()),
        (_, Type::Number, _) => refuse(format!("Field `{name}` is numeric.")),
        _ => refuse(format!("Field `{name}` does not support numeric comparison.")),
    }
}

//! What an intent's parameters say beside its amount: card options, parts of the amount, references, statements.

use crate::core::value::{Value, json};

use crate::core::error::{ApiError, Result};
use crate::core::json::Json;
use crate::params::args::Args;
use crate::params::shape::{Kind, Shape};
use crate::resources::charge;

const IF_AVAILABLE: Kind = Kind::Word(&["if_available", "never"]);
pub(crate) const NETWORK: Kind = Kind::Word(&[
    "amex",
    "cartes_bancaires",
    "diners",
    "discover",
    "eftpos_au",
    "interac",
    "jcb",
    "mastercard",
    "unionpay",
    "unknown",
    "visa",
]);
pub(crate) const THREE_DS: Kind = Kind::Word(&["any", "automatic", "challenge"]);

/// Options for cards. The requests for more than an authorisation gives are kept, and never granted.
pub(super) const OPTIONS: Shape = &[(
    "card",
    Kind::Nested(&[
        ("capture_method", Kind::Word(&["manual"])),
        ("network", NETWORK),
        ("request_extended_authorization", IF_AVAILABLE),
        ("request_incremental_authorization", IF_AVAILABLE),
        ("request_multicapture", IF_AVAILABLE),
        ("request_overcapture", IF_AVAILABLE),
        ("request_three_d_secure", THREE_DS),
        ("require_cvc_recollection", Kind::Bool),
        ("setup_future_usage", Kind::Word(&["none", "off_session", "on_session"])),
    ]),
)];

/// Parts of the amount. Without line items, which would have to add up.
pub(super) const AMOUNT: Shape = &[
    ("discount_amount", Kind::Int),
    (
        "shipping",
        Kind::Nested(&[
            ("amount", Kind::Int),
            ("from_postal_code", Kind::Text),
            ("to_postal_code", Kind::Text),
        ]),
    ),
    ("tax", Kind::Nested(&[("total_tax_amount", Kind::Int)])),
];

pub(super) const REFERENCES: Shape = &[("customer_reference", Kind::Text), ("order_reference", Kind::Text)];

/// Whether the payer is not there: `true`, or the reason for it.
pub(super) const OFF_SESSION: Kind = Kind::Word(&["true", "false", "one_off", "recurring"]);

pub(super) fn is_off_session(args: &Args) -> bool {
    matches!(args.text("off_session"), Some("true" | "one_off" | "recurring"))
}

/// # Errors
/// 400 when a part is negative, tax and shipping exceed the amount, the card is excluded, or a statement cannot be written.
pub(super) fn check(args: &Args, amount: i64) -> Result<()> {
    charge::check_suffix(args)?;
    let sent = args.at("amount_details");
    for part in ["discount_amount", "shipping.amount", "tax.total_tax_amount"] {
        if sent.int(part).is_some_and(|part| part < 0) {
            let param =
                part.split('.').fold("amount_details".to_owned(), |name, step| format!("{name}[{step}]"));
            let message = "Invalid non-negative integer";
            return Err(ApiError::invalid(message).code("parameter_invalid_integer").param(&param));
        }
    }
    let parts = i128::from(sent.num("tax.total_tax_amount")) + i128::from(sent.num("shipping.amount"))
        - i128::from(sent.num("discount_amount"));
    if parts > i128::from(amount) {
        let message = "The sum of tax and shipping less the discount is greater than the amount.";
        return Err(ApiError::invalid(message)
            .code("amount_details_tax_shipping_discount_greater_than_amount")
            .param("amount_details"));
    }
    excludes_no_card(args)
}

/// The types of payment methods that can be excluded ([spec]).
pub(crate) const EXCLUDED: Kind = Kind::Words(&[
    "acss_debit",
    "affirm",
    "afterpay_clearpay",
    "alipay",
    "alma",
    "amazon_pay",
    "au_becs_debit",
    "bacs_debit",
    "bancontact",
    "billie",
    "bizum",
    "blik",
    "boleto",
    "card",
    "cashapp",
    "crypto",
    "customer_balance",
    "eps",
    "fpx",
    "giropay",
    "grabpay",
    "ideal",
    "kakao_pay",
    "klarna",
    "konbini",
    "kr_card",
    "mb_way",
    "mobilepay",
    "multibanco",
    "naver_pay",
    "nz_bank_account",
    "oxxo",
    "p24",
    "pay_by_bank",
    "payco",
    "paynow",
    "paypal",
    "payto",
    "pix",
    "promptpay",
    "revolut_pay",
    "samsung_pay",
    "satispay",
    "scalapay",
    "sepa_debit",
    "sofort",
    "sunbit",
    "swish",
    "twint",
    "upi",
    "us_bank_account",
    "wechat_pay",
    "zip",
]);

/// # Errors
/// 400 when cards are excluded: this sandbox has nothing else.
pub(crate) fn excludes_no_card(args: &Args) -> Result<()> {
    let param = "excluded_payment_method_types";
    if args.params.list(param).iter().any(|kind| kind == "card") {
        return Err(ApiError::unsupported("payments without cards").param(param));
    }
    Ok(())
}

/// Takes what was sent into the intent.
pub(crate) fn fill(args: &Args, intent: &mut Value) {
    args.copy(
        &[
            "description",
            "excluded_payment_method_types",
            "receipt_email",
            "statement_descriptor",
            "statement_descriptor_suffix",
            "transfer_group",
        ],
        intent,
    );
    args.merge("shipping", intent);
    args.metadata(intent);
    if let Some(Value::Object(chosen)) = args.params.get("payment_method_options").map(|sent| sent.at("card"))
    {
        for (name, choice) in chosen {
            intent.set(&format!("payment_method_options.card.{name}"), choice.clone());
        }
    }
    match args.params.get("amount_details") {
        Some(Value::Object(parts)) => {
            for (name, part) in parts {
                intent.set(&format!("amount_details.{name}"), whole(name, part));
            }
        }
        Some(Value::Null) => intent.set("amount_details", json!({ "tip": {} })),
        _ => {}
    }
    match args.params.get("payment_details") {
        Some(Value::Object(sent)) => {
            for (name, _) in REFERENCES {
                let text = sent.get(name).cloned();
                let kept = text.unwrap_or_else(|| intent.at(&format!("payment_details.{name}")).clone());
                intent.set(&format!("payment_details.{name}"), kept);
            }
        }
        Some(Value::Null) => {
            intent.set("payment_details", json!({ "customer_reference": null, "order_reference": null }));
        }
        _ => {}
    }
}

/// A part of the amount with all of its members.
fn whole(name: &str, part: &Value) -> Value {
    match name {
        "shipping" => json!({
            "amount": part.at("amount"),
            "from_postal_code": part.at("from_postal_code"),
            "to_postal_code": part.at("to_postal_code"),
        }),
        "tax" => json!({ "total_tax_amount": part.at("total_tax_amount") }),
        _ => part.clone(),
    }
}

//! What a failed call to Stripe means to whoever asked for it.

use crate::Error;

impl From<stripe::Error> for Error {
    fn from(error: stripe::Error) -> Self {
        if error.is_temporary() || error.is_unclear() {
            tracing::warn!(%error, "Stripe could not do what was asked");
            let seconds = error.retry_after().map_or(5, |wait| wait.as_secs().max(1));
            return Self::StripeUnavailable {
                retry_after_seconds: i64::try_from(seconds).unwrap_or(60),
                unclear: error.is_unclear(),
            };
        }
        if let stripe::Error::Authentication { .. } = error {
            tracing::error!(%error, "Stripe does not accept our key");
            return Self::StripeUnavailable { retry_after_seconds: 60, unclear: false };
        }
        match error {
            stripe::Error::Declined { decline, .. }
            | stripe::Error::AuthenticationRequired { decline, .. } => {
                Self::CardDeclined { decline, purchase: None }
            }
            stripe::Error::Invalid { message, .. } if finds_no_card(&message) => Self::PaymentMethodRequired,
            other if names_a_missing_customer(&other) => Self::CustomerGone,
            stripe::Error::Invalid { code: Some(code), .. } if code == "tax_id_invalid" => {
                Self::Invalid { field: "vat_id", reason: "is no VAT id that is given out".to_owned() }
            }
            stripe::Error::Invalid { code: Some(code), .. } if code == "customer_tax_location_invalid" => {
                Self::Invalid {
                    field: "address",
                    reason: "is needed to know the tax: country and postal code".to_owned(),
                }
            }
            stripe::Error::Invalid { message, param, .. } if refuses_a_code(&message, param.as_deref()) => {
                Self::PromotionCodeInvalid { reason: message }
            }
            other if names_a_payment_method(&other) => Self::Invalid {
                field: "payment_method_id",
                reason: "there is no such payment method, or it cannot be used here".to_owned(),
            },
            other => Self::Stripe(Box::new(other)),
        }
    }
}

fn names_a_missing_customer(error: &stripe::Error) -> bool {
    match error {
        stripe::Error::Invalid { code: Some(code), param: Some(param), .. } => {
            code == "resource_missing" && param == "customer"
        }
        stripe::Error::NotFound { message, .. } => message.contains("No such customer"),
        _ => false,
    }
}

/// In the words for a subscription, and in those for an invoice: the code, `resource_missing`, says less.
fn finds_no_card(message: &str) -> bool {
    message.contains("no attached payment source") || message.contains("no `default_payment_method` set")
}

/// Its restrictions are not met after all, or it was used up since it was looked up.
fn refuses_a_code(message: &str, param: Option<&str>) -> bool {
    message.starts_with("This promotion code cannot be redeemed")
        || param.is_some_and(|param| param.starts_with("discounts"))
}

/// Stripe refuses the payment method that the caller named (there is none, it was used up, it is another
/// customer's): that is the caller's to mend.
fn names_a_payment_method(error: &stripe::Error) -> bool {
    match error {
        stripe::Error::Invalid { param: Some(param), .. } if param.contains("payment_method") => true,
        // Attaching has the payment method in its path, and so only its words tell.
        stripe::Error::Invalid { message, .. } | stripe::Error::NotFound { message, .. } => {
            let message = message.to_ascii_lowercase();
            ["payment method", "payment_method", "paymentmethod"].iter().any(|words| message.contains(words))
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(code: Option<&str>, param: Option<&str>, message: &str) -> Error {
        Error::from(stripe::Error::Invalid {
            code: code.map(str::to_owned),
            param: param.map(str::to_owned),
            message: message.to_owned(),
            status: 400,
            payment_intent: None,
            request_id: None,
        })
    }

    #[test]
    fn what_the_member_can_mend_names_its_field() {
        let field = |error| match error {
            Error::Invalid { field, .. } => field,
            other => panic!("{other}"),
        };
        let location =
            refused(Some("customer_tax_location_invalid"), None, "The customer's location is not known.");
        assert_eq!(field(location), "address");
        assert_eq!(
            field(refused(Some("tax_id_invalid"), Some("value"), "Invalid value for eu_vat.")),
            "vat_id"
        );
        let gone = "The provided PaymentMethod was previously used and may not be used again.";
        assert_eq!(field(refused(None, None, gone)), "payment_method_id");
    }

    #[test]
    fn a_code_that_stripe_refuses_is_refused_in_its_words() {
        let words =
            "This promotion code cannot be redeemed because the associated customer has prior transactions.";
        for refused in
            [refused(None, None, words), refused(None, Some("discounts[0][promotion_code]"), words)]
        {
            assert!(matches!(refused, Error::PromotionCodeInvalid { reason } if reason == words));
        }
    }

    #[test]
    fn without_any_card_one_is_asked_for() {
        for words in [
            "This customer has no attached payment source or default payment method.",
            "There is no `default_payment_method` set on this Customer or Invoice.",
        ] {
            assert!(matches!(refused(Some("resource_missing"), None, words), Error::PaymentMethodRequired));
        }
    }
}

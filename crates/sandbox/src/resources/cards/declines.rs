//! How issuers decline: codes, messages and advice (Stripe docs: declines).

/// How an issuer declines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(clippy::struct_field_names, reason = "`decline_code` is Stripe's own name, and `code` another thing")]
pub(crate) struct Decline {
    pub(crate) code: &'static str,
    /// Only with `card_declined`, and a few others.
    pub(crate) decline_code: Option<&'static str>,
    pub(crate) message: &'static str,
    pub(crate) advice_code: &'static str,
    /// Empty when no network was asked.
    pub(crate) network_decline_code: &'static str,
}

impl Decline {
    /// No retry with the same card makes sense (Stripe docs: smart retries: hard decline codes).
    pub(crate) fn is_hard(&self) -> bool {
        self.advice_code == "do_not_try_again"
    }

    /// Stripe blocked the payment before the issuer was asked.
    pub(crate) fn is_block(&self) -> bool {
        self.decline_code == Some("fraudulent")
    }
}

const DECLINED: &str = "Your card was declined.";

const fn declined(
    decline_code: &'static str,
    message: &'static str,
    advice: &'static str,
    network: &'static str,
) -> Decline {
    Decline {
        code: "card_declined",
        decline_code: Some(decline_code),
        message,
        advice_code: advice,
        network_decline_code: network,
    }
}

pub(crate) const GENERIC: Decline = declined("generic_decline", DECLINED, "try_again_later", "01");
pub(super) const NO_FUNDS: Decline =
    declined("insufficient_funds", "Your card has insufficient funds.", "try_again_later", "51");
pub(super) const LOST: Decline = declined("lost_card", DECLINED, "do_not_try_again", "41");
pub(super) const STOLEN: Decline = declined("stolen_card", DECLINED, "do_not_try_again", "43");
pub(super) const VELOCITY: Decline = declined(
    "card_velocity_exceeded",
    "Your card was declined for making repeated attempts too frequently or exceeding its amount limit.",
    "try_again_later",
    "65",
);
/// Blocked by Stripe's own fraud prevention: no network was asked, and so none gave a code ([spec] `network_status`).
pub(super) const FRAUD: Decline = declined("fraudulent", DECLINED, "do_not_try_again", "");
pub(crate) const EXPIRED: Decline = Decline {
    code: "expired_card",
    decline_code: None,
    message: "Your card has expired.",
    advice_code: "do_not_try_again",
    network_decline_code: "54",
};
pub(super) const CVC: Decline = Decline {
    code: "incorrect_cvc",
    decline_code: None,
    message: "Your card's security code is incorrect.",
    advice_code: "confirm_card_data",
    network_decline_code: "82",
};
pub(super) const PROCESSING: Decline = Decline {
    code: "processing_error",
    decline_code: None,
    message: "An error occurred while processing your card. Try again in a little bit.",
    advice_code: "try_again_later",
    network_decline_code: "96",
};
/// A payment off session with a card that must be authenticated.
pub(crate) const AUTHENTICATION_REQUIRED: Decline = Decline {
    code: "authentication_required",
    decline_code: Some("authentication_required"),
    message: "Your card was declined. This transaction requires authentication.",
    advice_code: "confirm_card_data",
    network_decline_code: "1A",
};
/// A number that is no test card. Stripe docs: declines: `test_mode_live_card`.
pub(crate) const LIVE_CARD: Decline = declined(
    "test_mode_live_card",
    "Your card was declined. Your request was in test mode, but used a non test card. For a list of valid test \
     cards, visit: https://stripe.com/docs/testing.",
    "do_not_try_again",
    "",
);

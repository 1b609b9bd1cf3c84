//! What Stripe says of how a charge went: the issuer's answer, and how risky it found the payment.

use crate::core::value::{Value, json};

use crate::resources::cards::{Decline, Risk};

/// Radar's number for a level of risk ([doc]: 65 and more is elevated, 75 and more the highest).
fn score(risk: Risk) -> (&'static str, i64) {
    match risk {
        Risk::Normal => ("normal", 20),
        Risk::Elevated => ("elevated", 70),
        Risk::Highest => ("highest", 90),
    }
}

/// `charge.outcome`.
pub(super) fn of(risk: Risk, failed: Option<Decline>) -> Value {
    let (level, score) = score(risk);
    let Some(decline) = failed else {
        return json!({
            "advice_code": null,
            "network_advice_code": null,
            "network_decline_code": null,
            "network_status": "approved_by_network",
            "reason": (risk == Risk::Elevated).then_some("elevated_risk_level"),
            "risk_level": level,
            "risk_score": score,
            "seller_message": "Payment complete.",
            "type": "authorized",
        });
    };
    let network = Some(decline.network_decline_code).filter(|code| !code.is_empty());
    let blocked = decline.is_block();
    json!({
        "advice_code": decline.advice_code,
        "network_advice_code": null,
        "network_decline_code": network,
        "network_status": if blocked { "not_sent_to_network" } else { "declined_by_network" },
        "reason": if blocked { "highest_risk_level" } else { decline.decline_code.unwrap_or(decline.code) },
        "risk_level": level,
        "risk_score": score,
        "seller_message": if blocked {
            "Stripe blocked this payment as too risky."
        } else {
            "The bank did not return any further details with this decline."
        },
        "type": if blocked { "blocked" } else { "issuer_declined" },
    })
}

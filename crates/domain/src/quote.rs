//! A preview of a subscription: what is due today, what then, what one gains and loses.

use crate::catalog::BillingPeriod;
use crate::ids::QuoteId;
use crate::invoice::InvoicePreview;
use crate::money::Currency;
use crate::time::{MINUTE, Timestamp};

/// How long a quote can be acted upon, in milliseconds.
pub const VALID_FOR: i64 = 15 * MINUTE;

/// What kind of step it previews. `as_str` is the API's word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A first subscription, paid at once.
    New,
    /// A first subscription that starts with a trial.
    Trial,
    /// A dearer tier.
    Upgrade,
    /// A cheaper one.
    Downgrade,
    /// The same tier, billed less often.
    LongerPeriod,
    ShorterPeriod,
    /// Nothing to do.
    Same,
}

impl Kind {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Trial => "trial",
            Self::Upgrade => "upgrade",
            Self::Downgrade => "downgrade",
            Self::LongerPeriod => "longer_period",
            Self::ShorterPeriod => "shorter_period",
            Self::Same => "same",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quote {
    pub id: QuoteId,
    pub expires_at: Timestamp,
    pub kind: Kind,
    pub effective_at: Timestamp,
    pub currency: Currency,
    pub lines: Vec<QuoteLine>,
    /// Minor units that are charged at once.
    pub due_today: i64,
    pub then: Then,
    /// Names of features.
    pub gains: Vec<String>,
    pub losses: Vec<String>,
}

impl Quote {
    /// Whether it waits for `effective_at`; else it is done at once.
    pub fn is_scheduled(&self) -> bool {
        self.effective_at > self.expires_at.minus(VALID_FOR)
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuoteLine {
    pub description: String,
    /// Minor units; negative for a credit.
    pub amount: i64,
}

impl QuoteLine {
    /// What Stripe's preview charges, line by line, so that they add up to what is due: what is bought, what `code` takes
    /// off, tax, and the customer's credit.
    pub fn all_of(preview: &InvoicePreview, code: Option<&str>) -> Vec<Self> {
        let bought = preview.lines.iter();
        let mut lines: Vec<_> =
            bought.map(|line| Self { description: line.description.clone(), amount: line.amount }).collect();
        let discount = code.map_or("Discount".to_owned(), |code| format!("Promotion code {code}"));
        let credit = preview.amount_due - preview.total;
        let more = [
            (discount, -preview.discount),
            ("Tax".to_owned(), preview.tax),
            ("Credit".to_owned(), if preview.total > 0 { credit.min(0) } else { 0 }),
        ];
        let more = more.into_iter().filter(|(_, amount)| *amount != 0);
        lines.extend(more.map(|(description, amount)| Self { description, amount }));
        lines
    }
}

/// The next payment after today's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Then {
    pub amount: i64,
    pub billing_period: BillingPeriod,
    pub from: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::invoice::InvoiceLine;

    #[test]
    fn the_lines_add_up_to_what_is_due() {
        let line = |amount| InvoiceLine {
            description: "A plan".into(),
            amount,
            quantity: Some(1),
            period_start: Timestamp(0),
            period_end: Timestamp(0),
            price: None,
            proration: false,
        };
        let preview = InvoicePreview {
            currency: Currency::USD,
            amount_due: 4_400,
            total: 4_700,
            starting_balance: -300,
            discount: 1_350,
            tax: 650,
            lines: vec![line(5_400)],
        };
        let lines = QuoteLine::all_of(&preview, Some("SPRING"));
        let said: Vec<_> = lines.iter().map(|line| (line.description.as_str(), line.amount)).collect();
        assert_eq!(
            said,
            [("A plan", 5_400), ("Promotion code SPRING", -1_350), ("Tax", 650), ("Credit", -300)]
        );
        assert_eq!(lines.iter().map(|line| line.amount).sum::<i64>(), preview.amount_due);
    }
}

//! What can be asked of invoices and of what changes them, at random.

use proptest::prelude::*;

const DAY: i64 = 86_400;

/// One step of a story. Indexes choose among what is there.
#[derive(Clone, Debug)]
pub(super) enum Step {
    Item { who: usize, amount: i32, draft: Option<usize> },
    Draft { who: usize, more: &'static str },
    OfSubscription { which: usize },
    AddLine { which: usize, amount: i32, more: &'static str },
    ChangeLine { which: usize, line: usize, form: String },
    RemoveLine { which: usize, line: usize, behavior: &'static str },
    Change { which: usize, form: &'static str },
    Act { which: usize, action: &'static str, form: &'static str },
    Delete { which: usize },
    Revise { which: usize },
    Attach { which: usize, amount: u32, confirm: bool },
    Confirm { which: usize, card: &'static str },
    Balance { who: usize, amount: i32 },
    Subscribe { who: usize, form: &'static str },
    Reprice { which: usize, amount: u32, behavior: &'static str },
    CancelSubscription { which: usize },
    Later(i64),
}

pub(super) fn step() -> impl Strategy<Value = Step> {
    let which = 0..9_usize;
    let who = 0..3_usize;
    let amount = prop_oneof![-3000..4000_i32, -60..100_i32];
    let act = prop::sample::select(vec![
        ("finalize", ""),
        ("finalize", "auto_advance=true"),
        ("pay", ""),
        ("pay", "payment_method=pm_card_visa"),
        ("pay", "payment_method=pm_card_chargeCustomerFail"),
        ("pay", "payment_method=pm_card_authenticationRequired"),
        ("pay", "paid_out_of_band=true"),
        ("void", ""),
        ("mark_uncollectible", ""),
        ("send", ""),
    ]);
    let line = prop_oneof![
        (-2000..3000_i32).prop_map(|amount| format!("amount={amount}")),
        (0..5_u8).prop_map(|quantity| format!("quantity={quantity}")),
        Just("discounts[0][coupon]=third".to_owned()),
        Just("discounts=".to_owned()),
        Just("discountable=false".to_owned()),
        Just("description=x&metadata[a]=b".to_owned()),
    ];
    let changes = vec![
        "discounts[0][coupon]=third",
        "discounts[0][coupon]=some",
        "discounts=",
        "auto_advance=true",
        "auto_advance=false",
        "collection_method=send_invoice&days_until_due=3",
        "collection_method=charge_automatically",
        "metadata[a]=b",
    ];
    let drafts = vec![
        "",
        "&pending_invoice_items_behavior=include",
        "&pending_invoice_items_behavior=include&auto_advance=true",
        "&collection_method=send_invoice&days_until_due=5",
        "&discounts[0][coupon]=third",
    ];
    let subscriptions = vec![
        "",
        "&discounts[0][coupon]=third",
        "&billing_mode[type]=flexible&billing_mode[flexible][proration_discounts]=itemized&discounts[0][coupon]=some",
        "&collection_method=send_invoice&days_until_due=2",
        "&trial_period_days=4",
    ];
    let cards = vec!["pm_card_visa", "pm_card_chargeCustomerFail"];
    prop_oneof![
        2 => (who.clone(), amount.clone(), prop::option::of(which.clone()))
            .prop_map(|(who, amount, draft)| Step::Item { who, amount, draft }),
        3 => (who.clone(), prop::sample::select(drafts)).prop_map(|(who, more)| Step::Draft { who, more }),
        1 => which.clone().prop_map(|which| Step::OfSubscription { which }),
        5 => (which.clone(), amount.clone(), prop::sample::select(vec!["", "&lines[0][discounts][0][coupon]=some"]))
            .prop_map(|(which, amount, more)| Step::AddLine { which, amount, more }),
        2 => (which.clone(), 0..3_usize, line).prop_map(|(which, line, form)| Step::ChangeLine { which, line, form }),
        1 => (which.clone(), 0..3_usize, prop::sample::select(vec!["delete", "unassign"]))
            .prop_map(|(which, line, behavior)| Step::RemoveLine { which, line, behavior }),
        2 => (which.clone(), prop::sample::select(changes)).prop_map(|(which, form)| Step::Change { which, form }),
        8 => (which.clone(), act).prop_map(|(which, (action, form))| Step::Act { which, action, form }),
        1 => which.clone().prop_map(|which| Step::Delete { which }),
        2 => which.clone().prop_map(|which| Step::Revise { which }),
        2 => (which.clone(), 50..2000_u32, any::<bool>())
            .prop_map(|(which, amount, confirm)| Step::Attach { which, amount, confirm }),
        1 => (which.clone(), prop::sample::select(cards)).prop_map(|(which, card)| Step::Confirm { which, card }),
        1 => (who.clone(), -3000..3000_i32).prop_map(|(who, amount)| Step::Balance { who, amount }),
        2 => (who, prop::sample::select(subscriptions)).prop_map(|(who, form)| Step::Subscribe { who, form }),
        2 => (which.clone(), 100..9000_u32, prop::sample::select(vec!["create_prorations", "always_invoice", "none"]))
            .prop_map(|(which, amount, behavior)| Step::Reprice { which, amount, behavior }),
        1 => which.prop_map(|which| Step::CancelSubscription { which }),
        3 => prop_oneof![0..3 * 3600_i64, 0..40 * DAY].prop_map(Step::Later),
    ]
}

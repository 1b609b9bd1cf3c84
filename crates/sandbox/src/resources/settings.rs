//! What an account's owner sets in Stripe's Dashboard: here by `POST /_sandbox/settings`.

use crate::core::value::{Value, json};

use crate::core::json::Json;
use crate::core::work::Work;
use crate::life::dunning::GivenUp;

const ID: &str = "_settings";

/// The names, what each may be, and what it is unless set.
const AFTER_LAST_RETRY: &str = "after_last_retry";
const CHOICES: &[&str] = &["cancel", "mark_unpaid", "leave_past_due"];
const UPCOMING_DAYS: &str = "upcoming_days";
const WILL_BE_DUE_DAYS: &str = "will_be_due_days";

/// What becomes of a subscription whose payment is given up.
pub(crate) fn after_last_retry(work: &Work<'_>) -> GivenUp {
    match work.see(ID).text(AFTER_LAST_RETRY) {
        Some("mark_unpaid") => GivenUp::MarkUnpaid,
        Some("leave_past_due") => GivenUp::LeavePastDue,
        _ => GivenUp::Cancel,
    }
}

/// How many days before a renewal `invoice.upcoming` is sent.
pub(crate) fn upcoming_days(work: &Work<'_>) -> i64 {
    work.see(ID).int(UPCOMING_DAYS).unwrap_or(7)
}

/// How many days before its due date an invoice's `invoice.will_be_due` is sent; 0 is never, as at Stripe unless an
/// automation says otherwise ([doc]).
pub(crate) fn will_be_due_days(work: &Work<'_>) -> i64 {
    work.see(ID).int(WILL_BE_DUE_DAYS).unwrap_or(0)
}

/// The settings as they are shown.
pub(crate) fn show(work: &Work<'_>) -> Value {
    let set = work.see(ID);
    json!({
        AFTER_LAST_RETRY: set.text(AFTER_LAST_RETRY).unwrap_or(CHOICES[0]),
        UPCOMING_DAYS: upcoming_days(work),
        WILL_BE_DUE_DAYS: will_be_due_days(work),
    })
}

/// Changes what is sent; the rest stays.
///
/// # Errors
/// A sentence that names the setting that is wrong; then nothing is changed.
pub(crate) fn change(work: &mut Work<'_>, sent: &Value) -> Result<(), String> {
    let Some(sent) = sent.as_object() else { return Err("the body must be an object".into()) };
    let mut new = show(work);
    for (name, value) in sent {
        let good = match name.as_str() {
            AFTER_LAST_RETRY => value.as_str().is_some_and(|word| CHOICES.contains(&word)),
            UPCOMING_DAYS | WILL_BE_DUE_DAYS => value.as_i64().is_some_and(|days| (0..=30).contains(&days)),
            _ => {
                return Err(format!(
                    "{name}: unknown; there are {AFTER_LAST_RETRY}, {UPCOMING_DAYS} and {WILL_BE_DUE_DAYS}"
                ));
            }
        };
        if !good {
            return Err(format!(
                "{AFTER_LAST_RETRY}: {}; {UPCOMING_DAYS}, {WILL_BE_DUE_DAYS}: 0 to 30",
                CHOICES.join(", ")
            ));
        }
        new.set(name, value.clone());
    }
    new.set("id", ID);
    new.set("object", ID);
    if work.get(ID).is_some() {
        let seq = work.see(ID).at("_seq").clone();
        new.set("_seq", seq);
        work.edit(ID, |settings| *settings = new);
    } else {
        work.create(new);
    }
    Ok(())
}

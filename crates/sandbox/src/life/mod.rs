//! What time does: one queue of what is due, each thing at its own moment.

pub(crate) mod calendar;
pub(crate) mod dunning;
pub(crate) mod schedule;
pub(crate) mod subscription;
pub(crate) mod trial;

use crate::core::value::Value;

use crate::core::agenda::TEST_CLOCK;
use crate::core::json::Json;
use crate::core::work::Work;
use crate::resources::{charge, checkout, coupon, discount, dispute, promotion_code, refund, test_clock};

/// Does what an object's `_due` stands for. `work.now` is that moment.
pub(crate) fn fall_due(work: &mut Work<'_>, id: &str) {
    let object = work.see(id);
    if object.is("object", TEST_CLOCK) {
        test_clock::fall_due(work, id);
        return;
    }
    let due = object.at("_due").clone();
    match object.text("object") {
        Some("subscription") => subscription::fall_due(work, id),
        Some("subscription_schedule") => schedule::fall_due(work, id),
        Some("invoice") => dunning::fall_due(work, id),
        Some("charge") => charge::fall_due(work, id),
        Some(checkout::KIND) => checkout::fall_due(work, id),
        Some("coupon") => coupon::fall_due(work, id),
        Some("discount") => discount::fall_due(work, id),
        Some("promotion_code") => promotion_code::fall_due(work, id),
        Some("dispute") => dispute::fall_due(work, id),
        Some("refund") => refund::fall_due(work, id),
        _ => {}
    }
    // Whatever did not move on must not be due for ever.
    if *work.see(id).at("_due") == due {
        work.set(id, "_due", Value::Null);
    }
}

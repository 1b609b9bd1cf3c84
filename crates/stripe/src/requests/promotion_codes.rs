//! Promotion codes.

use crate::form::{Form, segment};
use crate::request::Request;

/// The active code of these letters, in any case, with its coupon and the products that it is for.
pub fn find_promotion_code(code: &str) -> Request {
    let form = Form::new()
        .set("code", code)
        .set("active", true)
        .set("limit", 1)
        .expand(&["data.promotion.coupon.applies_to"]);
    Request::get("/v1/promotion_codes".into(), form)
}

/// `promo_...`, active or not, as [`find_promotion_code`] answers it.
pub fn retrieve_promotion_code(id: &str) -> Request {
    let form = Form::new().expand(&["promotion.coupon.applies_to"]);
    Request::get(format!("/v1/promotion_codes/{}", segment(id)), form)
}

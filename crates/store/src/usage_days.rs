//! Statistics of AI requests by UTC day, feature and model, as they are told. `usage.rs` counts them.

use crate::args;
use crate::db::{Query, Result};
use domain::ids::AccountId;

crate::row! {
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct LabelledDay {
        date: String,
        feature: String,
        /// Empty where nobody has named one.
        model: String,
        ai_requests: i64,
        tokens: i64,
    }
}

/// Every day from `since` (inclusive) by feature and model, oldest first; what was not used is left out.
pub async fn by_day(q: &mut impl Query, account: &AccountId, since: &str) -> Result<Vec<LabelledDay>> {
    q.all(
        "SELECT date, feature, model, ai_requests, tokens FROM usage_days
         WHERE account_id = $1 AND date >= $2 ORDER BY date, feature, model",
        args![account, since],
    )
    .await
}

crate::row! {
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct LabelledTotals {
        feature: String,
        /// Empty where nobody has named one.
        model: String,
        ai_requests: i64,
        tokens: i64,
    }
}

/// The days from `since` (inclusive) together, by feature and model, those with the most requests first.
pub async fn by_label(
    q: &mut impl Query,
    account: &AccountId,
    since: &str,
    limit: i64,
) -> Result<Vec<LabelledTotals>> {
    q.all(
        "SELECT feature, model, CAST(SUM(ai_requests) AS BIGINT) AS ai_requests,
             CAST(SUM(tokens) AS BIGINT) AS tokens
         FROM usage_days WHERE account_id = $1 AND date >= $2
         GROUP BY feature, model ORDER BY 3 DESC, feature, model LIMIT $3",
        args![account, since, limit],
    )
    .await
}

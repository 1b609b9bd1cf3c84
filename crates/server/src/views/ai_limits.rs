//! How a tier limits AI requests, beside how many it includes.

use domain::catalog::SubscriptionTier;
use serde::Serialize;
use utoipa::ToSchema;

#[derive(Debug, Serialize, ToSchema)]
pub struct AiLimitsView {
    /// Null: unlimited.
    pub requests_per_minute: Option<u32>,
    /// Requests that may run at the same time. Null: unlimited.
    pub concurrent: Option<u32>,
    /// Names of the models that may be asked; the built-in ones always may. Null: all.
    pub models: Option<Vec<String>>,
    /// In tokens: the largest request that one of `ai_requests` covers. A larger one is paid with tokens entirely.
    pub largest_request: i64,
}

impl From<&SubscriptionTier> for AiLimitsView {
    fn from(tier: &SubscriptionTier) -> Self {
        Self {
            requests_per_minute: tier.ai_limits.requests_per_minute,
            concurrent: tier.ai_limits.concurrent,
            models: tier.ai_limits.models.clone(),
            largest_request: tier.ai_requests.largest_request.get(),
        }
    }
}

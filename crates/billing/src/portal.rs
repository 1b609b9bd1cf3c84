//! A way into Stripe's customer portal, which cannot bypass our quotes: it changes no plans.

use crate::{Billing, Result};
use domain::ids::AccountId;

/// Where the portal leads back to, whatever a caller says (trap 36).
const RETURN_PATH: &str = "/account/billing";

impl Billing {
    /// The address of a new session, for this member only and for a short time.
    pub async fn portal_session(&self, account: &AccountId) -> Result<String> {
        self.with_customer(account, || self.try_to_open_portal(account)).await
    }

    async fn try_to_open_portal(&self, account: &AccountId) -> Result<String> {
        let customer = self.ensure_customer(account).await?;
        let configuration = self.portal_configuration().await?;
        let back = self.portal_return_url();
        let key = self.one_time_key("portal")?;
        Ok(self.stripe.create_portal_session(&customer, &configuration, &back, &key).await?)
    }

    /// Looked for each time: whoever changes it in the Dashboard so that it changes plans gets another one made.
    async fn portal_configuration(&self) -> Result<String> {
        if let Some(found) = self.stripe.find_portal_configuration().await? {
            return Ok(found.id);
        }
        let key = self.one_time_key("portal-configuration")?;
        Ok(self.stripe.create_portal_configuration(&self.portal_return_url(), &key).await?.id)
    }

    fn portal_return_url(&self) -> String {
        format!("{}{RETURN_PATH}", self.options.public_url)
    }
}

//! Stripe's customer portal.

use crate::error::Error;
use crate::gateway::Gateway;
use crate::read::portal::{configuration, session};
use crate::request::Key;
use crate::requests;
use crate::types::PortalConfiguration;
use domain::ids::StripeCustomerId;

impl Gateway {
    /// The one that we have made, as long as nobody lets it change plans.
    pub async fn find_portal_configuration(&self) -> Result<Option<PortalConfiguration>, Error> {
        let all = self.pages(requests::list_portal_configurations, configuration).await?;
        Ok(all.into_iter().find(|found| found.is_ours && !found.changes_plans))
    }

    pub async fn create_portal_configuration(
        &self,
        return_url: &str,
        key: &Key,
    ) -> Result<PortalConfiguration, Error> {
        self.fetch(&requests::create_portal_configuration(return_url, key), configuration).await
    }

    /// Answers its address.
    pub async fn create_portal_session(
        &self,
        customer: &StripeCustomerId,
        configuration: &str,
        return_url: &str,
        key: &Key,
    ) -> Result<String, Error> {
        self.fetch(&requests::create_portal_session(customer, configuration, return_url, key), session).await
    }
}

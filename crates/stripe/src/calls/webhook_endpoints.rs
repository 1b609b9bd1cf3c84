//! Our webhook endpoint.

use crate::error::Error;
use crate::gateway::Gateway;
use crate::read::webhook_endpoints::{new_endpoint, webhook_endpoint};
use crate::request::Key;
use crate::requests;
use crate::types::{NewEndpoint, WebhookEndpoint};

impl Gateway {
    /// The endpoint of this very address, if there is one; the newest of several.
    pub async fn find_webhook_endpoint(&self, url: &str) -> Result<Option<WebhookEndpoint>, Error> {
        let all = self.pages(requests::list_webhook_endpoints, webhook_endpoint).await?;
        Ok(all.into_iter().find(|endpoint| endpoint.url == url))
    }

    /// The secret is in this answer only.
    pub async fn create_webhook_endpoint(&self, url: &str, key: &Key) -> Result<NewEndpoint, Error> {
        self.fetch(&requests::create_webhook_endpoint(url, key), new_endpoint).await
    }

    pub async fn update_webhook_endpoint(&self, id: &str, key: &Key) -> Result<WebhookEndpoint, Error> {
        self.fetch(&requests::update_webhook_endpoint(id, key), webhook_endpoint).await
    }
}

//! Products and prices.

use crate::error::Error;
use crate::gateway::Gateway;
use crate::read::catalog::price;
use crate::request::Key;
use crate::requests::{self, LOOKUP_KEYS, NewPrice, Product};
use crate::types::Price;
use domain::ids::StripePriceId;

impl Gateway {
    /// Creates it under its own id, or updates the one that exists. The key must be of this one change: a
    /// key that was used for the same words before would be answered without any change.
    pub async fn put_product(&self, product: &Product<'_>, key: &Key) -> Result<(), Error> {
        let created = self.fetch(&requests::create_product(product, key), |_| Ok(())).await;
        match created {
            Err(Error::Invalid { code: Some(code), .. }) if code == "resource_already_exists" => {
                self.fetch(&requests::update_product(product, &key.then("update")), |_| Ok(())).await
            }
            other => other,
        }
    }

    /// The active prices of these lookup keys, in no order; keys without one are missing.
    pub async fn find_prices(&self, lookup_keys: &[&str]) -> Result<Vec<Price>, Error> {
        let mut found = Vec::new();
        for some in lookup_keys.chunks(LOOKUP_KEYS) {
            found.extend(self.page(&requests::list_prices(some), price).await?.items);
        }
        Ok(found)
    }

    pub async fn create_price(&self, new: &NewPrice<'_>, key: &Key) -> Result<Price, Error> {
        self.fetch(&requests::create_price(new, key), price).await
    }

    pub async fn archive_price(&self, id: &StripePriceId, key: &Key) -> Result<Price, Error> {
        self.fetch(&requests::archive_price(id, key), price).await
    }
}

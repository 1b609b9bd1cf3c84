//! Promotion codes.

use crate::error::Error;
use crate::gateway::Gateway;
use crate::read::promotion_codes::promotion_code;
use crate::requests;
use domain::promotion::PromotionCode;

impl Gateway {
    /// `None` when no active code reads so.
    pub async fn find_promotion_code(&self, code: &str) -> Result<Option<PromotionCode>, Error> {
        let page = self.page(&requests::find_promotion_code(code), promotion_code).await?;
        Ok(page.items.into_iter().next())
    }

    pub async fn retrieve_promotion_code(&self, id: &str) -> Result<PromotionCode, Error> {
        self.fetch(&requests::retrieve_promotion_code(id), promotion_code).await
    }
}

//! Every key, newest first, the revoked too.

use super::ServiceKey;
use crate::{Billing, Result};

impl Billing {
    pub async fn list_service_keys(&self) -> Result<Vec<ServiceKey>> {
        Ok(store::service_keys::all(&mut self.db.reader()).await?)
    }
}

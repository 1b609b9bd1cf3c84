//! The invoices of a member, newest first.

use crate::subscriptions::is_owed;
use crate::tokens::{PAGE, Page};
use crate::{Billing, Result};
use domain::ids::{AccountId, StripeInvoiceId};
use domain::invoice::{InvoicePages, MirroredInvoice};
use std::collections::BTreeMap;

#[derive(Debug)]
pub struct ListedInvoice {
    pub mirrored: MirroredInvoice,
    /// Whether `subscription/pay/` charges it.
    pub owed: bool,
    /// `None` when Stripe has none, or cannot be reached.
    pub pages: Option<InvoicePages>,
}

impl Billing {
    /// Drafts are not among them: nothing of those is owed yet. Stripe may be down: then they are without their pages.
    pub async fn invoices(&self, account: &AccountId, cursor: Option<&str>) -> Result<Page<ListedInvoice>> {
        let rows = store::invoices::list(&mut self.db.reader(), account, cursor, PAGE + 1).await?;
        let page = Page::cut(rows, |row| row.invoice.id.to_string());
        let mut pages =
            if page.data.is_empty() { BTreeMap::new() } else { self.pages(account, cursor).await? };
        let live = store::subscriptions::live(&mut self.db.reader(), account).await?;
        let data = page.data.into_iter().map(|mirrored| ListedInvoice {
            owed: live.as_ref().is_some_and(|live| is_owed(live, &mirrored.invoice)),
            pages: pages.remove(&mirrored.invoice.id),
            mirrored,
        });
        Ok(Page { data: data.collect(), next_cursor: page.next_cursor })
    }

    /// Stripe's list has the mirror's order, and goes on at the same invoice.
    async fn pages(
        &self,
        account: &AccountId,
        cursor: Option<&str>,
    ) -> Result<BTreeMap<StripeInvoiceId, InvoicePages>> {
        let Some(customer) = store::accounts::customer(&mut self.db.reader(), account).await? else {
            return Ok(BTreeMap::new());
        };
        match self.stripe.list_invoice_pages(&customer, cursor).await {
            Ok(found) => Ok(found.into_iter().map(|pages| (pages.id.clone(), pages)).collect()),
            Err(error) => {
                tracing::warn!(%account, %error, "invoices are shown without their pages");
                Ok(BTreeMap::new())
            }
        }
    }
}

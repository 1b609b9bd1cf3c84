//! The calls: a request from `requests`, sent, and read by `read`. One file per noun.

mod catalog;
mod customers;
mod events;
mod invoices;
mod payment_intents;
mod payment_methods;
mod refunds;
mod setup_intents;
mod subscriptions;
mod webhook_endpoints;

use crate::error::Error;
use crate::gateway::Gateway;
use crate::read::{self, Reader};
use crate::request::Request;
use crate::types::Page;

/// A list of one customer's things that is longer than this many pages is a mistake somewhere.
const MOST_PAGES: usize = 100;

impl Gateway {
    async fn page<T>(&self, request: &Request, read: Reader<T>) -> Result<Page<T>, Error> {
        self.fetch(request, |node| read::page(node, read)).await
    }

    /// Every page of a list, newest first.
    async fn pages<T>(
        &self,
        request: impl Fn(Option<&str>) -> Request + Send,
        read: Reader<T>,
    ) -> Result<Vec<T>, Error> {
        let mut all = Vec::new();
        let mut after: Option<String> = None;
        for _ in 0..MOST_PAGES {
            let page = self.page(&request(after.as_deref()), read).await?;
            all.extend(page.items);
            if page.next.is_none() {
                break;
            }
            after = page.next;
        }
        Ok(all)
    }
}

//! The calls: a request from `requests`, sent, and read by `read`. One file per noun.

mod catalog;
mod customers;
mod disputes;
mod events;
mod invoice_payments;
mod invoices;
mod pauses;
mod payment_intents;
mod payment_methods;
mod plan_changes;
mod portal;
mod promotion_codes;
mod refunds;
mod schedules;
mod setup_intents;
mod subscriptions;
mod tax_ids;
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

    /// Every page of everybody's list, however long it is, newest first.
    async fn every_page<T>(
        &self,
        request: impl Fn(Option<&str>) -> Request + Send,
        read: Reader<T>,
    ) -> Result<Vec<T>, Error> {
        self.pages_up_to(usize::MAX, request, read).await
    }

    /// Every page of one customer's list, newest first.
    async fn pages<T>(
        &self,
        request: impl Fn(Option<&str>) -> Request + Send,
        read: Reader<T>,
    ) -> Result<Vec<T>, Error> {
        self.pages_up_to(MOST_PAGES, request, read).await
    }

    async fn pages_up_to<T>(
        &self,
        most: usize,
        request: impl Fn(Option<&str>) -> Request + Send,
        read: Reader<T>,
    ) -> Result<Vec<T>, Error> {
        let mut all = Vec::new();
        let mut after: Option<String> = None;
        for _ in 0..most {
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

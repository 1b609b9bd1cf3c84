//! Invoices.

use crate::error::Error;
use crate::gateway::Gateway;
use crate::read::invoices::{invoice, pages, preview};
use crate::request::{Key, Request};
use crate::requests::{self, NewSubscriptionPreview};
use crate::types::Page;
use domain::ids::{StripeCustomerId, StripeInvoiceId, StripeSubscriptionId};
use domain::invoice::{Invoice, InvoicePages, InvoicePreview, InvoiceStatus};

impl Gateway {
    /// With its payments and its confirmation secret.
    pub async fn retrieve_invoice(&self, id: &StripeInvoiceId) -> Result<Invoice, Error> {
        self.fetch(&requests::retrieve_invoice(id), invoice).await
    }

    /// All of one subscription in one status, newest first, with their payments.
    pub async fn list_invoices_of(
        &self,
        subscription: &StripeSubscriptionId,
        status: InvoiceStatus,
    ) -> Result<Vec<Invoice>, Error> {
        self.pages(|after| requests::list_invoices(subscription, status, after), invoice).await
    }

    /// One page of what a customer was ever billed, newest first, without payments.
    pub async fn list_customer_invoices(
        &self,
        customer: &StripeCustomerId,
        after: Option<&str>,
    ) -> Result<Page<Invoice>, Error> {
        self.page(&requests::list_customer_invoices(customer, after), invoice).await
    }

    /// The addresses of as many as Stripe lists at once, newest first, from after this one.
    pub async fn list_invoice_pages(
        &self,
        customer: &StripeCustomerId,
        after: Option<&str>,
    ) -> Result<Vec<InvoicePages>, Error> {
        Ok(self.page(&requests::list_customer_invoices(customer, after), pages).await?.items)
    }

    pub async fn retrieve_invoice_pages(&self, id: &StripeInvoiceId) -> Result<InvoicePages, Error> {
        self.fetch(&requests::retrieve_invoice(id), pages).await
    }

    /// Everybody's that wait to be paid, without their payments. For reconciliation.
    pub async fn list_open_invoices(&self) -> Result<Vec<Invoice>, Error> {
        self.every_page(requests::list_open_invoices, invoice).await
    }

    /// Of [`requests::pay_invoice`]. 3D Secure is [`Error::InvoiceRequiresAction`].
    pub async fn send_pay_invoice(&self, request: &Request) -> Result<Invoice, Error> {
        self.fetch(request, invoice).await
    }

    pub async fn void_invoice(&self, id: &StripeInvoiceId, key: &Key) -> Result<Invoice, Error> {
        self.fetch(&requests::void_invoice(id, key), invoice).await
    }

    /// What a new subscription would cost now.
    pub async fn preview_new_subscription(
        &self,
        new: &NewSubscriptionPreview<'_>,
        key: &Key,
    ) -> Result<InvoicePreview, Error> {
        self.fetch(&requests::preview_new_subscription(new, key), preview).await
    }
}

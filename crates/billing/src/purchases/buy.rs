//! Buying a package: one row per attempt, whose id is the idempotency key (trap 26).

use crate::subscriptions::{Confirm, kept_request};
use crate::{Billing, Error, Result};
use domain::catalog::TokenPackage;
use domain::ids::{AccountId, StripeCustomerId, StripePaymentMethodId};
use domain::money::{Currency, Money};
use domain::payment::{IntentStatus, PaymentIntent};
use domain::purchase::{CallState, PurchaseStatus, TokenPurchase};
use ledger::Tokens;
use stripe::Key;
use stripe::requests::{Confirmation, NewPaymentIntent, create_payment_intent};

#[derive(Debug, Clone)]
pub struct Buy {
    pub account: AccountId,
    pub package_slug: String,
    /// Without one the saved card pays, or else the browser takes one.
    pub payment_method: Option<StripePaymentMethodId>,
    pub currency: Option<Currency>,
    /// Scope and Idempotency-Key: a retry under it finishes what the first try began.
    pub request_key: String,
}

#[derive(Debug)]
pub struct BuyAnswer {
    pub purchase: TokenPurchase,
    /// Set only when the person must act.
    pub confirm: Option<Confirm>,
}

enum Claimed {
    /// Ours to carry out.
    ToDo(TokenPurchase),
    /// This very request has been carried out before.
    Done(TokenPurchase),
}

impl Billing {
    /// Errors: [`Error::UnknownPackage`]; [`Error::CardDeclined`] with the purchase, which failed;
    /// [`Error::EarlierAttemptUnclear`]; [`Error::StripeUnavailable`].
    pub async fn buy(&self, command: Buy) -> Result<BuyAnswer> {
        self.refuse_paused_sales().await?;
        let package = self
            .catalog
            .package(&command.package_slug)
            .ok_or_else(|| Error::UnknownPackage(command.package_slug.clone()))?;
        let currency = command.currency.unwrap_or(self.catalog.currency);
        let Some(price) = package.price(currency) else {
            let reason = format!("{} is not sold in {currency}", package.name);
            return Err(Error::Invalid { field: "currency", reason });
        };
        let purchase = match self.claim_purchase(&command, package, price).await? {
            Claimed::ToDo(purchase) => purchase,
            Claimed::Done(purchase) => return self.answer_again(purchase).await,
        };
        let (purchase, request, customer) = match self.purchase_request(&purchase, &command).await {
            Ok(prepared) => prepared,
            Err(error) => {
                // Nothing was sent that could cost anything: the same key may try again.
                self.forget_purchase(&purchase).await?;
                return Err(error);
            }
        };
        match self.stripe.send_create_payment_intent(&request).await {
            Ok(intent) => self.settle(purchase, &intent, &customer).await,
            Err(error) => Err(self.end_failed_purchase(purchase, error).await?),
        }
    }

    async fn claim_purchase(&self, command: &Buy, package: &TokenPackage, price: Money) -> Result<Claimed> {
        let account = &command.account;
        let now = self.now();
        let mut tx = self.db.begin().await?;
        if !store::accounts::lock(&mut tx, account).await? {
            return Err(Error::NotFound);
        }
        if let Some(mine) = store::purchases::by_request(&mut tx, account, &command.request_key).await? {
            return Ok(match mine.call {
                CallState::Settled => Claimed::Done(mine),
                CallState::Calling | CallState::Unclear => Claimed::ToDo(mine),
            });
        }
        if store::purchases::unclear(&mut tx, account, &package.slug).await?.is_some() {
            return Err(Error::EarlierAttemptUnclear {
                retry_after_seconds: crate::subscriptions::LOOK_AGAIN,
            });
        }
        let purchase = TokenPurchase {
            id: self.new_token_purchase_id()?,
            account: account.clone(),
            package_slug: package.slug.clone(),
            package_name: package.name.clone(),
            tokens: package.tokens,
            price,
            status: PurchaseStatus::Pending,
            call: CallState::Calling,
            request_key: command.request_key.clone(),
            request: None,
            attempt: 1,
            payment_intent: None,
            refunded_amount: 0,
            tokens_taken_back: Tokens::ZERO,
            created_at: now,
            updated_at: now,
        };
        store::purchases::insert(&mut tx, &purchase).await?;
        tx.commit().await?;
        Ok(Claimed::ToDo(purchase))
    }

    /// The request that charges, kept with the purchase before it is sent.
    async fn purchase_request(
        &self,
        purchase: &TokenPurchase,
        command: &Buy,
    ) -> Result<(TokenPurchase, stripe::Request, StripeCustomerId)> {
        let customer = self.ensure_customer(&purchase.account).await?;
        if let Some(kept) = &purchase.request {
            return Ok((purchase.clone(), kept_request(kept)?, customer));
        }
        let saved = match &command.payment_method {
            Some(_) => None,
            None => self.saved_card(&customer).await?,
        };
        let confirmation = match command.payment_method.as_ref().or(saved.as_ref()) {
            Some(payment_method) => Confirmation::Server { payment_method },
            None => Confirmation::Browser,
        };
        let new = NewPaymentIntent {
            amount: purchase.price,
            customer: &customer,
            purchase: &purchase.id,
            account: &purchase.account,
            package: &purchase.package_slug,
            description: &purchase.package_name,
            confirmation,
            keep_card: false,
        };
        let request = create_payment_intent(&new, &Key::new(purchase.id.as_str(), "pi", 1));
        let text = serde_json::to_string(&request).map_err(|error| Error::Internal(error.to_string()))?;
        let purchase = TokenPurchase { request: Some(text), ..purchase.clone() };
        self.save_purchase(&purchase).await?;
        Ok((purchase, request, customer))
    }

    /// Stripe has answered: what it says of the payment is then fetched and applied like any other's.
    pub(super) async fn settle(
        &self,
        purchase: TokenPurchase,
        intent: &PaymentIntent,
        customer: &StripeCustomerId,
    ) -> Result<BuyAnswer> {
        let payment_intent = Some(intent.id.clone());
        let purchase = TokenPurchase { call: CallState::Settled, payment_intent, ..purchase };
        self.save_purchase(&purchase).await?;
        if intent.status == IntentStatus::Succeeded {
            self.sync_now(customer).await?;
        }
        let purchase = self.token_purchase(&purchase.account, purchase.id.as_str()).await?;
        Ok(BuyAnswer { purchase, confirm: Confirm::of_payment(intent) })
    }

    async fn answer_again(&self, purchase: TokenPurchase) -> Result<BuyAnswer> {
        let confirm = match &purchase.payment_intent {
            Some(intent) if purchase.status == PurchaseStatus::Pending => {
                Confirm::of_payment(&self.stripe.retrieve_payment_intent(intent).await?)
            }
            _ => None,
        };
        Ok(BuyAnswer { purchase, confirm })
    }

    /// Notes how a failed first call left the purchase, and answers what to tell the person.
    async fn end_failed_purchase(&self, purchase: TokenPurchase, error: stripe::Error) -> Result<Error> {
        let refused =
            matches!(error, stripe::Error::Declined { .. } | stripe::Error::AuthenticationRequired { .. });
        if error.is_unclear() || refused {
            return self.end_failed_payment(purchase, error).await;
        }
        // No intent was made: the same key may try again.
        self.forget_purchase(&purchase).await?;
        Ok(error.into())
    }

    /// As above, for a purchase that stays.
    pub(super) async fn end_failed_payment(
        &self,
        purchase: TokenPurchase,
        error: stripe::Error,
    ) -> Result<Error> {
        if error.is_unclear() {
            self.save_purchase(&TokenPurchase { call: CallState::Unclear, ..purchase }).await?;
            return Ok(error.into());
        }
        let made = match &error {
            stripe::Error::Declined { payment_intent, .. }
            | stripe::Error::AuthenticationRequired { payment_intent, .. } => payment_intent.as_deref(),
            _ => None,
        };
        // The intent was made all the same, and can be tried again.
        let payment_intent = made.map(|intent| intent.id.clone()).or(purchase.payment_intent.clone());
        let error = Error::from(error);
        let status = match error {
            Error::CardDeclined { .. } => PurchaseStatus::Failed,
            _ => purchase.status,
        };
        let purchase = TokenPurchase { call: CallState::Settled, status, payment_intent, ..purchase };
        self.save_purchase(&purchase).await?;
        Ok(match error {
            Error::CardDeclined { decline, .. } => {
                Error::CardDeclined { decline, purchase: Some(Box::new(purchase)) }
            }
            other => other,
        })
    }

    pub(super) async fn save_purchase(&self, purchase: &TokenPurchase) -> Result<()> {
        let mut tx = self.db.begin().await?;
        store::accounts::lock(&mut tx, &purchase.account).await?;
        store::purchases::save(&mut tx, purchase, self.now()).await?;
        tx.commit().await?;
        Ok(())
    }

    async fn forget_purchase(&self, purchase: &TokenPurchase) -> Result<()> {
        let mut tx = self.db.begin().await?;
        store::purchases::delete(&mut tx, &purchase.id).await?;
        tx.commit().await?;
        Ok(())
    }
}

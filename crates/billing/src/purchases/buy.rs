//! Buying a package: one row per attempt, whose id is the idempotency key (trap 26).

use crate::consents::Consent;
use crate::subscriptions::{Confirm, kept_request, own_retry, unclear};
use crate::{Billing, Error, Result};
use domain::catalog::TokenPackage;
use domain::ids::{AccountId, StripeCustomerId, StripePaymentMethodId};
use domain::money::{Currency, Money};
use domain::payment::{IntentStatus, PaymentIntent};
use domain::purchase::{CallState, PurchaseStatus, TokenPurchase};
use ledger::Tokens;
use serde_json::json;
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
    pub consent: Consent,
}

#[derive(Debug)]
pub struct BuyAnswer {
    pub purchase: TokenPurchase,
    /// Set only when the person must act.
    pub confirm: Option<Confirm>,
}

enum Claimed {
    /// Ours to carry out.
    ToDo(Box<TokenPurchase>),
    /// This very request has been carried out before.
    Done(Box<TokenPurchase>),
}

impl Billing {
    /// Errors: [`Error::UnknownPackage`]; [`Error::CardDeclined`] with the purchase, which failed;
    /// [`Error::EarlierAttemptUnclear`]; [`Error::StripeUnavailable`].
    pub async fn buy(&self, command: Buy) -> Result<BuyAnswer> {
        let account = &command.account;
        let call = Box::pin(self.with_customer(account, || self.try_to_buy(&command)));
        self.watching_declines(account, "purchase", call).await
    }

    async fn try_to_buy(&self, command: &Buy) -> Result<BuyAnswer> {
        self.refuse_paused_sales().await?;
        let package = self
            .catalog
            .package(&command.package_slug)
            .ok_or_else(|| Error::UnknownPackage(command.package_slug.clone()))?;
        self.require_consent(&command.consent, false)?;
        let currency = command.currency.unwrap_or(self.catalog.currency);
        let Some(price) = package.price(currency) else {
            let reason = format!("{} is not sold in {currency}", package.name);
            return Err(Error::Invalid { field: "currency", reason });
        };
        let claimed = match self.claim_purchase(command, package, price).await? {
            Claimed::ToDo(purchase) => *purchase,
            Claimed::Done(purchase) => return self.answer_again(*purchase).await,
        };
        // An earlier try under this key may have sent the request already.
        let resumed = claimed.request.is_some();
        let (purchase, request, customer) = match self.purchase_request(&claimed, command).await {
            Ok(prepared) => prepared,
            Err(error) => {
                self.abandon_purchase(&claimed, resumed).await?;
                return Err(error);
            }
        };
        match self.stripe.send_create_payment_intent(&request).await {
            Ok(intent) => self.settle(purchase, &intent, &customer).await,
            Err(error) if made_an_intent(&error) => Err(self.settle_refused(purchase, error).await?),
            Err(error) => {
                self.abandon_purchase(&purchase, resumed || error.is_unclear()).await?;
                Err(error.into())
            }
        }
    }

    async fn claim_purchase(&self, command: &Buy, package: &TokenPackage, price: Money) -> Result<Claimed> {
        let account = &command.account;
        let now = self.now();
        let mut tx = self.db.begin().await?;
        if !store::accounts::lock(&mut tx, account).await? {
            return Err(Error::NotFound);
        }
        self.refuse_leaving(&mut tx, account).await?;
        if let Some(mine) = store::purchases::by_request(&mut tx, account, &command.request_key).await? {
            // Purchases are kept, and answers only for some days: after those nobody else has compared them.
            if mine.package_slug != package.slug.as_str() {
                return Err(Error::IdempotencyKeyReused);
            }
            return match mine.call {
                CallState::Settled => Ok(Claimed::Done(Box::new(mine))),
                CallState::Voiding => Err(unclear()),
                CallState::Calling | CallState::Unclear => {
                    let sent_at = own_retry(mine.request.is_some(), mine.updated_at, now)?;
                    let to = TokenPurchase { call: CallState::Calling, ..mine.clone() };
                    let claimed = store::purchases::advance(&mut tx, &mine, to, sent_at).await?;
                    tx.commit().await?;
                    claimed.map(|it| Claimed::ToDo(Box::new(it))).ok_or_else(unclear)
                }
            };
        }
        if store::purchases::in_flight(&mut tx, account, &package.slug).await?.is_some() {
            return Err(unclear());
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
        let shown = json!({
            "package": package.slug,
            "tokens": package.tokens.get(),
            "amount": price.amount,
            "currency": price.currency.as_str(),
        });
        self.record_consent(&mut tx, account, &command.consent, &command.request_key, &shown).await?;
        tx.commit().await?;
        Ok(Claimed::ToDo(Box::new(purchase)))
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
        let to = TokenPurchase { request: Some(text), ..purchase.clone() };
        let kept = self.advance_purchase(purchase, to).await?.ok_or_else(unclear)?;
        Ok((kept, request, customer))
    }

    /// Stripe has answered: what it says of the payment is then fetched and applied like any other's.
    pub(super) async fn settle(
        &self,
        purchase: TokenPurchase,
        intent: &PaymentIntent,
        customer: &StripeCustomerId,
    ) -> Result<BuyAnswer> {
        let payment_intent = Some(intent.id.clone());
        let to = TokenPurchase { call: CallState::Settled, payment_intent, ..purchase.clone() };
        if self.advance_purchase(&purchase, to).await?.is_none() {
            return self.overtaken(&purchase, intent).await;
        }
        if intent.status == IntentStatus::Succeeded {
            self.sync_now(customer).await?;
        }
        let purchase = self.token_purchase(&purchase.account, purchase.id.as_str()).await?;
        Ok(BuyAnswer { purchase, confirm: Confirm::of_payment(intent) })
    }

    /// The row was touched since this call had it: by a retry under the same key, which has the same payment, or
    /// by the voiding worker, which may have looked before this payment was there.
    async fn overtaken(&self, seen: &TokenPurchase, intent: &PaymentIntent) -> Result<BuyAnswer> {
        let now = self.token_purchase(&seen.account, seen.id.as_str()).await?;
        let given_up = now.call == CallState::Voiding || now.status == PurchaseStatus::Canceled;
        if !given_up {
            let settled = now.call == CallState::Settled && now.payment_intent.as_ref() == Some(&intent.id);
            return if settled { self.answer_again(now).await } else { Err(unclear()) };
        }
        if let Err(error) = self.take_back_payment(seen, intent).await {
            // For the worker to repeat.
            let call = CallState::Voiding;
            let to = TokenPurchase { call, payment_intent: Some(intent.id.clone()), ..now.clone() };
            self.advance_purchase(&now, to).await?;
            return Err(error);
        }
        Err(unclear())
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

    /// The card was refused, and the intent was made all the same: it can be tried again.
    pub(super) async fn settle_refused(
        &self,
        purchase: TokenPurchase,
        error: stripe::Error,
    ) -> Result<Error> {
        let made = match &error {
            stripe::Error::Declined { payment_intent, .. }
            | stripe::Error::AuthenticationRequired { payment_intent, .. } => payment_intent.as_deref(),
            _ => None,
        };
        let payment_intent = made.map(|intent| intent.id.clone()).or(purchase.payment_intent.clone());
        // Without an intent there is nothing that could be tried again.
        let status = if payment_intent.is_some() { PurchaseStatus::Failed } else { PurchaseStatus::Canceled };
        let call = CallState::Settled;
        let to = TokenPurchase { call, status, payment_intent, ..purchase.clone() };
        let purchase = self.advance_purchase(&purchase, to).await?.ok_or_else(unclear)?;
        Ok(match Error::from(error) {
            Error::CardDeclined { decline, .. } => {
                Error::CardDeclined { decline, purchase: Some(Box::new(purchase)) }
            }
            other => other,
        })
    }

    /// Notes how a failed first call left the purchase: unclear, or as if it had not been made.
    async fn abandon_purchase(&self, seen: &TokenPurchase, may_have_paid: bool) -> Result<()> {
        if may_have_paid {
            let to = TokenPurchase { call: CallState::Unclear, ..seen.clone() };
            let mut tx = self.db.begin().await?;
            // Its time stays: the ten minutes count from the first try.
            store::purchases::advance(&mut tx, seen, to, seen.updated_at).await?;
            tx.commit().await?;
            return Ok(());
        }
        let mut tx = self.db.begin().await?;
        store::purchases::delete(&mut tx, seen).await?;
        tx.commit().await?;
        Ok(())
    }

    /// `None` when it was touched since it was `seen`.
    pub(super) async fn advance_purchase(
        &self,
        seen: &TokenPurchase,
        to: TokenPurchase,
    ) -> Result<Option<TokenPurchase>> {
        let mut tx = self.db.begin().await?;
        store::accounts::lock(&mut tx, &seen.account).await?;
        let advanced = store::purchases::advance(&mut tx, seen, to, self.now()).await?;
        tx.commit().await?;
        Ok(advanced)
    }
}

/// A refused card still makes an intent.
pub(super) const fn made_an_intent(error: &stripe::Error) -> bool {
    matches!(error, stripe::Error::Declined { .. } | stripe::Error::AuthenticationRequired { .. })
}

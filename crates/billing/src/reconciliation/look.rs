//! The two pictures: first ours, then Stripe's, so that what Stripe says of a thing is never older than what we
//! say of it.

use crate::purchases::FORGOTTEN_AFTER;
use crate::{Billing, Result};
use domain::dispute::Dispute;
use domain::ids::{AccountId, StripeCustomerId, StripePaymentIntentId};
use domain::payment::PaymentIntent;
use domain::reconciliation::{Ours, PaidInvoice, Stuck, Theirs, doubtful_payments};
use domain::time::{DAY, HOUR, Timestamp};
use std::collections::{BTreeMap, BTreeSet};
use stripe::requests::Created;

/// An invoice may be paid so long after it was finalized, in milliseconds: dunning.
const DUNNING: i64 = 30 * DAY;
/// An invoice is a draft for an hour, at most three days, before it is finalized, in milliseconds.
const DRAFTING: i64 = 4 * DAY;
/// What its own worker should have finished long before, in milliseconds of business time.
const STUCK_AFTER: i64 = HOUR;
const MOST_STUCK: i64 = 1_000;

impl Billing {
    pub(super) async fn our_picture(&self, since: Timestamp) -> Result<Ours> {
        let mut reader = self.db.reader();
        let q = &mut reader;
        let mut ours = Ours::default();
        for (customer, account, current) in store::accounts::customers(q).await? {
            if current {
                ours.current.insert(account.clone(), customer.clone());
            }
            ours.customers.insert(customer, account);
        }
        let prices = store::tiers::prices(q, store::tiers::Noun::Tier).await?;
        ours.prices = prices.into_iter().map(|price| price.stripe_price_id).collect();
        let mirrored = store::subscriptions::all(q).await?;
        ours.subscriptions = mirrored.into_iter().map(|one| (one.seen.id.clone(), one)).collect();
        for invoice in store::invoices::standing(q, since.minus(DUNNING + DRAFTING)).await? {
            ours.invoice_subscriptions.insert(invoice.id.clone(), invoice.subscription);
            ours.invoices.insert(invoice.id, (invoice.status, invoice.amount_paid));
        }
        let purchases = store::purchases::since(q, since).await?;
        ours.purchases = purchases.into_iter().map(|purchase| (purchase.id.clone(), purchase)).collect();
        ours.disputes = store::disputes::all(q).await?.into_iter().map(|mirrored| mirrored.dispute).collect();
        ours.books = store::books::unbalanced(q).await?;
        ours.purchase_books = store::books::of_purchases(q).await?;
        ours.grants = store::books::unnamed_grants(q).await?;
        ours.dead_events = store::events::dead(q).await?;
        ours.stuck = self.stuck().await?;
        Ok(ours)
    }

    async fn stuck(&self) -> Result<Vec<Stuck>> {
        let mut reader = self.db.reader();
        let q = &mut reader;
        let before = self.now().minus(STUCK_AFTER);
        let mut stuck = Vec::new();
        for purchase in store::purchases::not_undone(q, before, MOST_STUCK).await? {
            let (object, state) = (purchase.id.to_string(), purchase.call.as_str().to_owned());
            stuck.push(Stuck { object, account: purchase.account, state, since: purchase.created_at });
        }
        let forgotten = self.now().minus(FORGOTTEN_AFTER + STUCK_AFTER);
        for purchase in store::purchases::unpaid(q, forgotten, MOST_STUCK).await? {
            let (object, state) =
                (purchase.id.to_string(), format!("{}, and forgotten", purchase.status.as_str()));
            stuck.push(Stuck { object, account: purchase.account, state, since: purchase.updated_at });
        }
        for intent in store::subscribe_intents::not_undone(q, before, MOST_STUCK).await? {
            let (object, state) = (intent.id.to_string(), intent.state.as_str().to_owned());
            stuck.push(Stuck { object, account: intent.account, state, since: intent.created_at });
        }
        for promise in store::promised_refunds::overdue(q, before).await? {
            let (object, state) = (promise.stripe_subscription_id.to_string(), "to be ended".to_owned());
            stuck.push(Stuck { object, account: promise.account_id, state, since: promise.created_at });
        }
        Ok(stuck)
    }

    /// Adds to `ours` what Stripe's lists name and a window on time has left out.
    pub(super) async fn their_picture(&self, ours: &mut Ours, since: Timestamp) -> Result<Theirs> {
        let created = Created::since(since);
        let mut theirs =
            Theirs { subscriptions: self.stripe.list_subscriptions().await?, ..Theirs::default() };
        self.look_up_subscriptions(ours, &mut theirs).await?;
        let listed = self.stripe.list_payment_intents(created).await?;
        theirs.payments = listed.into_iter().filter(|intent| intent.purchase_id.is_some()).collect();
        theirs.disputes = self.stripe.list_disputes(created).await?;
        let mut refunds: BTreeMap<StripePaymentIntentId, i64> = BTreeMap::new();
        let listed = self.stripe.list_refunds(created).await?;
        self.look_up_failed_refunds(&mut theirs, &listed).await?;
        for refund in listed.into_iter().filter(|refund| refund.counts) {
            if let Some(payment) = refund.payment_intent {
                *refunds.entry(payment).or_default() += refund.amount.amount;
            }
        }
        self.look_up_disputes(ours, &mut theirs).await?;
        let named = refunds.keys().chain(theirs.disputes.iter().filter_map(|it| it.payment_intent.as_ref()));
        let named: Vec<_> = named.cloned().collect();
        self.add_purchases(ours, &named).await?;
        self.look_up_payments(ours, &mut theirs).await?;
        self.look_up_refunds(ours, &mut theirs, &refunds, since).await?;
        let paid = self.stripe.list_paid_invoices(Created::since(since.minus(DUNNING))).await?;
        theirs.paid_invoices = paid
            .into_iter()
            .map(|paid| PaidInvoice {
                payment: paid.payment_intent,
                amount_paid: paid.amount_paid,
                invoice: paid.invoice,
            })
            .collect();
        for payment in doubtful_payments(&theirs, ours) {
            let all = self.stripe.list_refunds_of(&payment).await?;
            let refunded = all.iter().filter(|refund| refund.counts).map(|refund| refund.amount.amount).sum();
            theirs.refunded.insert(payment, refunded);
        }
        theirs.open_invoices = self.stripe.list_open_invoices().await?;
        self.look_up_customers(ours, &mut theirs).await?;
        Ok(theirs)
    }

    /// Live ones that are not listed: those of a test clock are not.
    async fn look_up_subscriptions(&self, ours: &Ours, theirs: &mut Theirs) -> Result<()> {
        let listed: BTreeSet<_> = theirs.subscriptions.iter().map(|seen| seen.id.clone()).collect();
        let live = ours.subscriptions.values().filter(|mirror| mirror.status().is_live());
        for mirror in live.filter(|mirror| !listed.contains(&mirror.seen.id)) {
            match self.stripe.retrieve_subscription(&mirror.seen.id).await {
                Ok(seen) => theirs.subscriptions.push(seen),
                Err(stripe::Error::NotFound { .. } | stripe::Error::Foreign { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// Those that are not closed here, however old they are; and whose the payments of all of them are.
    async fn look_up_disputes(&self, ours: &Ours, theirs: &mut Theirs) -> Result<()> {
        let listed = |id: &_, all: &[Dispute]| all.iter().any(|seen| seen.id == *id);
        for known in &ours.disputes {
            if listed(&known.id, &theirs.disputes) {
                continue;
            }
            // A closed one never changes again.
            let seen = if known.status.is_closed() {
                known.clone()
            } else {
                match self.stripe.retrieve_dispute(&known.id).await {
                    Err(stripe::Error::NotFound { .. }) => continue,
                    seen => seen?,
                }
            };
            theirs.disputes.push(seen);
        }
        let settled = |seen: &&Dispute| seen.status.is_closed() && ours.disputes.contains(seen);
        let news = theirs.disputes.iter().filter(|seen| !settled(seen));
        let news: Vec<_> = news.filter_map(|seen| seen.payment_intent.clone()).collect();
        for payment in news {
            if let Some(owner) = self.payer(ours, &theirs.payments, &payment).await? {
                theirs.disputed.insert(payment, owner);
            }
        }
        Ok(())
    }

    async fn payer(
        &self,
        ours: &Ours,
        seen: &[PaymentIntent],
        payment: &StripePaymentIntentId,
    ) -> Result<Option<(AccountId, StripeCustomerId)>> {
        let customer = match seen.iter().find(|intent| intent.id == *payment) {
            Some(intent) => intent.customer.clone(),
            None => self.stripe.retrieve_payment_intent(payment).await?.customer,
        };
        Ok(customer.and_then(|customer| Some((ours.customers.get(&customer)?.clone(), customer))))
    }

    async fn add_purchases(&self, ours: &mut Ours, payments: &[StripePaymentIntentId]) -> Result<()> {
        for payment in payments {
            if let Some(purchase) =
                store::purchases::by_payment_intent(&mut self.db.reader(), payment).await?
            {
                ours.purchases.entry(purchase.id.clone()).or_insert(purchase);
            }
        }
        Ok(())
    }

    /// By id: an intent made last month may be paid today, and lists have no filter by status.
    async fn look_up_payments(&self, ours: &mut Ours, theirs: &mut Theirs) -> Result<()> {
        let listed: BTreeSet<_> = theirs.payments.iter().map(|intent| intent.id.clone()).collect();
        for payment in ours.purchases.values().filter_map(|purchase| purchase.payment_intent.clone()) {
            if listed.contains(&payment) {
                continue;
            }
            match self.stripe.retrieve_payment_intent(&payment).await {
                Ok(intent) => theirs.payments.push(intent),
                Err(stripe::Error::NotFound { .. }) => drop(theirs.missing_payments.insert(payment)),
                Err(error) => return Err(error.into()),
            }
        }
        // Bought before the window, and paid in it.
        for intent in &theirs.payments {
            let Some(id) = &intent.purchase_id else { continue };
            if let Some(purchase) = store::purchases::find(&mut self.db.reader(), id).await? {
                ours.purchases.entry(purchase.id.clone()).or_insert(purchase);
            }
        }
        Ok(())
    }

    async fn look_up_customers(&self, ours: &Ours, theirs: &mut Theirs) -> Result<()> {
        let listed: BTreeSet<_> =
            self.stripe.list_all_customers().await?.into_iter().map(|customer| customer.id).collect();
        for customer in ours.current.values().filter(|customer| !listed.contains(customer)) {
            match self.stripe.retrieve_customer(customer).await {
                Ok(seen) if !seen.deleted => {}
                Ok(_) => drop(theirs.deleted_customers.insert(customer.clone())),
                // Another account of Stripe's, or a restored backup: nothing may be forgotten because of it.
                Err(stripe::Error::NotFound { .. }) => {
                    theirs.missing_customers.insert(customer.clone());
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }
}

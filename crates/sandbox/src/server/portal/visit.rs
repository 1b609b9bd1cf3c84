//! What a visit to the portal is about: the session, its configuration, and what the customer has.

use std::sync::Arc;

use crate::core::value::Value;

use crate::core::json::Json;
use crate::core::state::State;
use crate::resources::portal;
use crate::resources::subscription::is_live;

/// Newest invoices that are shown.
const INVOICES: usize = 24;

#[derive(Debug)]
pub(super) struct Visit {
    pub(super) account: String,
    pub(super) session: Arc<Value>,
    pub(super) configuration: Arc<Value>,
    pub(super) customer: Arc<Value>,
    pub(super) methods: Vec<Arc<Value>>,
    pub(super) subscriptions: Vec<Arc<Value>>,
    pub(super) invoices: Vec<Arc<Value>>,
    /// The prices that subscriptions may be changed to, each with its product.
    pub(super) offers: Vec<(Arc<Value>, Arc<Value>)>,
}

impl Visit {
    /// The visit that an address is for, while its customer exists.
    pub(super) fn of(state: &State, token: &str) -> Option<Self> {
        let (account, session) = portal::of_token(state, token)?;
        let configuration = account.get(session.text("configuration")?)?;
        let customer = account.get(session.text("customer")?).filter(|customer| !customer.flag("deleted"))?;
        let owned = |kind: &str| -> Vec<Arc<Value>> {
            account.matching(kind, "customer", &customer.id()).into_iter().cloned().collect()
        };
        let mut invoices = owned("invoice");
        invoices.retain(|invoice| !invoice.is("status", "draft"));
        invoices.truncate(INVOICES);
        let mut subscriptions = owned("subscription");
        subscriptions.retain(|subscription| is_live(subscription));
        let products = configuration.list("features.subscription_update.products").iter();
        let offers = products
            .flat_map(|offer| {
                let product = account.get(offer.text("product").unwrap_or_default());
                let prices = offer.list("prices").iter().filter_map(Value::as_str);
                prices.filter_map(move |price| Some((Arc::clone(account.get(price)?), Arc::clone(product?))))
            })
            .filter(|(price, _)| price.flag("active"))
            .collect();
        Some(Self {
            account: account.name.clone(),
            session: Arc::clone(session),
            configuration: Arc::clone(configuration),
            customer: Arc::clone(customer),
            methods: owned("payment_method"),
            subscriptions,
            invoices,
            offers,
        })
    }

    pub(super) fn allows(&self, feature: &str) -> bool {
        self.configuration.flag(&format!("features.{feature}.enabled"))
    }

    /// What the visit is for, if it is for one thing only.
    pub(super) fn flow(&self) -> Option<&str> {
        self.session.text("flow.type")
    }

    /// The subscription of the flow, or the one that was named, if it is the customer's.
    pub(super) fn subscription(&self, id: &str) -> Option<&Arc<Value>> {
        let only = self.flow().and_then(|flow| self.session.text(&format!("flow.{flow}.subscription")));
        let wanted = only.unwrap_or(id);
        self.subscriptions.iter().find(|subscription| subscription.is("id", wanted))
    }
}

//! Every request that the gateway can send, in every variant.

use domain::billing_details::{Address, BillingDetails, VatId};
use domain::ids::{
    AccountId, QuoteId, StripeCustomerId, StripeDisputeId, StripeEventId, StripeInvoiceId,
    StripePaymentIntentId, StripePaymentMethodId, StripePriceId, StripeSetupIntentId, StripeSubscriptionId,
    SubscribeIntentId, TokenPurchaseId,
};
use domain::invoice::InvoiceStatus;
use domain::money::{Currency, Money};
use domain::time::Timestamp;
use stripe::requests::{
    self, Billed, Confirmation, Created, Feedback, NewCustomer, NewPaymentIntent, NewPlan, NewPrice,
    NewRefund, NewSetupIntent, NewSubscription, NewSubscriptionPreview, Payer, PendingCancel, Phases,
    Product, Start,
};
use stripe::types::{Interval, Recurring};
use stripe::{EVENT_TYPES, Key, Request};

pub(crate) fn customer() -> StripeCustomerId {
    "cus_1".into()
}

pub(crate) fn method() -> StripePaymentMethodId {
    "pm_1".into()
}

pub(crate) fn key(step: &str) -> Key {
    Key::new("int_1", step, 1)
}

pub(crate) fn new_subscription(start: Start<'_>) -> Request {
    let promotion_code = matches!(start, Start::ServerConfirms { .. }).then_some("promo_1");
    let new = NewSubscription {
        customer: &customer(),
        price: &StripePriceId::from("price_1"),
        account: &AccountId::from_stored("acc_1"),
        intent: &SubscribeIntentId::from_stored("sint_1"),
        start,
        promotion_code,
        automatic_tax: promotion_code.is_some(),
    };
    requests::create_subscription(&new, &key("sub"))
}

pub(crate) fn new_payment_intent(confirmation: Confirmation<'_>, keep_card: bool) -> Request {
    let new = NewPaymentIntent {
        amount: Money { amount: 500, currency: Currency::USD },
        customer: &customer(),
        purchase: &TokenPurchaseId::from_stored("pur_1"),
        account: &AccountId::from_stored("acc_1"),
        package: "starter",
        description: "Starter: 100,000 tokens",
        confirmation,
        keep_card,
    };
    requests::create_payment_intent(&new, &key("pi"))
}

pub(crate) fn all() -> Vec<(&'static str, Request)> {
    let account = AccountId::from_stored("acc_1");
    let intent = SubscribeIntentId::from_stored("sint_1");
    let (customer, method) = (customer(), method());
    let subscription = StripeSubscriptionId::from("sub_1");
    let (payment, setup) = (StripePaymentIntentId::from("pi_1"), StripeSetupIntentId::from("seti_1"));
    let (invoice, price) = (StripeInvoiceId::from("in_1"), StripePriceId::from("price_1"));
    let at = Timestamp::from_seconds(1_700_000_000);
    let window = Created { from: Some(at), before: Some(at.plus(60_000)) };
    let product =
        Product { id: "at_community_pro", name: "Community Pro", metadata: &[("tier", "community-pro")] };
    let setup_intent = |payment_method, subscribe_intent| {
        let new = NewSetupIntent { customer: &customer, account: &account, subscribe_intent, payment_method };
        requests::create_setup_intent(&new, &key("seti"))
    };
    let new_price = |amount, recurring, lookup_key, tax_inclusive| {
        let amount = Money { amount, currency: Currency::USD };
        let metadata = &[("tier", "community-pro")];
        let new = NewPrice { product: product.id, amount, recurring, lookup_key, metadata, tax_inclusive };
        requests::create_price(&new, &Key::of(format!("price:{lookup_key}:{}", amount.amount)))
    };
    let quarterly = Recurring { interval: Interval::Month, count: 3 };
    let preview = |payer, trial_end, promotion_code| {
        let new = NewSubscriptionPreview {
            payer,
            price: &price,
            trial_end,
            promotion_code,
            automatic_tax: promotion_code.is_some(),
        };
        requests::preview_new_subscription(&new, &key("preview"))
    };
    let nobody = Payer::Nobody { currency: Currency::USD, country: Some("US") };
    let refund = |amount| {
        let new = NewRefund { payment_intent: &payment, amount, metadata: &[("admin_action", "adm_1")] };
        requests::create_refund(&new, &key("refund"))
    };
    let vat_id = VatId { kind: "eu_vat".into(), value: "DE123456789".into() };
    let details = BillingDetails {
        name: Some("Ann & Co".into()),
        address: Some(Address {
            line1: Some("Am Markt 1".into()),
            city: Some("Berlin".into()),
            postal_code: Some("10115".into()),
            country: Some("DE".into()),
            ..Address::default()
        }),
        vat_id: Some(vat_id.clone()),
    };
    let quote = QuoteId::from_stored("quo_1");
    let discounts = ["di_1".to_owned(), "di_2".to_owned()];
    let new_plan = |billed, promotion_code| NewPlan {
        subscription: &subscription,
        item: "si_1",
        price: &price,
        billed,
        discounts: &discounts,
        promotion_code,
    };
    let phases = |trial_end, more: bool| Phases {
        schedule: "sub_sched_1",
        start: at,
        end: at.plus(60_000),
        present: &price,
        quantity: 1,
        next: &price,
        interval: ("month", 3),
        anew: more,
        trial_end,
        discounts: &discounts,
        promotion_code: more.then_some("promo_1"),
        payment_method: more.then_some(&method),
        automatic_tax: more,
        change: "plch_1",
    };
    vec![
        (
            "create customer",
            requests::create_customer(&NewCustomer {
                account: &account,
                email: Some("ann@example.org"),
                name: Some("Ann"),
                former: 0,
            }),
        ),
        ("retrieve customer", requests::retrieve_customer(&customer)),
        ("delete customer", requests::delete_customer(&customer)),
        ("customer's default card", requests::set_customer_default(&customer, &method, &key("default"))),
        ("billing details", requests::set_billing_details(&customer, &details, true, &key("details"))),
        (
            "no billing details",
            requests::set_billing_details(&customer, &BillingDetails::default(), false, &key("details")),
        ),
        ("list tax ids", requests::list_tax_ids(&customer)),
        ("create tax id", requests::create_tax_id(&customer, &vat_id, &key("tax-id"))),
        ("delete tax id", requests::delete_tax_id(&customer, "txi_1")),
        ("find portal configuration", requests::list_portal_configurations(Some("bpc_0"))),
        (
            "create portal configuration",
            requests::create_portal_configuration("https://a.example/billing", &key("portal")),
        ),
        (
            "open portal",
            requests::create_portal_session(&customer, "bpc_1", "https://a.example/billing", &key("portal")),
        ),
        ("list customers", requests::list_customers(window, Some("cus_0"))),
        ("create product", requests::create_product(&product, &key("product"))),
        ("update product", requests::update_product(&product, &key("product"))),
        ("find prices", requests::list_prices(&["community-pro_quarterly_usd", "starter_usd"])),
        ("create price", new_price(5400, Some(quarterly), "community-pro_quarterly_usd", false)),
        ("create price of a package", new_price(500, None, "starter_usd", true)),
        ("archive price", requests::archive_price(&price, &key("archive"))),
        ("attach card", requests::attach_payment_method(&method, &customer, &key("attach"))),
        ("retrieve card", requests::retrieve_payment_method(&method)),
        ("list cards", requests::list_payment_methods(&customer, None)),
        ("detach card", requests::detach_payment_method(&method, &key("detach"))),
        ("find promotion code", requests::find_promotion_code("SPRING")),
        ("retrieve promotion code", requests::retrieve_promotion_code("promo_1")),
        ("set up card, server", setup_intent(Some(&method), Some(&intent))),
        ("set up card, browser", setup_intent(None, None)),
        ("retrieve setup intent", requests::retrieve_setup_intent(&setup)),
        ("list setup intents", requests::list_setup_intents(&customer, Some("seti_0"))),
        ("cancel setup intent", requests::cancel_setup_intent(&setup, &key("cancel"))),
        ("pay, server", new_payment_intent(Confirmation::Server { payment_method: &method }, true)),
        ("pay, off session", new_payment_intent(Confirmation::OffSession { payment_method: &method }, false)),
        ("pay, browser", new_payment_intent(Confirmation::Browser, false)),
        ("retrieve payment intent", requests::retrieve_payment_intent(&payment)),
        ("confirm payment intent", requests::confirm_payment_intent(&payment, &method, &key("confirm"))),
        ("cancel payment intent", requests::cancel_payment_intent(&payment, &key("cancel"))),
        (
            "list customer's payments",
            requests::list_payment_intents(Some(&customer), Created::since(at), None),
        ),
        ("list payments", requests::list_payment_intents(None, window, Some("pi_0"))),
        ("subscribe, trial", new_subscription(Start::Trial { days: 7, payment_method: &method })),
        ("subscribe, server", new_subscription(Start::ServerConfirms { payment_method: &method })),
        ("subscribe, browser", new_subscription(Start::BrowserConfirms)),
        ("retrieve subscription", requests::retrieve_subscription(&subscription)),
        ("retrieve subscription with invoice", requests::retrieve_subscription_with_invoice(&subscription)),
        ("list customer's subscriptions", requests::list_subscriptions(Some(&customer), None)),
        ("list subscriptions", requests::list_subscriptions(None, Some("sub_0"))),
        (
            "cancel at period end",
            requests::cancel_at_period_end(
                &subscription,
                Some(Feedback::TooExpensive),
                Some("Too dear."),
                &key("cancel"),
            ),
        ),
        ("resume", requests::resume_subscription(&subscription, PendingCancel::AtPeriodEnd, &key("resume"))),
        (
            "resume from a date",
            requests::resume_subscription(&subscription, PendingCancel::AtDate, &key("resume")),
        ),
        ("cancel now", requests::cancel_now(&subscription)),
        ("cancel incomplete", requests::cancel_incomplete(&subscription, Some("declined"))),
        ("subscription's card", requests::set_subscription_default(&subscription, &method, &key("default"))),
        ("schedule's card", requests::set_schedule_default("sub_sched_1", &method, &key("schedule-default"))),
        ("retrieve subscription to change", requests::retrieve_to_change(&subscription)),
        (
            "preview a plan, same interval",
            requests::preview_plan(&new_plan(Billed::Prorated { at }, None), &key("preview")),
        ),
        (
            "preview a plan, other interval",
            requests::preview_plan(&new_plan(Billed::Anew, None), &key("preview")),
        ),
        (
            "preview a plan in a trial, with a code",
            requests::preview_plan(&new_plan(Billed::AfterTrial, Some("promo_1")), &key("preview")),
        ),
        (
            "change the plan, same interval",
            requests::change_plan(&new_plan(Billed::Prorated { at }, Some("promo_1")), &quote, &key("upd")),
        ),
        (
            "change the plan, other interval",
            requests::change_plan(&new_plan(Billed::Anew, None), &quote, &key("upd")),
        ),
        (
            "change the plan in a trial",
            requests::change_plan(&new_plan(Billed::AfterTrial, None), &quote, &key("upd")),
        ),
        ("create schedule", requests::create_schedule(&subscription, &key("sched"))),
        ("plan phases", requests::plan_phases(&phases(None, false), &key("phases"))),
        ("plan phases of another interval", requests::plan_phases(&phases(Some(at), true), &key("phases"))),
        ("pause collection", requests::pause_collection(&subscription, at, &key("pause"))),
        ("end a pause", requests::end_pause(&subscription, &key("unpause"))),
        ("begin a period", requests::begin_period(&subscription, &key("anew"))),
        ("release schedule", requests::release_schedule("sub_sched_1", &key("release"))),
        ("retrieve schedule", requests::retrieve_schedule("sub_sched_1")),
        ("retrieve invoice", requests::retrieve_invoice(&invoice)),
        ("list invoices", requests::list_invoices(&subscription, InvoiceStatus::Open, Some("in_0"))),
        ("list customer's invoices", requests::list_customer_invoices(&customer, Some("in_0"))),
        ("list open invoices", requests::list_open_invoices(Some("in_0"))),
        ("pay invoice", requests::pay_invoice(&invoice, Some(&method), &key("pay"))),
        ("void invoice", requests::void_invoice(&invoice, &key("void"))),
        ("preview", preview(Payer::Customer(&customer), Some(at), Some("promo_1"))),
        ("preview for nobody", preview(nobody, None, None)),
        (
            "preview for nobody, nowhere",
            preview(Payer::Nobody { currency: Currency::USD, country: None }, None, None),
        ),
        ("refund in part", refund(Some(250))),
        ("refund", refund(None)),
        ("list payment's refunds", requests::list_refunds_of(&payment, None)),
        ("list refunds", requests::list_refunds(window, None)),
        ("retrieve dispute", requests::retrieve_dispute(&StripeDisputeId::from("du_1"))),
        ("list disputes", requests::list_disputes(window, Some("du_0"))),
        ("list payment's invoices", requests::list_invoice_payments_of(&payment, None)),
        ("list paid invoices", requests::list_paid_invoice_payments(window, Some("inpay_0"))),
        ("list events", requests::list_events(Created::since(at), &EVENT_TYPES, Some("evt_0"))),
        ("retrieve event", requests::retrieve_event(&StripeEventId::from("evt_1"))),
        ("ping", requests::ping()),
        ("list webhook endpoints", requests::list_webhook_endpoints(None)),
        (
            "create webhook endpoint",
            requests::create_webhook_endpoint(
                "https://a.example/api/v1/billing/webhooks/stripe/",
                &key("hook"),
            ),
        ),
        ("update webhook endpoint", requests::update_webhook_endpoint("we_1", &key("hook"))),
    ]
}

"""The life of subscriptions: both billing modes, trials, renewals, dunning, pauses, ends; prorations as previewed."""

import stripe

from world import DAY, MONTH, advance, connect, everything, fails, now, payer, price

client = connect().v1
HOUR = 3700
CANCELED = stripe.InvalidRequestError


def subscribe(customer, amount=2000, **more):
    prices = more.pop("prices", None) or [price(client, amount).id]
    return client.subscriptions.create(
        {"customer": customer.id, "items": [{"price": one} for one in prices], "expand": ["latest_invoice.payments"], **more}
    )


def read(subscription):
    return client.subscriptions.retrieve(subscription.id, {"expand": ["latest_invoice.payments"]})


def shown(invoice):
    return [(line.description, line.amount, line.parent.subscription_item_details.proration) for line in invoice.lines.data]


# Create, read, merge metadata, list with filters, search, items one by one.
customer = payer(client)
first = subscribe(customer, metadata={"a": "1", "b": "2"}, description="first")
assert (first.status, first.latest_invoice.amount_paid, first.billing_mode.type) == ("active", 2000, "flexible")
assert client.subscriptions.update(first.id, {"metadata": {"a": ""}}).metadata.to_dict() == {"b": "2"}
assert everything(client.subscriptions.list({"customer": customer.id, "price": first["items"].data[0].price.id, "status": "active"})) == [first.id]
assert everything(client.subscriptions.search({"query": "metadata['b']:'2'"})) == [first.id]
item = client.subscription_items.create({"subscription": first.id, "price": price(client, 300).id, "quantity": 2, "proration_behavior": "none"})
assert client.subscription_items.update(item.id, {"quantity": 3, "proration_behavior": "none"}).quantity == 3
assert len(everything(client.subscription_items.list({"subscription": first.id}))) == 2
assert client.subscription_items.delete(item.id, {"proration_behavior": "none"}).deleted

# A change is what its preview said, in both billing modes, to the second, under each behaviour.
for mode in ["classic", "flexible"]:
    for behavior in ["always_invoice", "create_prorations", "none"]:
        began = subscribe(customer, 3000, billing_mode={"type": mode})
        advance(7 * DAY + 12345)
        at, larger = now(), price(client, 7000).id
        change = {"items": [{"id": began["items"].data[0].id, "price": larger, "quantity": 2}], "proration_behavior": behavior}
        if behavior != "none":
            change["proration_date"] = at
        preview = client.invoices.create_preview({"subscription": began.id, "subscription_details": change})
        changed = client.subscriptions.update(began.id, {**change, "expand": ["latest_invoice"]})
        assert changed["items"].data[0].quantity == 2
        if behavior == "always_invoice":
            assert (shown(changed.latest_invoice), changed.latest_invoice.total) == (shown(preview), preview.total)
            period = began["items"].data[0]
            left, whole = period.current_period_end - at, period.current_period_end - period.current_period_start
            parts = [-round(3000 * left / whole), round(14000 * left / whole)]
            assert all(abs(line.amount - part) <= 1 for line, part in zip(preview.lines.data, parts)), (parts, shown(preview))
        else:
            assert changed.latest_invoice.id == began.latest_invoice.id
            waiting = client.invoice_items.list({"customer": customer.id, "pending": True}).data
            assert len(waiting) == (2 if behavior == "create_prorations" else 0)
        client.subscriptions.cancel(began.id, {"prorate": False})
        for one in client.invoice_items.list({"customer": customer.id, "pending": True}).data:
            client.invoice_items.delete(one.id)

# A change that waits for its payment: dropped when it is not made, applied when it is.
failing = client.payment_methods.attach("pm_card_chargeCustomerFail", {"customer": customer.id})
steady = subscribe(customer)
client.subscriptions.update(steady.id, {"default_payment_method": failing.id})
change = {"items": [{"id": steady["items"].data[0].id, "price": price(client, 9000).id}], "payment_behavior": "pending_if_incomplete", "proration_behavior": "always_invoice", "expand": ["latest_invoice"]}
held = client.subscriptions.update(steady.id, change)
assert held.pending_update and held["items"].data[0].price.unit_amount == 2000
client.invoices.pay(held.latest_invoice.id, {"payment_method": customer.invoice_settings.default_payment_method})
assert read(steady).pending_update is None and read(steady)["items"].data[0].price.unit_amount == 9000

# A longer interval ends one of its own after the anchor, which stays ([rec]) unless it is reset.
yearly = client.subscriptions.update(first.id, {"items": [{"id": first["items"].data[0].id, "price": price(client, 20000, "year").id}], "expand": ["latest_invoice"]})
assert yearly["items"].data[0].current_period_end - yearly.billing_cycle_anchor in (365 * DAY, 366 * DAY)
assert yearly.billing_cycle_anchor == first.billing_cycle_anchor
again = subscribe(customer, 2000)
advance(DAY)
assert client.subscriptions.update(again.id, {"billing_cycle_anchor": "now", "proration_behavior": "none"}).billing_cycle_anchor == now()

# Trials: free, warned of, charged; without a card paused or canceled; ended at once.
trial = subscribe(customer, 5400, trial_period_days=7)
assert (trial.status, trial.latest_invoice.total, trial.trial_end - trial.trial_start) == ("trialing", 0, 7 * DAY)
advance(7 * DAY + HOUR)
assert (read(trial).status, read(trial).latest_invoice.amount_paid) == ("active", 5400)
poor = client.customers.create()
for behavior, status in [("pause", "paused"), ("cancel", "canceled")]:
    ends = subscribe(poor, trial_period_days=1, trial_settings={"end_behavior": {"missing_payment_method": behavior}})
    assert ends.pending_setup_intent
    advance(DAY + HOUR)
    assert read(ends).status == status
short = subscribe(customer, trial_period_days=30)
assert client.subscriptions.update(short.id, {"trial_end": "now"}).status == "active"

# Waiting for the first payment: confirmed in time, or expired after 23 hours.
for card, behavior in [("pm_card_authenticationRequired", "allow_incomplete"), ("pm_card_visa", "default_incomplete")]:
    starts = subscribe(payer(client, card), payment_behavior=behavior, expand=["latest_invoice.confirmation_secret"])
    assert starts.status == "incomplete"
    intent = starts.latest_invoice.confirmation_secret.client_secret.split("_secret_")[0]
    if behavior == "allow_incomplete":
        connect().raw_request("post", f"/v1/payment_intents/{intent}/3ds", outcome="succeeded")
    else:
        client.payment_intents.confirm(intent, {"payment_method": "pm_card_visa", "return_url": "https://example.com"})
    assert read(starts).status == "active"
error = fails(stripe.CardError, lambda: subscribe(payer(client, "pm_card_chargeCustomerFail"), payment_behavior="error_if_incomplete"))
assert error.code == "card_declined"
assert fails(CANCELED, lambda: subscribe(client.customers.create())).code == "resource_missing", "nobody can be charged"
forgotten = subscribe(payer(client, "pm_card_authenticationRequired"))
advance(23 * 3600 + 60)
assert (read(forgotten).status, read(forgotten).latest_invoice.status) == ("incomplete_expired", "void")

# A renewal is a draft for an hour; a failed one is tried again, saved by another card, or is the end.
renews = subscribe(customer, 1500)
advance(renews["items"].data[0].current_period_end - now() + 60)
assert (read(renews).latest_invoice.status, read(renews).latest_invoice.billing_reason) == ("draft", "subscription_cycle")
advance(HOUR)
assert (read(renews).latest_invoice.status, read(renews).status) == ("paid", "active")
for saved in [True, False]:
    risky = payer(client)
    owes = subscribe(risky, 1700)
    bad = client.payment_methods.attach("pm_card_chargeCustomerFail", {"customer": risky.id})
    client.subscriptions.update(owes.id, {"default_payment_method": bad.id})
    advance(owes["items"].data[0].current_period_end - now() + 2 * HOUR)
    assert (read(owes).status, read(owes).latest_invoice.attempt_count) == ("past_due", 1)
    if saved:
        client.subscriptions.update(owes.id, {"default_payment_method": risky.invoice_settings.default_payment_method})
        advance(DAY + HOUR)
        assert (read(owes).status, read(owes).latest_invoice.attempt_count) == ("active", 2)
    else:
        advance(20 * DAY)
        assert (read(owes).status, read(owes).cancellation_details.reason) == ("canceled", "payment_failed")

# Paused collection, and the ways to an end.
paused = subscribe(customer, 800)
assert client.subscriptions.update(paused.id, {"pause_collection": {"behavior": "void"}}).status == "active"
advance(paused["items"].data[0].current_period_end - now() + 2 * HOUR)
assert read(paused).latest_invoice.status == "void"
assert client.subscriptions.update(paused.id, {"pause_collection": ""}).pause_collection is None
ending = client.subscriptions.update(paused.id, {"cancel_at_period_end": True, "cancellation_details": {"feedback": "too_expensive"}})
assert (ending.cancel_at, ending.status) == (ending["items"].data[0].current_period_end, "active")
assert client.subscriptions.update(paused.id, {"cancel_at_period_end": False}).cancel_at is None
client.subscriptions.update(paused.id, {"cancel_at": now() + 5 * DAY})
advance(5 * DAY + 60)
assert read(paused).status == "canceled"
gone = client.subscriptions.cancel(renews.id, {"invoice_now": True, "prorate": True})
assert gone.status == "canceled" and fails(CANCELED, lambda: client.subscriptions.cancel(renews.id)).http_status == 404
assert paused.id in everything(client.subscriptions.list({"status": "canceled"})) and paused.id not in everything(client.subscriptions.list())

# Coupons: of an amount, for some months, removed.
coupon = client.coupons.create({"amount_off": 500, "currency": "usd", "duration": "repeating", "duration_in_months": 2})
cheap = subscribe(customer, 2000, discounts=[{"coupon": coupon.id}])
totals = [cheap.latest_invoice.total]
for _ in range(2):
    advance(read(cheap)["items"].data[0].current_period_end - now() + 2 * HOUR)
    totals.append(read(cheap).latest_invoice.total)
assert totals == [1500, 1500, 2000], totals

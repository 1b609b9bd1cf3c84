"""Payment intents, charges, refunds, disputes, the balance, and every way in which a card says no."""

import stripe

from world import DAY, NO_REDIRECTS, advance, connect, everything, fails, payer

client = connect().v1
customer = payer(client)
FORM = {"amount": 500, "currency": "usd", "confirm": True, "automatic_payment_methods": NO_REDIRECTS, "payment_method": "pm_card_visa"}


def pay(**more):
    return client.payment_intents.create({**FORM, **more})


# Made, changed, confirmed, canceled; read with what belongs to it.
intent = client.payment_intents.create({"amount": 900, "currency": "usd", "customer": customer.id, "metadata": {"a": "1", "b": "2"}})
assert intent.status == "requires_payment_method"
intent = client.payment_intents.update(intent.id, {"amount": 1000, "metadata": {"a": "", "c": "3"}, "description": "Tokens"})
assert (intent.amount, intent.metadata.to_dict()) == (1000, {"b": "2", "c": "3"})
paid = client.payment_intents.confirm(intent.id, {"payment_method": "pm_card_visa", "return_url": "https://example.com"})
assert (paid.status, paid.amount_received) == ("succeeded", 1000)
read = client.payment_intents.retrieve(intent.id, {"expand": ["latest_charge.balance_transaction", "customer"]})
assert (read.latest_charge.amount, read.customer.id) == (1000, customer.id)
charge = client.charges.update(read.latest_charge.id, {"metadata": {"x": "y"}, "description": "seen"})
assert (charge.metadata["x"], charge.description) == ("y", "seen")
again = fails(stripe.InvalidRequestError, lambda: client.payment_intents.confirm(intent.id))
assert again.code == "payment_intent_unexpected_state"
dropped = client.payment_intents.cancel(client.payment_intents.create({"amount": 500, "currency": "usd"}).id, {"cancellation_reason": "abandoned"})
assert (dropped.status, dropped.cancellation_reason) == ("canceled", "abandoned")
assert everything(client.payment_intents.list({"customer": customer.id})) == [intent.id]
assert everything(client.charges.list({"payment_intent": intent.id})) == [charge.id]
assert everything(client.payment_intents.search({"query": "metadata['c']:'3' AND status:'succeeded'"})) == [intent.id]

# What a browser would have collected.
token = client.test_helpers.confirmation_tokens.create({"payment_method": "pm_card_visa"})
confirmed = client.payment_intents.create({"amount": 700, "currency": "usd", "confirm": True, "confirmation_token": token.id})
assert confirmed.status == "succeeded" and client.confirmation_tokens.retrieve(token.id).payment_intent == confirmed.id

# Every decline by its code.
DECLINES = {
    "pm_card_chargeCustomerFail": ("card_declined", "generic_decline"),
    "pm_card_visa_chargeDeclinedInsufficientFunds": ("card_declined", "insufficient_funds"),
    "pm_card_visa_chargeDeclinedLostCard": ("card_declined", "lost_card"),
    "pm_card_visa_chargeDeclinedStolenCard": ("card_declined", "stolen_card"),
    "pm_card_chargeDeclinedExpiredCard": ("expired_card", None),
    "pm_card_chargeDeclinedIncorrectCvc": ("incorrect_cvc", None),
    "pm_card_chargeDeclinedProcessingError": ("processing_error", None),
    "pm_card_visa_chargeDeclinedVelocityLimitExceeded": ("card_declined", "card_velocity_exceeded"),
    "pm_card_radarBlock": ("card_declined", "fraudulent"),
}
for card, expected in DECLINES.items():
    error = fails(stripe.CardError, lambda: pay(payment_method=card))
    seen = (error.code, error.error.to_dict().get("decline_code"))
    assert seen == expected or (expected[1] is None and seen[0] == expected[0]), (card, seen)
    assert error.error.payment_intent.status == "requires_payment_method" and error.error.payment_intent.last_payment_error.code == expected[0]

# 3D Secure: passed, failed, and declined off session.
for outcome, status in [("succeeded", "succeeded"), ("failed", "requires_payment_method")]:
    asks = pay(payment_method="pm_card_authenticationRequired")
    assert (asks.status, asks.next_action.type) == ("requires_action", "use_stripe_sdk")
    connect().raw_request("post", f"/v1/payment_intents/{asks.id}/3ds", outcome=outcome)
    assert client.payment_intents.retrieve(asks.id).status == status
absent = client.payment_methods.attach("pm_card_authenticationRequired", {"customer": customer.id})
error = fails(stripe.CardError, lambda: pay(payment_method=absent.id, customer=customer.id, off_session=True))
assert error.code == "authentication_required"

# Holds: captured in part, canceled, expired.
held = pay(capture_method="manual")
assert (held.status, held.amount_capturable) == ("requires_capture", 500)
assert client.payment_intents.capture(held.id, {"amount_to_capture": 300}).amount_received == 300
assert client.charges.retrieve(held.latest_charge).amount_refunded == 200
assert client.payment_intents.cancel(pay(capture_method="manual").id).status == "canceled"
forgotten = pay(capture_method="manual")
advance(8 * DAY)
assert client.payment_intents.retrieve(forgotten.id).status == "canceled"

# Refunds: in part, whole, too much, pending, failed.
sold = pay(customer=customer.id)
part = client.refunds.create({"payment_intent": sold.id, "amount": 200, "reason": "requested_by_customer", "metadata": {"a": "b"}})
rest = client.refunds.create({"charge": sold.latest_charge})
assert (part.status, rest.amount) == ("succeeded", 300)
assert fails(stripe.InvalidRequestError, lambda: client.refunds.create({"payment_intent": sold.id})).code == "charge_already_refunded"
assert everything(client.refunds.list({"payment_intent": sold.id})) == [rest.id, part.id]
assert client.refunds.update(part.id, {"metadata": {"a": ""}}).metadata.to_dict() == {}
assert client.charges.retrieve(sold.latest_charge, {"expand": ["refunds"]}).refunds.data[0].id == rest.id
later = {}
for card in ["pm_card_pendingRefund", "pm_card_refundFail"]:
    later[card] = client.refunds.create({"payment_intent": pay(payment_method=card).id}).id
advance(120)
assert [client.refunds.retrieve(one).status for one in later.values()] == ["succeeded", "failed"]

# Disputes: won, lost, conceded, an inquiry escalated.
outcomes = {"winning_evidence": "won", "losing_evidence": "lost"}
for evidence, status in outcomes.items():
    disputed = pay(payment_method="pm_card_createDispute")
    dispute = client.disputes.list({"payment_intent": disputed.id}).data[0]
    assert (dispute.status, dispute.balance_transactions[0].net) == ("needs_response", -2000)
    fails(stripe.InvalidRequestError, lambda: client.refunds.create({"payment_intent": disputed.id}))
    client.disputes.update(dispute.id, {"evidence": {"uncategorized_text": evidence}, "submit": True})
    advance(10)
    assert client.disputes.retrieve(dispute.id).status == status
conceded = client.disputes.list({"charge": pay(payment_method="pm_card_createDisputeProductNotReceived").latest_charge}).data[0]
assert (conceded.reason, client.disputes.close(conceded.id).status) == ("product_not_received", "lost")
inquiry = client.disputes.list({"payment_intent": pay(payment_method="pm_card_createDisputeInquiry").id}).data[0]
assert inquiry.status == "warning_needs_response"
assert len(everything(client.disputes.list({"limit": 2}))) == 4

# The money adds up, once what takes a moment has happened.
advance(10)
total = sum(entry.net for entry in client.balance_transactions.list({"limit": 100}).auto_paging_iter())
balance = client.balance.retrieve()
assert total == balance.available[0].amount + balance.pending[0].amount
assert {"charge", "refund", "adjustment"} <= {entry.type for entry in client.balance_transactions.list({"limit": 100}).auto_paging_iter()}

"""Invoices by hand: drafts and their items, finalised, paid, sent, voided, given up, previewed, their payments."""

import stripe

from world import connect, everything, fails, payer, price

client = connect().v1
customer = payer(client)


def draft(amount=2000, **more):
    invoice = client.invoices.create({"customer": customer.id, "auto_advance": False, **more})
    client.invoice_items.create({"customer": customer.id, "invoice": invoice.id, "amount": amount, "currency": "usd", "description": "Work"})
    return client.invoices.retrieve(invoice.id)


# A draft may change; what is finalised may not.
invoice = draft(metadata={"a": "1", "b": "2"})
assert (invoice.status, invoice.total) == ("draft", 2000)
invoice = client.invoices.update(invoice.id, {"metadata": {"a": ""}, "description": "For work"})
assert (invoice.metadata.to_dict(), invoice.description) == ({"b": "2"}, "For work")
invoice = client.invoices.finalize_invoice(invoice.id, {"expand": ["confirmation_secret"]})
assert invoice.status == "open" and invoice.confirmation_secret.type == "payment_intent"
paid = client.invoices.pay(invoice.id, {"expand": ["payments"]})
assert (paid.status, paid.amount_paid, paid.payments.data[0].status) == ("paid", 2000, "paid")
assert fails(stripe.InvalidRequestError, lambda: client.invoices.pay(invoice.id)).http_status == 400
intent = paid.payments.data[0].payment.payment_intent
payments = client.invoice_payments.list({"payment": {"type": "payment_intent", "payment_intent": intent}, "status": "paid"})
assert [one.invoice for one in payments.data] == [invoice.id]
assert client.invoice_payments.retrieve(payments.data[0].id).amount_paid == 2000

# The other ends.
void = client.invoices.finalize_invoice(draft().id)
assert client.invoices.void_invoice(void.id).status == "void"
given_up = client.invoices.finalize_invoice(draft().id)
assert client.invoices.mark_uncollectible(given_up.id).status == "uncollectible"
outside = client.invoices.finalize_invoice(draft().id)
assert client.invoices.pay(outside.id, {"paid_out_of_band": True}).amount_paid_off_stripe == 2000
thrown = draft()
assert client.invoices.delete(thrown.id).deleted
freed = client.invoice_items.list({"customer": customer.id, "pending": True}).data
assert [one.amount for one in freed] == [2000] and client.invoice_items.delete(freed[0].id).deleted, "its item waits for another one"
sent = client.invoices.send_invoice(draft(collection_method="send_invoice", days_until_due=14).id)
assert (sent.status, sent.due_date > sent.created) == ("open", True)
refused = payer(client, "pm_card_chargeCustomerFail")
failing = client.invoices.create({"customer": refused.id, "auto_advance": False})
client.invoice_items.create({"customer": refused.id, "invoice": failing.id, "amount": 700, "currency": "usd"})
client.invoices.finalize_invoice(failing.id)
error = fails(stripe.CardError, lambda: client.invoices.pay(failing.id))
assert (error.code, client.invoices.retrieve(failing.id).attempt_count) == ("card_declined", 1)

# Items wait for an invoice, can be changed and taken back.
item = client.invoice_items.create({"customer": customer.id, "amount": 300, "currency": "usd", "metadata": {"a": "b"}})
assert client.invoice_items.update(item.id, {"amount": 400}).amount == 400
other = client.invoice_items.create({"customer": customer.id, "pricing": {"price": client.prices.create({"currency": "usd", "unit_amount": 50, "product_data": {"name": "x"}}).id}, "quantity": 3})
assert everything(client.invoice_items.list({"pending": True})) == [other.id, item.id]
assert client.invoice_items.delete(item.id).deleted
gathered = client.invoices.create({"customer": customer.id, "pending_invoice_items_behavior": "include"})
assert (gathered.total, client.invoices.line_items.list(gathered.id).data[0].quantity) == (150, 3)
assert client.invoice_items.retrieve(other.id).invoice == gathered.id

# Lists and search.
assert everything(client.invoices.list({"status": "void"})) == [void.id]
assert everything(client.invoices.list({"customer": refused.id, "collection_method": "charge_automatically"})) == [failing.id]
assert everything(client.invoices.search({"query": f"customer:'{customer.id}' AND status:'uncollectible'"})) == [given_up.id]
assert len(everything(client.invoices.list({"limit": 2}))) == 7

# What would be billed, before there is a subscription, is what is billed.
monthly = price(client, 2500)
form = {"items": [{"price": monthly.id, "quantity": 2}]}
preview = client.invoices.create_preview({"customer": customer.id, "subscription_details": form, "discounts": ""})
bought = client.subscriptions.create({"customer": customer.id, **form, "expand": ["latest_invoice"]}).latest_invoice
shown = lambda invoice: [(line.description, line.amount, line.quantity) for line in invoice.lines.data]
assert (shown(preview), preview.total) == (shown(bought), bought.total)

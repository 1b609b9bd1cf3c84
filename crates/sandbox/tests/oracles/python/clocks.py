"""Test clocks: lives in a time of their own, while the business clock stands."""

import stripe

from world import DAY, connect, everything, fails, now, payer, price, until

client = connect().v1
clocks = client.test_helpers.test_clocks
LEAP = 1709164800  # 2024-02-29, midnight


def go(clock, time):
    assert clocks.advance(clock.id, {"frozen_time": time}).status == "advancing"
    return until(lambda: (seen := clocks.retrieve(clock.id)).status == "ready" and seen)


before = now()
clock = clocks.create({"frozen_time": LEAP, "name": "Leap day"})
customer = payer(client, test_clock=clock.id)
yearly = client.subscriptions.create({"customer": customer.id, "items": [{"price": price(client, 9000, "year").id}]})
monthly = client.subscriptions.create({"customer": customer.id, "items": [{"price": price(client, 700, "month", 3).id}]})
assert (yearly.created, yearly.test_clock) == (LEAP, clock.id)
assert yearly["items"].data[0].current_period_end == 1740700800, "2025-02-28"
assert monthly["items"].data[0].current_period_end == 1716940800, "2024-05-29"

# Exactly at the end the renewal is a draft; an hour later it is paid.
go(clock, 1716940800)
draft = client.subscriptions.retrieve(monthly.id, {"expand": ["latest_invoice"]}).latest_invoice
assert (draft.status, draft.created) == ("draft", 1716940800)
go(clock, 1716940800 + 3700)
assert client.invoices.retrieve(draft.id).status == "paid"

# Bounds: forward only, two intervals of the shortest at most; three customers a clock.
assert fails(stripe.InvalidRequestError, lambda: clocks.advance(clock.id, {"frozen_time": LEAP})).param == "frozen_time"
fails(stripe.InvalidRequestError, lambda: clocks.advance(clock.id, {"frozen_time": 1716940800 + 200 * DAY}))
for _ in range(2):
    client.customers.create({"test_clock": clock.id})
fails(stripe.InvalidRequestError, lambda: client.customers.create({"test_clock": clock.id}))
assert len(everything(client.customers.list({"test_clock": clock.id}))) == 3
assert everything(client.customers.list()) == [], "only seen by who asks for the clock"

# It goes with all that lives on it, and has moved nobody else's time.
assert everything(clocks.list()) == [clock.id]
assert clocks.delete(clock.id).deleted and client.customers.retrieve(customer.id).deleted
fails(stripe.InvalidRequestError, lambda: clocks.retrieve(clock.id))
assert now() - before < DAY

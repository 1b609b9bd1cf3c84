"""Subscription schedules: phases that follow one another, changed, released, canceled."""

import stripe

from world import DAY, advance, connect, everything, fails, now, payer, price

client = connect().v1
schedules = client.subscription_schedules
small, large = price(client, 1000).id, price(client, 3000).id


def phases(*prices):
    return [{"items": [{"price": one, "quantity": 1}], "duration": {"interval": "month", "interval_count": 1}} for one in prices]


# From now: small for a month, large for a month, and then the subscription goes on by itself.
customer = payer(client)
schedule = schedules.create({"customer": customer.id, "start_date": "now", "end_behavior": "release", "phases": phases(small, large), "expand": ["subscription"]})
assert (schedule.status, schedule.subscription["items"].data[0].price.id, len(schedule.phases)) == ("active", small, 2)
subscription = schedule.subscription.id
advance(schedule.phases[0].end_date - now() + 3700)
assert client.subscriptions.retrieve(subscription)["items"].data[0].price.id == large
advance(schedule.phases[1].end_date - now() + 60)
done = schedules.retrieve(schedule.id)
assert (done.status, client.subscriptions.retrieve(subscription).status) == ("completed", "active")

# In future: nothing until then; canceled with what it would have made.
future = schedules.create({"customer": customer.id, "start_date": now() + 3 * DAY, "end_behavior": "cancel", "phases": phases(small)})
assert (future.status, future.subscription) == ("not_started", None)
assert schedules.update(future.id, {"metadata": {"a": "b"}}).metadata["a"] == "b"
advance(3 * DAY + 60)
begun = schedules.retrieve(future.id)
assert begun.status == "active" and begun.subscription
advance(begun.phases[0].end_date - now() + 60)
assert (schedules.retrieve(future.id).status, client.subscriptions.retrieve(begun.subscription).status) == ("completed", "canceled")

# Over a subscription that is there: taken over, let go.
owned = client.subscriptions.create({"customer": customer.id, "items": [{"price": small}]})
over = schedules.create({"from_subscription": owned.id})
assert (over.subscription, client.subscriptions.retrieve(owned.id).schedule) == (owned.id, over.id)
fails(stripe.InvalidRequestError, lambda: client.subscriptions.update(owned.id, {"cancel_at_period_end": True}))
assert schedules.release(over.id).status == "released" and client.subscriptions.retrieve(owned.id).schedule is None
again = schedules.create({"from_subscription": owned.id})
assert schedules.cancel(again.id).status == "canceled" and client.subscriptions.retrieve(owned.id).status == "canceled"
assert set(everything(schedules.list({"customer": customer.id}))) == {schedule.id, future.id, over.id, again.id}
assert everything(schedules.list({"scheduled": True})) == []

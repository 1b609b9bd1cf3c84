"""Products, prices, plans, coupons, promotion codes: made, read, changed, listed, sought, put away."""

import stripe

from world import connect, everything, fails, price

client = connect().v1

# A product with everything, merged and unset.
product = client.products.create({
    "id": "community", "name": "Community", "description": "All of it", "images": ["https://example.com/a.png"],
    "marketing_features": [{"name": "fast"}], "metadata": {"tier": "one", "kept": "yes"}, "unit_label": "seat",
    "default_price_data": {"currency": "usd", "unit_amount": 900, "recurring": {"interval": "month"}},
    "expand": ["default_price"],
})
assert (product.id, product.default_price.unit_amount) == ("community", 900)
product = client.products.update("community", {"metadata": {"tier": "", "more": "1"}, "description": ""})
assert (product.metadata.to_dict(), product.description) == ({"kept": "yes", "more": "1"}, None)
assert client.products.retrieve("community").marketing_features[0].name == "fast"
assert fails(stripe.InvalidRequestError, lambda: client.products.create({"id": "community", "name": "Twice"})).code == "resource_already_exists"
assert fails(stripe.InvalidRequestError, lambda: client.products.delete("community")).http_status == 400, "it has a price"

# Lists: filters, cursors both ways, auto-paging; a deleted one is gone.
made = [client.products.create({"name": f"No. {number}", "active": number % 2 == 0}).id for number in range(12)]
assert everything(client.products.list({"limit": 5})) == [*reversed(made), "community"]
assert everything(client.products.list({"active": False, "limit": 2})) == [one for one in reversed(made) if made.index(one) % 2]
page = client.products.list({"limit": 3, "ending_before": made[0]})
assert ([one.id for one in page.data], page.has_more) == ([made[3], made[2], made[1]], True)
assert [one.id for one in client.products.list({"ids": [made[4], made[1]]}).data] == [made[4], made[1]]
assert client.products.list({"created": {"gt": product.created + 3600}}).data == []
assert client.products.delete(made[0]).deleted
assert fails(stripe.InvalidRequestError, lambda: client.products.retrieve(made[0])).http_status == 404

# Search, by the query language and page by page.
found = client.products.search({"query": "active:'true' AND name~'No.'", "limit": 2})
assert len([one for one in found.auto_paging_iter()]) == 5
assert [one.id for one in client.products.search({"query": "metadata['kept']:'yes'"}).data] == ["community"]
assert fails(stripe.InvalidRequestError, lambda: client.products.search({"query": "colour:'red'"})).http_status == 400

# Prices: lookup keys move, archived ones stay readable, amounts never change.
old = price(client, 5400, count=3, product_data={"name": "Quarterly"}, lookup_key="pro", metadata={"a": "b"})
assert fails(stripe.InvalidRequestError, lambda: price(client, 1, lookup_key="pro")).param == "lookup_key"
new = price(client, 6400, count=3, lookup_key="pro", transfer_lookup_key=True)
assert [one.id for one in client.prices.list({"lookup_keys": ["pro"], "expand": ["data.product"]}).data] == [new.id]
assert client.prices.retrieve(old.id).lookup_key is None
assert client.prices.update(old.id, {"active": False, "nickname": "old"}).active is False
assert old.id not in everything(client.prices.list({"active": True}))
assert fails(stripe.InvalidRequestError, lambda: client.prices.update(old.id, {"unit_amount": 1})).code == "parameter_unknown"
once = client.prices.create({"currency": "eur", "unit_amount": 500, "product": "community"})
assert everything(client.prices.list({"type": "one_time"})) == [once.id] == everything(client.prices.list({"currency": "eur"}))
assert set(everything(client.prices.list({"recurring": {"interval": "month"}}))) == {old.id, new.id, product.default_price}
assert client.prices.search({"query": "lookup_key:'pro'"}).data[0].id == new.id

# Plans are recurring prices by their older name.
plan = client.plans.create({"id": "small", "amount": 100, "currency": "usd", "interval": "day", "product": {"name": "Small"}})
assert client.prices.retrieve("small").unit_amount == plan.amount == 100
assert client.plans.update("small", {"nickname": "S"}).nickname == client.prices.retrieve("small").nickname == "S"
assert client.plans.retrieve(new.id).interval_count == 3
assert client.plans.list({"product": plan.product}).data[0].id == "small"
assert client.plans.delete("small").deleted

# Coupons and their codes.
coupon = client.coupons.create({"id": "HALF", "percent_off": 50, "duration": "repeating", "duration_in_months": 3, "max_redemptions": 5, "applies_to": {"products": ["community"]}})
assert client.coupons.update("HALF", {"name": "Half", "metadata": {"a": "b"}}).name == "Half"
assert client.coupons.retrieve("HALF", {"expand": ["applies_to"]}).applies_to.products == ["community"]
assert fails(stripe.InvalidRequestError, lambda: client.coupons.update("HALF", {"percent_off": 1})).code == "parameter_unknown"
code = client.promotion_codes.create({"promotion": {"type": "coupon", "coupon": "HALF"}, "code": "Half-Off", "max_redemptions": 1})
assert client.promotion_codes.list({"code": "HALF-OFF", "active": True}).data[0].id == code.id
assert client.promotion_codes.retrieve(code.id, {"expand": ["promotion.coupon"]}).promotion.coupon.name == "Half"
assert client.promotion_codes.update(code.id, {"active": False, "metadata": {"x": "y"}}).active is False
assert everything(client.promotion_codes.list({"coupon": "HALF", "active": True})) == []
assert everything(client.coupons.list()) == ["HALF"] and client.coupons.delete("HALF").deleted
assert fails(stripe.InvalidRequestError, lambda: client.coupons.retrieve("HALF")).http_status == 404

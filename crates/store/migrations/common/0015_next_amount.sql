-- What the first payment of a scheduled plan costs, where a promotion code comes with it; minor units.
ALTER TABLE user_subscriptions ADD COLUMN scheduled_first_payment BIGINT;
-- Of an update that waits for its payment: which price it would bring, and when Stripe drops it.
ALTER TABLE user_subscriptions ADD COLUMN pending_price TEXT;
ALTER TABLE user_subscriptions ADD COLUMN pending_until BIGINT;

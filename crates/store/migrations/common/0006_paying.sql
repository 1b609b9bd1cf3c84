-- What lowers a subscription's payments, as Stripe has it: hundredths of a percent, or minor units.
ALTER TABLE user_subscriptions ADD COLUMN discount_id TEXT;
ALTER TABLE user_subscriptions ADD COLUMN discount_code TEXT;
ALTER TABLE user_subscriptions ADD COLUMN discount_percent BIGINT;
ALTER TABLE user_subscriptions ADD COLUMN discount_amount BIGINT;
ALTER TABLE user_subscriptions ADD COLUMN discount_ends_at BIGINT;

-- The promotion code of a wish, as it was typed but in lower case; and whether it is for who has paid nothing before.
ALTER TABLE subscribe_intents ADD COLUMN promotion_code TEXT;
ALTER TABLE subscribe_intents ADD COLUMN promotion_first_time BOOLEAN;

-- The customer's default card as it was seen last: another one was chosen in Stripe's portal.
ALTER TABLE customer_syncs ADD COLUMN default_payment_method TEXT;

-- Cards that were refused, for a day: whoever tries many is stopped. By wall time.
CREATE TABLE card_declines (
    id TEXT PRIMARY KEY,
    account_id TEXT NOT NULL REFERENCES accounts (id),
    -- What it was tried for: `subscribe`, `pay`, `purchase`, `setup`.
    attempt TEXT NOT NULL,
    decline_code TEXT NOT NULL,
    declined_at BIGINT NOT NULL
);
CREATE INDEX card_declines_by_account ON card_declines (account_id, declined_at);
CREATE INDEX card_declines_by_age ON card_declines (declined_at);

-- To what a member said yes when something was bought, and what stood there.
CREATE TABLE consents (
    id TEXT PRIMARY KEY,
    account_id TEXT NOT NULL REFERENCES accounts (id),
    kind TEXT NOT NULL CHECK (kind IN ('terms', 'renewal')),
    -- Of the terms; of a renewal, those of the terms that it is part of.
    version TEXT NOT NULL,
    -- The request that it came with: scope and Idempotency-Key.
    request_key TEXT NOT NULL,
    -- What was shown: JSON.
    shown TEXT NOT NULL,
    -- SHA-256 of the address that it came from, with the account: it can be compared, not read.
    address_hash TEXT,
    business_at BIGINT NOT NULL,
    recorded_at BIGINT NOT NULL,
    UNIQUE (account_id, request_key, kind)
);

-- What is sold, who has it, and what it cost. Amounts are minor units, times milliseconds, UTC.

-- ── Catalog ─────────────────────────────────────────────────────────────────────────────────────────

CREATE TABLE subscription_tiers (
    slug TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    -- The whole tier as the catalog says it, JSON.
    definition TEXT NOT NULL,
    position BIGINT NOT NULL,
    stripe_product_id TEXT,
    active BOOLEAN NOT NULL DEFAULT true,
    updated_at BIGINT NOT NULL
);

-- Every price a tier ever had: an archived one still says which tier its subscribers are in.
CREATE TABLE tier_prices (
    stripe_price_id TEXT PRIMARY KEY,
    slug TEXT NOT NULL REFERENCES subscription_tiers (slug),
    billing_period TEXT NOT NULL CHECK (billing_period IN ('monthly', 'quarterly', 'annual')),
    amount BIGINT NOT NULL CHECK (amount > 0),
    currency TEXT NOT NULL,
    lookup_key TEXT NOT NULL,
    active BOOLEAN NOT NULL DEFAULT true,
    created_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX one_active_price_per_lookup_key ON tier_prices (lookup_key) WHERE active;

CREATE TABLE token_packages (
    slug TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    definition TEXT NOT NULL,
    position BIGINT NOT NULL,
    stripe_product_id TEXT,
    active BOOLEAN NOT NULL DEFAULT true,
    updated_at BIGINT NOT NULL
);

CREATE TABLE package_prices (
    stripe_price_id TEXT PRIMARY KEY,
    slug TEXT NOT NULL REFERENCES token_packages (slug),
    -- Packages are paid once.
    billing_period TEXT CHECK (billing_period IS NULL),
    amount BIGINT NOT NULL CHECK (amount > 0),
    currency TEXT NOT NULL,
    lookup_key TEXT NOT NULL,
    active BOOLEAN NOT NULL DEFAULT true,
    created_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX one_active_package_price_per_lookup_key ON package_prices (lookup_key) WHERE active;

-- ── Subscriptions ───────────────────────────────────────────────────────────────────────────────────

-- The mirror of Stripe's subscriptions.
CREATE TABLE user_subscriptions (
    id TEXT PRIMARY KEY,
    account_id TEXT NOT NULL REFERENCES accounts (id),
    stripe_subscription_id TEXT NOT NULL UNIQUE,
    stripe_customer_id TEXT NOT NULL,
    -- The one that counts; a second live one at Stripe is kept beside it until it is undone.
    is_primary BOOLEAN NOT NULL,
    tier_slug TEXT NOT NULL,
    billing_period TEXT NOT NULL CHECK (billing_period IN ('monthly', 'quarterly', 'annual')),
    status TEXT NOT NULL CHECK (status IN ('incomplete', 'incomplete_expired', 'trialing', 'active',
        'past_due', 'unpaid', 'canceled', 'paused')),
    item_id TEXT NOT NULL,
    stripe_price_id TEXT NOT NULL,
    amount BIGINT NOT NULL,
    currency TEXT NOT NULL,
    period_start BIGINT NOT NULL,
    period_end BIGINT NOT NULL,
    started_at BIGINT NOT NULL,
    trial_start BIGINT,
    trial_end BIGINT,
    cancel_at BIGINT,
    cancel_at_period_end BOOLEAN NOT NULL,
    canceled_at BIGINT,
    ended_at BIGINT,
    past_due_since BIGINT,
    stripe_payment_method_id TEXT,
    card_brand TEXT,
    card_last4 TEXT,
    card_exp_month BIGINT,
    card_exp_year BIGINT,
    stripe_invoice_id TEXT,
    pending_setup_intent TEXT,
    schedule TEXT,
    collection_paused BOOLEAN NOT NULL,
    update_pending BOOLEAN NOT NULL,
    subscribe_intent TEXT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
-- Billed twice is what must not happen: every status but the two final ones is live.
CREATE UNIQUE INDEX one_live_primary_subscription_per_account ON user_subscriptions (account_id)
    WHERE is_primary AND status NOT IN ('canceled', 'incomplete_expired');
CREATE INDEX user_subscriptions_by_account ON user_subscriptions (account_id, created_at);
CREATE INDEX user_subscriptions_by_customer ON user_subscriptions (stripe_customer_id);

CREATE TABLE subscription_changes (
    id TEXT PRIMARY KEY,
    account_id TEXT NOT NULL REFERENCES accounts (id),
    user_subscription_id TEXT NOT NULL REFERENCES user_subscriptions (id),
    kind TEXT NOT NULL,
    from_tier TEXT,
    to_tier TEXT NOT NULL,
    from_status TEXT,
    to_status TEXT NOT NULL,
    -- What it was seen by: an event's id, or the member's own call.
    cause TEXT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE INDEX subscription_changes_by_account ON subscription_changes (account_id, created_at);

-- A wish to subscribe, written before Stripe is asked.
CREATE TABLE subscribe_intents (
    id TEXT PRIMARY KEY,
    account_id TEXT NOT NULL REFERENCES accounts (id),
    request_key TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('calling', 'unclear', 'voiding', 'awaiting_setup', 'done',
        'failed', 'voided')),
    tier_slug TEXT NOT NULL,
    billing_period TEXT NOT NULL,
    stripe_price_id TEXT NOT NULL,
    trial BOOLEAN NOT NULL,
    stripe_setup_intent_id TEXT,
    stripe_subscription_id TEXT,
    card_fingerprint TEXT,
    request TEXT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    UNIQUE (account_id, request_key)
);
-- Two tabs cannot ask Stripe at the same time.
CREATE UNIQUE INDEX one_open_subscribe_intent_per_account ON subscribe_intents (account_id)
    WHERE state IN ('calling', 'unclear', 'voiding', 'awaiting_setup');
CREATE INDEX subscribe_intents_open ON subscribe_intents (updated_at)
    WHERE state IN ('calling', 'unclear', 'voiding');

-- By whom, by which address and by which card a trial was taken. Reserved with the request that makes the
-- subscription, released if that comes to nothing.
CREATE TABLE trial_redemptions (
    kind TEXT NOT NULL CHECK (kind IN ('user', 'email', 'card')),
    value TEXT NOT NULL,
    account_id TEXT NOT NULL REFERENCES accounts (id),
    subscribe_intent_id TEXT,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (kind, value)
);

-- A subscription that is to end at once with its money given back: promised to the member, kept until it is done.
CREATE TABLE promised_refunds (
    stripe_subscription_id TEXT PRIMARY KEY REFERENCES user_subscriptions (stripe_subscription_id),
    account_id TEXT NOT NULL REFERENCES accounts (id),
    created_at BIGINT NOT NULL,
    next_attempt_at BIGINT NOT NULL,
    done_at BIGINT
);
CREATE INDEX promised_refunds_open ON promised_refunds (next_attempt_at) WHERE done_at IS NULL;

CREATE TABLE quotes (
    id TEXT PRIMARY KEY,
    account_id TEXT NOT NULL REFERENCES accounts (id),
    -- The whole quote, JSON.
    body TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX quotes_by_expiry ON quotes (expires_at);

-- ── Tokens ──────────────────────────────────────────────────────────────────────────────────────────

CREATE TABLE user_token_balances (
    account_id TEXT PRIMARY KEY REFERENCES accounts (id),
    available BIGINT NOT NULL DEFAULT 0 CHECK (available >= 0),
    held BIGINT NOT NULL DEFAULT 0 CHECK (held >= 0),
    debt BIGINT NOT NULL DEFAULT 0 CHECK (debt >= 0),
    spent BIGINT NOT NULL DEFAULT 0 CHECK (spent >= 0),
    purchased BIGINT NOT NULL DEFAULT 0 CHECK (purchased >= 0),
    updated_at BIGINT NOT NULL
);

CREATE TABLE token_purchases (
    id TEXT PRIMARY KEY,
    account_id TEXT NOT NULL REFERENCES accounts (id),
    package_slug TEXT NOT NULL,
    package_name TEXT NOT NULL,
    tokens BIGINT NOT NULL CHECK (tokens > 0),
    amount BIGINT NOT NULL CHECK (amount > 0),
    currency TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('pending', 'completed', 'failed', 'canceled', 'refunded',
        'partially_refunded', 'disputed')),
    call_state TEXT NOT NULL CHECK (call_state IN ('calling', 'unclear', 'voiding', 'settled')),
    request_key TEXT NOT NULL,
    request TEXT,
    attempt BIGINT NOT NULL,
    stripe_payment_intent_id TEXT UNIQUE,
    refunded_amount BIGINT NOT NULL DEFAULT 0 CHECK (refunded_amount BETWEEN 0 AND amount),
    tokens_taken_back BIGINT NOT NULL DEFAULT 0 CHECK (tokens_taken_back BETWEEN 0 AND tokens),
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    UNIQUE (account_id, request_key)
);
CREATE INDEX token_purchases_by_account ON token_purchases (account_id, created_at);
CREATE INDEX token_purchases_open ON token_purchases (updated_at) WHERE call_state <> 'settled';

-- Every movement of tokens, for ever: their sum is available + held - debt.
CREATE TABLE token_transactions (
    id TEXT PRIMARY KEY,
    account_id TEXT NOT NULL REFERENCES accounts (id),
    kind TEXT NOT NULL CHECK (kind IN ('purchase', 'usage', 'refund', 'reversal', 'grant', 'adjustment')),
    tokens BIGINT NOT NULL,
    balance_after BIGINT NOT NULL,
    description TEXT NOT NULL,
    -- What it came from, such as a payment intent; the same source moves tokens once.
    source TEXT,
    purchase_id TEXT REFERENCES token_purchases (id),
    created_at BIGINT NOT NULL,
    UNIQUE (kind, source)
);
CREATE INDEX token_transactions_by_account ON token_transactions (account_id, id);

CREATE TABLE token_holds (
    id TEXT PRIMARY KEY,
    account_id TEXT NOT NULL REFERENCES accounts (id),
    service_key_id TEXT,
    tokens BIGINT NOT NULL CHECK (tokens > 0),
    captured BIGINT NOT NULL DEFAULT 0 CHECK (captured >= 0),
    source TEXT NOT NULL CHECK (source IN ('allowance', 'tokens')),
    status TEXT NOT NULL CHECK (status IN ('held', 'captured', 'voided', 'expired')),
    feature TEXT NOT NULL,
    window_scope TEXT,
    window_start BIGINT,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    closed_at BIGINT
);
CREATE INDEX token_holds_open ON token_holds (expires_at) WHERE status = 'held';
CREATE INDEX token_holds_by_account ON token_holds (account_id, created_at);

-- How much of an allowance was used. `scope` is the subscription of a billing-period window, else ''.
CREATE TABLE usage_windows (
    account_id TEXT NOT NULL REFERENCES accounts (id),
    kind TEXT NOT NULL CHECK (kind IN ('day', 'month', 'billing_period', 'lifetime')),
    scope TEXT NOT NULL,
    starts_at BIGINT NOT NULL,
    used BIGINT NOT NULL CHECK (used >= 0),
    PRIMARY KEY (account_id, kind, scope, starts_at)
);

-- Statistics per UTC day: every admitted request, and the tokens that it cost.
CREATE TABLE usage_days (
    account_id TEXT NOT NULL REFERENCES accounts (id),
    date TEXT NOT NULL,
    feature TEXT NOT NULL,
    ai_requests BIGINT NOT NULL,
    tokens BIGINT NOT NULL,
    PRIMARY KEY (account_id, date, feature)
);

-- ── Stripe's events ─────────────────────────────────────────────────────────────────────────────────

-- The inbox. An event is only a trigger: its object is fetched again before anything is believed.
CREATE TABLE stripe_events (
    id TEXT PRIMARY KEY,
    type TEXT NOT NULL,
    object_id TEXT NOT NULL,
    stripe_customer_id TEXT,
    stripe_subscription_id TEXT,
    stripe_payment_intent_id TEXT,
    account_id TEXT,
    payload TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('pending', 'processed', 'ignored', 'dead')),
    -- Why it was ignored.
    reason TEXT,
    attempts BIGINT NOT NULL DEFAULT 0,
    next_attempt_at BIGINT NOT NULL,
    last_error TEXT,
    stripe_created_at BIGINT NOT NULL,
    received_at BIGINT NOT NULL,
    processed_at BIGINT
);
CREATE INDEX stripe_events_pending ON stripe_events (stripe_customer_id) WHERE state = 'pending';
CREATE INDEX stripe_events_unresolved ON stripe_events (next_attempt_at)
    WHERE state = 'pending' AND stripe_customer_id IS NULL;
CREATE INDEX stripe_events_by_age ON stripe_events (received_at);
CREATE INDEX stripe_events_by_state ON stripe_events (state, received_at);

-- One writer per customer. What is dirty beyond what was synced is to be fetched; `fence` tells a writer
-- whose lease was taken over that its findings are stale.
CREATE TABLE customer_syncs (
    stripe_customer_id TEXT PRIMARY KEY,
    dirty BIGINT NOT NULL DEFAULT 1,
    synced BIGINT NOT NULL DEFAULT 0,
    fence BIGINT NOT NULL DEFAULT 0,
    lease_until BIGINT NOT NULL DEFAULT 0,
    next_attempt_at BIGINT NOT NULL DEFAULT 0,
    failures BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX customer_syncs_due ON customer_syncs (next_attempt_at) WHERE dirty > synced;

-- ── Reconciliation ──────────────────────────────────────────────────────────────────────────────────

CREATE TABLE reconciliation_runs (
    id TEXT PRIMARY KEY,
    started_at BIGINT NOT NULL,
    finished_at BIGINT,
    repaired BOOLEAN NOT NULL DEFAULT false,
    report TEXT
);

CREATE TABLE discrepancies (
    id TEXT PRIMARY KEY,
    run_id TEXT REFERENCES reconciliation_runs (id),
    account_id TEXT,
    kind TEXT NOT NULL,
    object_id TEXT NOT NULL,
    details TEXT NOT NULL,
    found_at BIGINT NOT NULL,
    resolved_at BIGINT
);
-- The same trouble is reported once until it is resolved.
CREATE UNIQUE INDEX one_open_discrepancy_per_object ON discrepancies (kind, object_id)
    WHERE resolved_at IS NULL;

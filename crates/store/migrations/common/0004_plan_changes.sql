-- Changes of plan: now or at the end of the period, who asked for them, and what they cost.

-- Our own calls that change a subscription, noted before Stripe is asked: what is seen afterwards is attributed to
-- the call that could have made it, by whatever way it is seen. Closed by the first sync that began after its answer.
CREATE TABLE subscription_calls (
    id TEXT PRIMARY KEY,
    account_id TEXT NOT NULL REFERENCES accounts (id),
    -- Not known yet while it is being made.
    stripe_subscription_id TEXT,
    kind TEXT NOT NULL CHECK (kind IN ('subscribe', 'update', 'schedule', 'cancel', 'resume', 'pause', 'pay',
        'end')),
    cause TEXT NOT NULL CHECK (cause IN ('member', 'admin', 'reconcile')),
    actor TEXT,
    started_at BIGINT NOT NULL,
    answered_at BIGINT,
    closed_at BIGINT
);
CREATE INDEX subscription_calls_open ON subscription_calls (account_id) WHERE closed_at IS NULL;

-- `cause` is from here on one of member, admin, stripe, reconcile; older rows have an event's id or 'own call'.
ALTER TABLE subscription_changes ADD COLUMN actor TEXT;
ALTER TABLE subscription_changes ADD COLUMN stripe_event_id TEXT;
ALTER TABLE subscription_changes ADD COLUMN from_period TEXT;
ALTER TABLE subscription_changes ADD COLUMN to_period TEXT;
-- Per period, before discounts and tax.
ALTER TABLE subscription_changes ADD COLUMN from_amount BIGINT;
ALTER TABLE subscription_changes ADD COLUMN to_amount BIGINT;
ALTER TABLE subscription_changes ADD COLUMN currency TEXT;
-- What it has cost at once, negative for what was given back; NULL where that is not known.
ALTER TABLE subscription_changes ADD COLUMN charged BIGINT;

-- What the attached schedule brings next.
ALTER TABLE user_subscriptions ADD COLUMN scheduled_tier TEXT;
ALTER TABLE user_subscriptions ADD COLUMN scheduled_period TEXT;
ALTER TABLE user_subscriptions ADD COLUMN scheduled_amount BIGINT;
ALTER TABLE user_subscriptions ADD COLUMN scheduled_at BIGINT;
-- A pause: when collection goes on, and until when it is paid for.
ALTER TABLE user_subscriptions ADD COLUMN resumes_at BIGINT;
ALTER TABLE user_subscriptions ADD COLUMN paid_until BIGINT;

CREATE INDEX user_subscriptions_paused ON user_subscriptions (paid_until) WHERE paid_until IS NOT NULL;

-- A quote of a change can be acted upon: what it is of, a hash of what its amount depends on, and as of when the
-- amount was calculated.
ALTER TABLE quotes ADD COLUMN target TEXT;
ALTER TABLE quotes ADD COLUMN binding TEXT;
ALTER TABLE quotes ADD COLUMN due_today BIGINT;
ALTER TABLE quotes ADD COLUMN calculated_at BIGINT;

-- The wish for another plan, written before Stripe is asked.
CREATE TABLE plan_changes (
    id TEXT PRIMARY KEY,
    account_id TEXT NOT NULL REFERENCES accounts (id),
    stripe_subscription_id TEXT NOT NULL,
    request_key TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('calling', 'unclear', 'settling', 'confirming', 'done', 'failed')),
    tier_slug TEXT NOT NULL,
    billing_period TEXT NOT NULL CHECK (billing_period IN ('monthly', 'quarterly', 'annual')),
    quote_id TEXT,
    due_today BIGINT NOT NULL DEFAULT 0,
    -- How it is carried out, JSON: kept before anything is sent.
    request TEXT,
    cause TEXT NOT NULL CHECK (cause IN ('member', 'admin', 'reconcile')),
    actor TEXT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    UNIQUE (account_id, request_key)
);
-- Two tabs cannot change the plan at the same time.
CREATE UNIQUE INDEX one_open_plan_change_per_account ON plan_changes (account_id)
    WHERE state IN ('calling', 'unclear', 'settling');
CREATE INDEX plan_changes_open ON plan_changes (updated_at)
    WHERE state IN ('calling', 'unclear', 'settling', 'confirming');

-- How much is promised; NULL is everything that was paid. What was given back by the time of the end.
ALTER TABLE promised_refunds ADD COLUMN amount BIGINT;
ALTER TABLE promised_refunds ADD COLUMN refunded BIGINT;
ALTER TABLE promised_refunds ADD COLUMN cause TEXT NOT NULL DEFAULT 'member';
ALTER TABLE promised_refunds ADD COLUMN actor TEXT;

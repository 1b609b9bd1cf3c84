-- Disputes, and what reconciliation remembers of its runs. Amounts are minor units, times milliseconds, UTC.

-- The mirror of Stripe's disputes of our customers' payments. One payment may have several.
CREATE TABLE disputes (
    stripe_dispute_id TEXT PRIMARY KEY,
    account_id TEXT NOT NULL REFERENCES accounts (id),
    stripe_payment_intent_id TEXT NOT NULL,
    -- What the payment was for: a purchase of tokens, or an invoice of a subscription.
    purchase_id TEXT REFERENCES token_purchases (id),
    stripe_invoice_id TEXT,
    stripe_subscription_id TEXT,
    status TEXT NOT NULL CHECK (status IN ('warning_needs_response', 'warning_under_review', 'warning_closed',
        'needs_response', 'under_review', 'won', 'lost', 'prevented')),
    -- May differ from what was charged.
    amount BIGINT NOT NULL,
    currency TEXT NOT NULL,
    reason TEXT NOT NULL,
    -- Until when evidence can be sent.
    due_by BIGINT,
    opened_at BIGINT NOT NULL,
    closed_at BIGINT,
    updated_at BIGINT NOT NULL
);
CREATE INDEX disputes_by_payment ON disputes (stripe_payment_intent_id);
CREATE INDEX disputes_by_account ON disputes (account_id, opened_at);
CREATE INDEX disputes_open ON disputes (due_by) WHERE closed_at IS NULL;

-- One run at a time; a dead one's lease ends.
ALTER TABLE reconciliation_runs ADD COLUMN since BIGINT NOT NULL DEFAULT 0;
ALTER TABLE reconciliation_runs ADD COLUMN running BOOLEAN NOT NULL DEFAULT false;
ALTER TABLE reconciliation_runs ADD COLUMN lease_until BIGINT NOT NULL DEFAULT 0;
ALTER TABLE reconciliation_runs ADD COLUMN outcome TEXT NOT NULL DEFAULT 'running'
    CHECK (outcome IN ('running', 'agrees', 'repaired', 'differs', 'unfinished'));
ALTER TABLE reconciliation_runs ADD COLUMN found BIGINT NOT NULL DEFAULT 0;
ALTER TABLE reconciliation_runs ADD COLUMN left_open BIGINT NOT NULL DEFAULT 0;
-- What a person reads; `report` is the same as JSON.
ALTER TABLE reconciliation_runs ADD COLUMN readable TEXT;
CREATE UNIQUE INDEX one_running_reconciliation ON reconciliation_runs (running) WHERE running;
CREATE INDEX reconciliation_runs_by_age ON reconciliation_runs (started_at);

CREATE INDEX token_transactions_by_purchase ON token_transactions (purchase_id) WHERE purchase_id IS NOT NULL;
CREATE INDEX token_purchases_unpaid ON token_purchases (updated_at) WHERE status IN ('pending', 'failed');
CREATE INDEX stripe_events_by_stripes_age ON stripe_events (stripe_created_at);

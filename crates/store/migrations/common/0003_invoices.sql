-- The mirror of the invoices of our members' subscriptions, once they are finalized: what was billed, what was paid.
-- Amounts are minor units. Addresses of pages and PDFs expire, and are asked for when somebody wants them.

CREATE TABLE invoices (
    stripe_invoice_id TEXT PRIMARY KEY,
    account_id TEXT NOT NULL REFERENCES accounts (id),
    stripe_customer_id TEXT NOT NULL,
    stripe_subscription_id TEXT NOT NULL REFERENCES user_subscriptions (stripe_subscription_id),
    number TEXT,
    status TEXT NOT NULL CHECK (status IN ('open', 'paid', 'uncollectible', 'void')),
    billing_reason TEXT,
    currency TEXT NOT NULL,
    subtotal BIGINT NOT NULL,
    discount BIGINT NOT NULL,
    tax BIGINT NOT NULL,
    total BIGINT NOT NULL,
    amount_due BIGINT NOT NULL,
    amount_paid BIGINT NOT NULL,
    amount_remaining BIGINT NOT NULL,
    -- What it consists of, JSON.
    lines TEXT NOT NULL,
    attempt_count BIGINT NOT NULL,
    next_payment_attempt BIGINT,
    -- While it is open: the status of its payment intent, and why the card was refused.
    payment_status TEXT,
    decline_code TEXT,
    decline_message TEXT,
    created_at BIGINT NOT NULL,
    paid_at BIGINT,
    updated_at BIGINT NOT NULL
);
CREATE INDEX invoices_by_account ON invoices (account_id, created_at, stripe_invoice_id);
CREATE INDEX invoices_by_subscription ON invoices (stripe_subscription_id);
CREATE INDEX invoices_unsettled ON invoices (stripe_customer_id) WHERE status IN ('open', 'uncollectible');

-- By which payments an invoice is paid: refunds and disputes only name the payment.
CREATE TABLE invoice_payments (
    stripe_payment_intent_id TEXT PRIMARY KEY,
    stripe_invoice_id TEXT NOT NULL REFERENCES invoices (stripe_invoice_id),
    paid BOOLEAN NOT NULL,
    amount_paid BIGINT NOT NULL
);
CREATE INDEX invoice_payments_by_invoice ON invoice_payments (stripe_invoice_id);

-- News for people and for the host application; what people are given by other people; leaving.
-- Times are milliseconds, UTC.

-- Whose news it is: what is exported, and what is forgotten when somebody leaves. NULL: of nobody with an account.
ALTER TABLE outbox_messages ADD COLUMN account_id TEXT;
-- What the host application answered, for a message of the kind `webhook`.
ALTER TABLE outbox_messages ADD COLUMN response_status BIGINT;
CREATE INDEX outbox_messages_by_account ON outbox_messages (account_id, created_at);
CREATE INDEX outbox_messages_by_kind ON outbox_messages (kind, created_at);

-- The tier that the host application was last told of, and when it changes next by time alone.
CREATE TABLE told_entitlements (
    account_id TEXT PRIMARY KEY REFERENCES accounts (id),
    tier_slug TEXT NOT NULL,
    check_at BIGINT,
    -- How often it has changed: tells one change from the next.
    changes BIGINT NOT NULL
);
CREATE INDEX told_entitlements_due ON told_entitlements (check_at) WHERE check_at IS NOT NULL;

-- Applications and invitations for the tier that is by invitation only.
CREATE TABLE invitations (
    id TEXT PRIMARY KEY,
    account_id TEXT NOT NULL REFERENCES accounts (id),
    state TEXT NOT NULL CHECK (state IN ('applied', 'invited', 'accepted', 'declined')),
    -- What the member wrote.
    message TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    decided_at BIGINT
);
CREATE UNIQUE INDEX one_open_application_per_account ON invitations (account_id) WHERE state = 'applied';
CREATE INDEX invitations_by_account ON invitations (account_id, id);
CREATE INDEX invitations_by_state ON invitations (state, id);

-- Tiers that an admin gave without a subscription. Access is the better of the two.
CREATE TABLE tier_assignments (
    id TEXT PRIMARY KEY,
    account_id TEXT NOT NULL REFERENCES accounts (id),
    tier_slug TEXT NOT NULL,
    starts_at BIGINT NOT NULL,
    -- NULL: until it is ended.
    ends_at BIGINT CHECK (ends_at > starts_at),
    reason TEXT NOT NULL,
    -- A user's id, or 'cli'.
    actor TEXT NOT NULL,
    -- Taken back, or replaced by another.
    ended_at BIGINT
);
CREATE UNIQUE INDEX one_assignment_per_account ON tier_assignments (account_id) WHERE ended_at IS NULL;

-- The request under which an action was asked for: its retry is the same action.
ALTER TABLE admin_actions ADD COLUMN request_key TEXT;
CREATE UNIQUE INDEX admin_actions_by_request ON admin_actions (request_key) WHERE request_key IS NOT NULL;

-- While the owner is being deleted nothing new may be begun for the account. Wall time; it runs out by itself.
ALTER TABLE accounts ADD COLUMN leaving_until BIGINT;

-- Whose card is to be looked at before the next payment.
CREATE INDEX user_subscriptions_by_end ON user_subscriptions (period_end)
    WHERE is_primary AND status IN ('trialing', 'active');

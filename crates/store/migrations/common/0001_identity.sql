-- Who uses the system and how they prove it. Times are milliseconds since the Unix epoch, UTC.

CREATE TABLE users (
    id TEXT PRIMARY KEY,
    -- Who vouches for the subject: a host application's JWT issuer, or 'local' for our own login, whose
    -- subjects are the user ids themselves.
    issuer TEXT NOT NULL,
    subject TEXT NOT NULL,
    email TEXT,
    email_normalized TEXT,
    email_verified BOOLEAN NOT NULL DEFAULT false,
    name TEXT NOT NULL DEFAULT '',
    password_hash TEXT,
    role TEXT NOT NULL DEFAULT 'member' CHECK (role IN ('member', 'admin')),
    created_at BIGINT NOT NULL,
    -- A tombstone: an old token of this subject must not bring the user back.
    deleted_at BIGINT,
    UNIQUE (issuer, subject)
);
CREATE UNIQUE INDEX one_live_local_user_per_email ON users (email_normalized)
    WHERE issuer = 'local' AND deleted_at IS NULL;
CREATE INDEX users_by_email ON users (email_normalized);

-- Who owns a subscription and a balance: one personal account per user.
CREATE TABLE accounts (
    id TEXT PRIMARY KEY,
    owner_user_id TEXT NOT NULL UNIQUE REFERENCES users (id),
    stripe_customer_id TEXT UNIQUE,
    -- Whether the owner may take the tier that is by invitation only.
    invited BOOLEAN NOT NULL DEFAULT false,
    created_at BIGINT NOT NULL
);

-- Customers that were deleted at Stripe: what still comes in about them belongs to the same account.
CREATE TABLE former_customers (
    stripe_customer_id TEXT PRIMARY KEY,
    account_id TEXT NOT NULL REFERENCES accounts (id)
);
CREATE INDEX former_customers_by_account ON former_customers (account_id);

-- Sign-ins, and the links of verification and reset mails. Only the SHA-256 of a token is kept.
CREATE TABLE sessions (
    id TEXT PRIMARY KEY,
    token_hash TEXT NOT NULL UNIQUE,
    user_id TEXT NOT NULL REFERENCES users (id),
    kind TEXT NOT NULL CHECK (kind IN ('session', 'verify_email', 'reset_password')),
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at BIGINT
);
CREATE INDEX sessions_by_user ON sessions (user_id, kind);
CREATE INDEX sessions_by_expiry ON sessions (expires_at);

-- What a host's backend calls with, on behalf of its users. Only the SHA-256 of a key is kept.
CREATE TABLE service_keys (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    -- The first characters of the key, by which people recognize it.
    prefix TEXT NOT NULL,
    key_hash TEXT NOT NULL UNIQUE,
    scopes TEXT NOT NULL,
    -- Whose subjects its On-Behalf-Of header names.
    issuer TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    last_used_at BIGINT,
    revoked_at BIGINT
);

-- What a request under an Idempotency-Key was answered, so that its retry gets the same answer.
CREATE TABLE idempotency_keys (
    scope TEXT NOT NULL,
    idempotency_key TEXT NOT NULL,
    request_hash TEXT NOT NULL,
    -- Which of several attempts under this key may write its answer.
    attempt BIGINT NOT NULL DEFAULT 1,
    lease_until BIGINT NOT NULL,
    status BIGINT,
    content_type TEXT,
    body TEXT,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (scope, idempotency_key)
);
CREATE INDEX idempotency_keys_by_expiry ON idempotency_keys (expires_at);

-- What is to be told to people. Written with the change that it tells of, sent afterwards.
CREATE TABLE outbox_messages (
    id TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    recipient TEXT NOT NULL,
    subject TEXT NOT NULL,
    body_text TEXT NOT NULL,
    body_html TEXT NOT NULL,
    -- The same news under the same key is told once.
    dedupe_key TEXT UNIQUE,
    status TEXT NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'sent', 'failed')),
    attempts BIGINT NOT NULL DEFAULT 0,
    created_at BIGINT NOT NULL,
    next_attempt_at BIGINT NOT NULL,
    lease_until BIGINT,
    sent_at BIGINT,
    last_error TEXT
);
CREATE INDEX outbox_messages_due ON outbox_messages (next_attempt_at) WHERE status = 'pending';
CREATE INDEX outbox_messages_by_age ON outbox_messages (created_at);

-- What the database remembers about itself: its mode, the clock's offset.
CREATE TABLE settings (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
);

-- What people with power did, for ever.
CREATE TABLE admin_actions (
    id TEXT PRIMARY KEY,
    -- A user's id, or 'cli'.
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    target TEXT NOT NULL,
    reason TEXT NOT NULL DEFAULT '',
    details TEXT NOT NULL DEFAULT '{}',
    created_at BIGINT NOT NULL
);
CREATE INDEX admin_actions_by_target ON admin_actions (target, created_at);

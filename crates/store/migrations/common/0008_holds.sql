-- Holds as they are used. The table of the second step never had a row.
DROP TABLE token_holds;

-- AI requests that were admitted before anybody knew what they cost.
CREATE TABLE token_holds (
    id TEXT PRIMARY KEY,
    account_id TEXT NOT NULL REFERENCES accounts (id),
    -- The key that made it, and that alone may end it; NULL: our own AI chat.
    service_key_id TEXT REFERENCES service_keys (id),
    -- The estimate; reserved in the balance where tokens pay.
    tokens BIGINT NOT NULL CHECK (tokens > 0),
    source TEXT NOT NULL CHECK (source IN ('allowance', 'tokens')),
    -- Where the allowance pays: the window whose unit it has, and how large a request that unit covers.
    window_kind TEXT CHECK (window_kind IN ('day', 'month', 'billing_period', 'lifetime')),
    window_scope TEXT,
    window_start BIGINT,
    window_end BIGINT,
    covers BIGINT,
    feature TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('held', 'captured', 'voided', 'expired')),
    -- What the request has used, what of it was taken from the balance, and whether nobody has reported it.
    used BIGINT CHECK (used > 0),
    paid BIGINT CHECK (paid BETWEEN 0 AND used),
    estimated BOOLEAN,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL CHECK (expires_at > created_at),
    closed_at BIGINT,
    CHECK ((source = 'allowance') = (window_kind IS NOT NULL)),
    CHECK ((source = 'allowance') = (window_scope IS NOT NULL)),
    CHECK ((source = 'allowance') = (window_start IS NOT NULL)),
    CHECK ((source = 'allowance') = (covers IS NOT NULL)),
    CHECK (covers >= tokens),
    CHECK ((status = 'held') = (closed_at IS NULL)),
    CHECK ((status = 'captured') = (used IS NOT NULL)),
    CHECK ((status = 'captured') = (paid IS NOT NULL)),
    CHECK ((status = 'captured') = (estimated IS NOT NULL))
);
CREATE INDEX token_holds_open ON token_holds (expires_at) WHERE status = 'held';
CREATE INDEX token_holds_by_account ON token_holds (account_id, created_at);

-- What a host's backend gives its member to bring to our pages, once. Only the SHA-256 of a code is kept. Times are
-- milliseconds since the Unix epoch, UTC.
CREATE TABLE sign_in_codes (
    code_hash TEXT PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users (id),
    -- Which key vouches for them: when it is revoked, what it has opened ends too.
    service_key_id TEXT NOT NULL REFERENCES service_keys (id),
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at BIGINT
);
CREATE INDEX sign_in_codes_by_user ON sign_in_codes (user_id);
CREATE INDEX sign_in_codes_by_expiry ON sign_in_codes (expires_at);
CREATE INDEX sign_in_codes_by_key ON sign_in_codes (service_key_id);

-- Of a sign-in by such a code.
ALTER TABLE sessions ADD COLUMN service_key_id TEXT REFERENCES service_keys (id);
CREATE INDEX sessions_by_key ON sessions (service_key_id);

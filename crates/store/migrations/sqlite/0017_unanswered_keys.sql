-- Whoever starts ends the leases of those before, among the keys of a whole day.
CREATE INDEX idempotency_keys_unanswered ON idempotency_keys (lease_until) WHERE status IS NULL;

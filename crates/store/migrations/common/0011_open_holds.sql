-- One that could not be given back waits until then, so that others get their turn.
ALTER TABLE token_holds ADD COLUMN retry_at BIGINT;
-- Of one account: the units of a window that may still come back.
CREATE INDEX token_holds_open_of_account ON token_holds (account_id) WHERE status = 'held';

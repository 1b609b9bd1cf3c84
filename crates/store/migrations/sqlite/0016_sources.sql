-- A table's own UNIQUE cannot be dropped: the table is written anew.
CREATE TABLE token_transactions_anew (
    id TEXT PRIMARY KEY,
    account_id TEXT NOT NULL REFERENCES accounts (id),
    kind TEXT NOT NULL CHECK (kind IN ('purchase', 'usage', 'refund', 'reversal', 'grant', 'adjustment')),
    tokens BIGINT NOT NULL,
    balance_after BIGINT NOT NULL,
    description TEXT NOT NULL,
    -- What it came from, such as a payment intent; the same source moves tokens once.
    source TEXT,
    purchase_id TEXT REFERENCES token_purchases (id),
    created_at BIGINT NOT NULL
);
-- In the order in which they were written.
INSERT INTO token_transactions_anew
    (id, account_id, kind, tokens, balance_after, description, source, purchase_id, created_at)
SELECT id, account_id, kind, tokens, balance_after, description, source, purchase_id, created_at
FROM token_transactions ORDER BY rowid;
DROP TABLE token_transactions;
ALTER TABLE token_transactions_anew RENAME TO token_transactions;
CREATE UNIQUE INDEX token_transactions_by_source ON token_transactions (kind, source) WHERE source IS NOT NULL;
CREATE INDEX token_transactions_by_account ON token_transactions (account_id, id);
CREATE INDEX token_transactions_by_purchase ON token_transactions (purchase_id) WHERE purchase_id IS NOT NULL;
CREATE TRIGGER token_transactions_are_not_changed BEFORE UPDATE ON token_transactions
BEGIN SELECT RAISE(ABORT, 'token_transactions is append-only'); END;
CREATE TRIGGER token_transactions_are_not_deleted BEFORE DELETE ON token_transactions
BEGIN SELECT RAISE(ABORT, 'token_transactions is append-only'); END;

ALTER TABLE token_transactions DROP CONSTRAINT token_transactions_kind_source_key;
CREATE UNIQUE INDEX token_transactions_by_source ON token_transactions (kind, source) WHERE source IS NOT NULL;

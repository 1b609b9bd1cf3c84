-- Which batches of AI requests are written: for whom the answer to a COMMIT was lost. Forgotten after a day.
CREATE TABLE usage_batches (
    id TEXT PRIMARY KEY,
    written_at BIGINT NOT NULL
);
CREATE INDEX usage_batches_by_age ON usage_batches (written_at);

-- Usage is told apart by the AI model, too: '' where nobody has named one.
CREATE TABLE usage_days_by_model (
    account_id TEXT NOT NULL REFERENCES accounts (id),
    date TEXT NOT NULL,
    feature TEXT NOT NULL,
    model TEXT NOT NULL DEFAULT '',
    ai_requests BIGINT NOT NULL,
    tokens BIGINT NOT NULL,
    PRIMARY KEY (account_id, date, feature, model)
);
INSERT INTO usage_days_by_model (account_id, date, feature, model, ai_requests, tokens)
SELECT account_id, date, feature, '', ai_requests, tokens FROM usage_days;
DROP TABLE usage_days;
ALTER TABLE usage_days_by_model RENAME TO usage_days;

ALTER TABLE token_holds ADD COLUMN model TEXT;

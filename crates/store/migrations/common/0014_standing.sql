-- Counts the changes to what an account's access follows from: its subscriptions, and tiers that it was given. Triggers
-- count, so that it changes in the transaction of the change, whoever writes. Equal numbers: nothing has changed.
ALTER TABLE accounts ADD COLUMN standing_version BIGINT NOT NULL DEFAULT 0;

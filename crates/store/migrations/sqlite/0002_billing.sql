CREATE TRIGGER token_transactions_are_not_changed BEFORE UPDATE ON token_transactions
BEGIN SELECT RAISE(ABORT, 'token_transactions is append-only'); END;
CREATE TRIGGER token_transactions_are_not_deleted BEFORE DELETE ON token_transactions
BEGIN SELECT RAISE(ABORT, 'token_transactions is append-only'); END;
CREATE TRIGGER subscription_changes_are_not_changed BEFORE UPDATE ON subscription_changes
BEGIN SELECT RAISE(ABORT, 'subscription_changes is append-only'); END;
CREATE TRIGGER subscription_changes_are_not_deleted BEFORE DELETE ON subscription_changes
BEGIN SELECT RAISE(ABORT, 'subscription_changes is append-only'); END;

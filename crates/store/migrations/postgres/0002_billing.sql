CREATE TRIGGER token_transactions_are_append_only BEFORE UPDATE OR DELETE ON token_transactions
FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER token_transactions_are_kept BEFORE TRUNCATE ON token_transactions
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER subscription_changes_are_append_only BEFORE UPDATE OR DELETE ON subscription_changes
FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER subscription_changes_are_kept BEFORE TRUNCATE ON subscription_changes
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TRIGGER ended_token_holds_are_not_changed BEFORE UPDATE ON token_holds
FOR EACH ROW WHEN (OLD.status <> 'held') EXECUTE FUNCTION refuse_change();
CREATE TRIGGER token_holds_are_not_deleted BEFORE DELETE ON token_holds
FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER token_holds_are_kept BEFORE TRUNCATE ON token_holds
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

DROP TRIGGER ended_token_holds_are_not_changed ON token_holds;
CREATE TRIGGER ended_token_holds_are_not_changed BEFORE UPDATE ON token_holds
FOR EACH ROW WHEN (OLD.status <> 'held' AND NOT (OLD.status = 'expired' AND NEW.status = 'captured'))
EXECUTE FUNCTION refuse_change();

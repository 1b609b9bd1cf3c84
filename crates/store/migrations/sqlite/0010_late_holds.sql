DROP TRIGGER ended_token_holds_are_not_changed;
CREATE TRIGGER ended_token_holds_are_not_changed BEFORE UPDATE ON token_holds
WHEN OLD.status <> 'held' AND NOT (OLD.status = 'expired' AND NEW.status = 'captured')
BEGIN SELECT RAISE(ABORT, 'ended rows of token_holds are append-only'); END;

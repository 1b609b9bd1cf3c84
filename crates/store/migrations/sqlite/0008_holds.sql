CREATE TRIGGER ended_token_holds_are_not_changed BEFORE UPDATE ON token_holds WHEN OLD.status <> 'held'
BEGIN SELECT RAISE(ABORT, 'ended rows of token_holds are append-only'); END;
CREATE TRIGGER token_holds_are_not_deleted BEFORE DELETE ON token_holds
BEGIN SELECT RAISE(ABORT, 'token_holds is append-only'); END;

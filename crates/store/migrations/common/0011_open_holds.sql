-- Of one account: the units of a window that may still come back.
CREATE INDEX token_holds_open_of_account ON token_holds (account_id) WHERE status = 'held';

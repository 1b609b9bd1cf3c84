CREATE FUNCTION count_standing() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- Of an INSERT, OLD is null, and of a DELETE, NEW.
    UPDATE accounts SET standing_version = standing_version + 1 WHERE id IN (OLD.account_id, NEW.account_id);
    RETURN NULL;
END $$;
CREATE TRIGGER user_subscriptions_count AFTER INSERT OR UPDATE OR DELETE ON user_subscriptions
FOR EACH ROW EXECUTE FUNCTION count_standing();
CREATE TRIGGER tier_assignments_count AFTER INSERT OR UPDATE OR DELETE ON tier_assignments
FOR EACH ROW EXECUTE FUNCTION count_standing();

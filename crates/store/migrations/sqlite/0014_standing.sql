CREATE TRIGGER user_subscriptions_insert_counts AFTER INSERT ON user_subscriptions
BEGIN UPDATE accounts SET standing_version = standing_version + 1 WHERE id = NEW.account_id; END;
CREATE TRIGGER user_subscriptions_update_counts AFTER UPDATE ON user_subscriptions
BEGIN UPDATE accounts SET standing_version = standing_version + 1 WHERE id IN (OLD.account_id, NEW.account_id); END;
CREATE TRIGGER user_subscriptions_delete_counts AFTER DELETE ON user_subscriptions
BEGIN UPDATE accounts SET standing_version = standing_version + 1 WHERE id = OLD.account_id; END;
CREATE TRIGGER tier_assignments_insert_counts AFTER INSERT ON tier_assignments
BEGIN UPDATE accounts SET standing_version = standing_version + 1 WHERE id = NEW.account_id; END;
CREATE TRIGGER tier_assignments_update_counts AFTER UPDATE ON tier_assignments
BEGIN UPDATE accounts SET standing_version = standing_version + 1 WHERE id IN (OLD.account_id, NEW.account_id); END;
CREATE TRIGGER tier_assignments_delete_counts AFTER DELETE ON tier_assignments
BEGIN UPDATE accounts SET standing_version = standing_version + 1 WHERE id = OLD.account_id; END;

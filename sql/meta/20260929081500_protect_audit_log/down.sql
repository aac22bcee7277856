DROP TRIGGER audit_log_append_only ON audit_log;
DROP FUNCTION refuse_audit_log_change();

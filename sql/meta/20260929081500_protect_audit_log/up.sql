-- The application's role owns no right to change the log, but an owner would. A
-- statement trigger also refuses TRUNCATE, and statements that would hit no row.
CREATE FUNCTION refuse_audit_log_change() RETURNS trigger
    LANGUAGE plpgsql
AS $$
BEGIN
    RAISE EXCEPTION 'audit_log is append-only: % is refused', TG_OP
        USING ERRCODE = 'insufficient_privilege';
END
$$;

CREATE TRIGGER audit_log_append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_log
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_log_change();

COMMENT ON FUNCTION refuse_audit_log_change() IS
    'Statement trigger: nothing in the audit log is changed or removed.';

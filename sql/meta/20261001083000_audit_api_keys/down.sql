DROP TRIGGER api_keys_audit ON api_keys;
DROP FUNCTION audit_api_key();

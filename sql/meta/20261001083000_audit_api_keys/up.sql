-- Where the branches of the API keys and of the audit log meet: every change of a
-- key is logged by the database itself, whoever makes it.
--
-- The application says who acts: SET LOCAL botconstructor.actor_id = '<users.id>'.
-- Without it the actor is the system.
CREATE FUNCTION audit_api_key() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path = public
AS $$
DECLARE
    changed  api_keys;
    actor_id uuid := nullif(current_setting('botconstructor.actor_id', true), '')::uuid;
    verb     text;
BEGIN
    IF TG_OP = 'DELETE' THEN
        changed := OLD;
        verb := 'delete';
    ELSE
        changed := NEW;
        verb := CASE
            WHEN TG_OP = 'INSERT' THEN 'create'
            WHEN OLD.revoked_at IS NULL AND NEW.revoked_at IS NOT NULL THEN 'revoke'
            ELSE 'update'
        END;
    END IF;

    -- Never the hash: the log is exported.
    INSERT INTO audit_log (actor, actor_id, team_id, action, object_kind, object_id, details)
    VALUES (
        CASE WHEN actor_id IS NULL THEN 'system' ELSE 'user' END::audit_actor,
        actor_id,
        changed.team_id,
        'api_key.' || verb,
        'api_key',
        changed.id::text,
        jsonb_build_object('name', changed.name, 'prefix', changed.prefix, 'scopes', changed.scopes)
    );
    RETURN NULL;
END
$$;

-- Not for last_used_at, which changes all the time.
CREATE TRIGGER api_keys_audit
    AFTER INSERT OR DELETE OR UPDATE OF team_id, name, key_hash, scopes, expires_at, revoked_at ON api_keys
    FOR EACH ROW EXECUTE FUNCTION audit_api_key();

COMMENT ON FUNCTION audit_api_key() IS 'Row trigger: writes what happened to an API key to audit_log.';

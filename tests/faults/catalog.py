"""A database in words: every object that somebody made in it and every row, read from the catalogs.

It stands beside pg_dump, which refuses a server that is newer than itself. Two databases that were made in different
ways, or one before a change and after its inverse, give the same lines exactly when they hold the same. What no SQL
can ask back is left out: oids, the numbers of columns, files, statistics, times.
"""

import json

# Each query gives (kind, name, details as JSON). `known` are the schemas that were made by somebody and are wanted.
# Details that only some versions have are taken from the row as JSON, where what is missing is null.
SECTIONS = [
    # Everything that has a name, also what has no query below.
    """SELECT 'object', o.type || ' ' || o.identity, '{}'::jsonb
       FROM objects, LATERAL pg_identify_object(classid, objid, 0) AS o""",
    """SELECT 'comment', o.type || ' ' || o.identity, to_jsonb(d.description)
       FROM pg_description AS d JOIN objects ON d.classoid = classid AND d.objoid = objid,
            LATERAL pg_identify_object(d.classoid, d.objoid, d.objsubid) AS o""",
    """SELECT 'schema', nspname, jsonb_build_object('owner', nspowner::regrole, 'rights', rights(nspacl, 'n', nspowner))
       FROM pg_namespace WHERE nspname IN (SELECT name FROM known)""",
    """SELECT 'extension', extname, jsonb_build_object('version', extversion, 'schema', extnamespace::regnamespace)
       FROM pg_extension""",
    """SELECT 'relation', r.oid::regclass::text, jsonb_build_object(
         'kind', r.relkind, 'persistence', r.relpersistence, 'owner', r.relowner::regrole,
         'rights', rights(r.relacl, CASE r.relkind WHEN 'S' THEN 's' ELSE 'r' END::"char", r.relowner),
         'options', r.reloptions, 'toast', (SELECT t.reloptions FROM pg_class AS t WHERE t.oid = r.reltoastrelid),
         'method', (SELECT amname FROM pg_am WHERE oid = r.relam), 'tablespace', r.reltablespace,
         'identity', r.relreplident, 'policies', r.relrowsecurity, 'forced', r.relforcerowsecurity,
         'populated', r.relispopulated, 'type', NULLIF(r.reloftype, 0)::regtype,
         'parents', (SELECT jsonb_agg(inhparent::regclass ORDER BY inhseqno) FROM pg_inherits WHERE inhrelid = r.oid),
         'key', pg_get_partkeydef(r.oid), 'bound', pg_get_expr(r.relpartbound, r.oid),
         'definition', CASE WHEN r.relkind IN ('v', 'm') THEN pg_get_viewdef(r.oid) END)
       FROM relations AS r WHERE r.relkind NOT IN ('i', 'I')""",
    """SELECT 'column', a.attrelid::regclass || '.' || a.attname, jsonb_build_object(
         'place', row_number() OVER (PARTITION BY a.attrelid ORDER BY a.attnum),
         'type', format_type(a.atttypid, a.atttypmod), 'collation', NULLIF(a.attcollation, 0)::regcollation,
         'not_null', a.attnotnull, 'identity', a.attidentity, 'generated', a.attgenerated,
         'default', pg_get_expr(d.adbin, d.adrelid), 'storage', a.attstorage,
         'compression', to_jsonb(a) -> 'attcompression', 'statistics', a.attstattarget, 'options', a.attoptions,
         'wrapper', a.attfdwoptions, 'local', a.attislocal, 'inherited', a.attinhcount,
         'rights', (SELECT jsonb_agg(one::text ORDER BY one::text) FROM unnest(a.attacl) AS one))
       FROM relations AS r JOIN pg_attribute AS a ON a.attrelid = r.oid
            LEFT JOIN pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
       WHERE a.attnum > 0 AND NOT a.attisdropped AND r.relkind NOT IN ('i', 'I', 'S')""",
    """SELECT 'sequence', s.seqrelid::regclass::text, to_jsonb(s) - 'seqrelid' - 'seqtypid' || jsonb_build_object(
         'type', s.seqtypid::regtype, 'owner', (
           SELECT d.refobjid::regclass || '.' || a.attname || ' ' || d.deptype::text
           FROM pg_depend AS d JOIN pg_attribute AS a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
           WHERE d.classid = 'pg_class'::regclass AND d.objid = s.seqrelid AND d.deptype IN ('a', 'i')))
       FROM relations AS r JOIN pg_sequence AS s ON s.seqrelid = r.oid""",
    """SELECT 'constraint', coalesce(NULLIF(c.conrelid, 0)::regclass::text, c.contypid::regtype::text) || '.' || c.conname,
              jsonb_build_object('definition', pg_get_constraintdef(c.oid), 'kind', c.contype,
         'validated', c.convalidated, 'enforced', to_jsonb(c) -> 'conenforced', 'deferrable', c.condeferrable,
         'deferred', c.condeferred, 'local', c.conislocal, 'inherited', c.coninhcount, 'stays', c.connoinherit,
         'index', NULLIF(c.conindid, 0)::regclass,
         'parent', (SELECT p.conrelid::regclass || '.' || p.conname FROM pg_constraint AS p WHERE p.oid = c.conparentid))
       FROM pg_constraint AS c WHERE c.connamespace::regnamespace::text IN (SELECT quote_ident(name) FROM known)""",
    """SELECT 'index', i.indexrelid::regclass::text, jsonb_build_object('definition', pg_get_indexdef(i.indexrelid),
         'valid', i.indisvalid, 'ready', i.indisready, 'clustered', i.indisclustered, 'identity', i.indisreplident,
         'tablespace', r.reltablespace, 'parent', (
           SELECT inhparent::regclass FROM pg_inherits WHERE inhrelid = i.indexrelid), 'statistics', (
           SELECT jsonb_agg(attstattarget ORDER BY attnum) FROM pg_attribute WHERE attrelid = i.indexrelid))
       FROM relations AS r JOIN pg_index AS i ON i.indexrelid = r.oid""",
    """SELECT 'trigger', t.tgrelid::regclass || '.' || t.tgname, jsonb_build_object(
         'definition', pg_get_triggerdef(t.oid), 'enabled', t.tgenabled, 'inherited', t.tgparentid <> 0)
       FROM relations AS r JOIN pg_trigger AS t ON t.tgrelid = r.oid WHERE NOT t.tgisinternal""",
    """SELECT 'rule', w.ev_class::regclass || '.' || w.rulename, jsonb_build_object(
         'definition', pg_get_ruledef(w.oid), 'enabled', w.ev_enabled)
       FROM relations AS r JOIN pg_rewrite AS w ON w.ev_class = r.oid""",
    """SELECT 'policy', p.polrelid::regclass || '.' || p.polname, jsonb_build_object(
         'command', p.polcmd, 'permissive', p.polpermissive, 'roles', p.polroles::regrole[],
         'using', pg_get_expr(p.polqual, p.polrelid), 'check', pg_get_expr(p.polwithcheck, p.polrelid))
       FROM relations AS r JOIN pg_policy AS p ON p.polrelid = r.oid""",
    """SELECT 'function', p.oid::regprocedure::text, jsonb_build_object(
         'definition', CASE WHEN p.prokind = 'a' THEN (
           SELECT (to_jsonb(a) - 'aggfnoid')::text FROM pg_aggregate AS a WHERE a.aggfnoid = p.oid)
           ELSE pg_get_functiondef(p.oid) END,
         'owner', p.proowner::regrole, 'rights', rights(p.proacl, 'f', p.proowner))
       FROM objects JOIN pg_proc AS p ON classid = 'pg_proc'::regclass AND objid = p.oid
       WHERE p.pronamespace::regnamespace::text IN (SELECT quote_ident(name) FROM known)""",
    """SELECT 'type', t.oid::regtype::text, jsonb_build_object('kind', t.typtype, 'owner', t.typowner::regrole,
         'rights', rights(t.typacl, 'T', t.typowner), 'not_null', t.typnotnull, 'default', t.typdefault,
         'base', CASE WHEN t.typbasetype <> 0 THEN format_type(t.typbasetype, t.typtypmod) END,
         'collation', NULLIF(t.typcollation, 0)::regcollation,
         'labels', (SELECT jsonb_agg(enumlabel ORDER BY enumsortorder) FROM pg_enum WHERE enumtypid = t.oid),
         'range', (SELECT to_jsonb(g) - 'rngtypid' - 'rngmultitypid' || jsonb_build_object('of', g.rngsubtype::regtype)
                   FROM pg_range AS g WHERE g.rngtypid = t.oid))
       FROM objects JOIN pg_type AS t ON classid = 'pg_type'::regclass AND objid = t.oid
       WHERE t.typnamespace::regnamespace::text IN (SELECT quote_ident(name) FROM known)
         AND t.typtype IN ('d', 'e', 'r', 'c')""",
    """SELECT 'statistics', s.stxname, jsonb_build_object('definition', pg_get_statisticsobjdef(s.oid))
       FROM pg_statistic_ext AS s WHERE s.stxnamespace::regnamespace::text IN (SELECT quote_ident(name) FROM known)""",
    """SELECT 'default rights', d.defaclrole::regrole || ' ' || d.defaclnamespace::regnamespace || ' ' || d.defaclobjtype::text,
              to_jsonb(rights(d.defaclacl, d.defaclobjtype, d.defaclrole)) FROM pg_default_acl AS d""",
    """SELECT 'event trigger', evtname, to_jsonb(e) - 'oid' - 'evtfoid' || jsonb_build_object('calls', evtfoid::regprocedure)
       FROM pg_event_trigger AS e""",
    """SELECT 'setting', coalesce(NULLIF(setrole, 0)::regrole::text, ''), to_jsonb(setconfig)
       FROM pg_db_role_setting WHERE setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database())""",
]

# Functions of this session only. A right that was given and taken away again leaves the defaults in writing.
PREPARE = """
    SET LOCAL search_path = pg_catalog;
    CREATE FUNCTION pg_temp.rights(given aclitem[], kind "char", owner oid) RETURNS text[] LANGUAGE sql AS $$
      SELECT ARRAY(SELECT one::text FROM unnest(coalesce(given, acldefault(kind, owner))) AS one ORDER BY 1) $$;
    CREATE TEMP TABLE known ON COMMIT DROP AS
      SELECT nspname AS name FROM pg_namespace
      WHERE nspname <> 'information_schema' AND nspname !~ '^pg_' AND nspname <> ALL (%(without)s);
    CREATE TEMP TABLE relations ON COMMIT DROP AS
      SELECT c.* FROM pg_class AS c WHERE relnamespace IN (
        SELECT n.oid FROM pg_namespace AS n JOIN known ON nspname = name);
    CREATE TEMP TABLE objects (classid oid, objid oid) ON COMMIT DROP;
    DO $$ DECLARE catalog regclass; BEGIN
      FOR catalog IN
        SELECT c.oid FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attname = 'oid'
        WHERE c.relnamespace = 'pg_catalog'::regnamespace AND c.relkind = 'r' AND NOT c.relisshared
          AND c.relname NOT IN ('pg_trigger', 'pg_enum')
      LOOP
        EXECUTE format('INSERT INTO pg_temp.objects SELECT %%s, oid FROM %%s WHERE oid >= 16384
                        OR tableoid = ''pg_namespace''::regclass', catalog::oid, catalog);
      END LOOP;
    END $$;
    INSERT INTO pg_temp.objects SELECT 'pg_trigger'::regclass, oid FROM pg_trigger WHERE NOT tgisinternal;
    DELETE FROM pg_temp.objects WHERE classid = 'pg_namespace'::regclass
      AND objid NOT IN (SELECT n.oid FROM pg_namespace AS n JOIN pg_temp.known ON nspname = name);
    -- What belongs to a table, such as a trigger, has no schema of its own; then its table's is the first of its names.
    DELETE FROM pg_temp.objects WHERE (
      SELECT CASE WHEN o.schema IS NULL THEN a.object_names[1] = ANY (%(without)s)
                  ELSE o.schema NOT IN (SELECT quote_ident(name) FROM pg_temp.known) END
      FROM pg_identify_object(classid, objid, 0) AS o, pg_identify_object_as_address(classid, objid, 0) AS a);
"""


def describe(connection, without=(), rows=True):
    """Sorted lines, one for each object and each row. `without` are schemas that do not count."""
    with connection.cursor() as cursor:
        cursor.execute("BEGIN")
        cursor.execute(PREPARE, {"without": list(without)})
        lines = []
        for query in SECTIONS:
            cursor.execute(query.replace("rights(", "pg_temp.rights("))
            lines += [f"{kind} {name}: {json.dumps(details, sort_keys=True)}" for kind, name, details in cursor.fetchall()]
        if rows:
            cursor.execute("SELECT oid::regclass::text, relkind FROM pg_temp.relations WHERE relkind IN ('r', 'S')")
            for name, kind in cursor.fetchall():
                row = "last_value, is_called" if kind == "S" else "t.*"
                cursor.execute(f"SELECT to_jsonb(r) FROM (SELECT {row} FROM ONLY {name} AS t) AS r")
                lines += [f"row {name}: {json.dumps(values)}" for values, in cursor.fetchall()]
        cursor.execute("ROLLBACK")
    return sorted(lines)

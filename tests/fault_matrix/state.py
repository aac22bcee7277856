"""What a database holds, as a value: its schema and rows, its ledger, its witnesses; and what must hold at any time."""

import collections
import hashlib
import typing

import psycopg2

# One line for each thing in a schema that is not the server's own. Oids and sizes are left out: they differ between
# databases that are the same.
SCHEMA_SQL = r"""
WITH n AS (SELECT oid, nspname AS name FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'),
     c AS (SELECT c.*, format('%I.%I', n.name, c.relname) AS name FROM pg_class c JOIN n ON n.oid = c.relnamespace)
SELECT 'schema ' || name || coalesce(' ' || obj_description(oid, 'pg_namespace'), '') FROM n
UNION ALL SELECT format('relation %s %s %s %s %s %s', name, relkind, relpersistence, relowner::regrole, relacl,
                        obj_description(oid, 'pg_class')) FROM c
UNION ALL SELECT format('column %s.%I %s %s null=%s identity=%s %s %s', c.name, a.attname, a.attnum > 0,
                        format_type(a.atttypid, a.atttypmod), NOT a.attnotnull, a.attidentity,
                        pg_get_expr(d.adbin, d.adrelid), col_description(c.oid, a.attnum))
          FROM c JOIN pg_attribute a ON a.attrelid = c.oid LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
          WHERE a.attnum > 0 AND NOT a.attisdropped
UNION ALL SELECT format('index %s valid=%s ready=%s live=%s', pg_get_indexdef(c.oid), i.indisvalid, i.indisready, i.indislive)
          FROM c JOIN pg_index i ON i.indexrelid = c.oid
UNION ALL SELECT format('constraint %s %s %s', c.name, k.conname, pg_get_constraintdef(k.oid))
          FROM c JOIN pg_constraint k ON k.conrelid = c.oid
UNION ALL SELECT format('trigger %s %s', pg_get_triggerdef(t.oid), t.tgenabled)
          FROM c JOIN pg_trigger t ON t.tgrelid = c.oid WHERE NOT t.tgisinternal
UNION ALL SELECT format('view %s %s', c.name, pg_get_viewdef(c.oid)) FROM c WHERE c.relkind IN ('v', 'm')
UNION ALL SELECT format('function %s %s', pg_get_functiondef(p.oid), p.proacl)
          FROM pg_proc p JOIN n ON n.oid = p.pronamespace WHERE p.prokind IN ('f', 'p')
UNION ALL SELECT format('enum %I.%I %s', n.name, t.typname, (SELECT array_agg(e.enumlabel ORDER BY e.enumsortorder)
                 FROM pg_enum e WHERE e.enumtypid = t.oid)) FROM pg_type t JOIN n ON n.oid = t.typnamespace WHERE t.typtype = 'e'
"""

# Times, durations and the random ids of runs and attempts differ between any two runs; so does the number of statements
# that a step counted on its way.
LEDGER_COLUMNS = ('scope', 'id', 'description', 'depends_on', 'ordinal', 'up_hash', 'up_tokens', 'down_hash', 'down_tokens',
                  'hash_algorithm', 'down_kind', 'down_script', 'up_transaction', 'down_transaction', 'settings', 'status')

FINAL_EVENTS = ['applied', 'reverted', 'stamped', 'unstamped', 'purged', 'adopted', 'repaired']
LEDGER_TABLES = ('ledger', 'migration', 'run', 'event')


class State(typing.NamedTuple):
    schema: list  # lines
    rows: dict  # table: its rows as text
    ledger: dict  # 'id.column': value
    events: dict  # (migration, direction, kind): how often; final kinds only
    witness: dict  # row of public.witness: how often
    whole_ledger: str  # a digest of every column of every row of the ledger

    def differences(self, other):
        """How `self` differs from `other`, which is right; nothing when it does not. The digest is not looked at."""
        ours, theirs = collections.Counter(self.schema), collections.Counter(other.schema)
        found = [f'schema: lacks {line}' for line in theirs - ours] + [f'schema: has {line}' for line in ours - theirs]
        for what in ('rows', 'ledger', 'events', 'witness'):
            ours, theirs = getattr(self, what), getattr(other, what)
            found += [f'{what}: {key} is {ours.get(key)} instead of {theirs.get(key)}'
                      for key in sorted({*ours, *theirs}, key=str) if ours.get(key) != theirs.get(key)]
        return found


def look(connection):
    """The state of a database that nobody is changing."""
    with connection.cursor() as cursor:
        cursor.execute(SCHEMA_SQL)
        schema = sorted(line for line, in cursor)
        cursor.execute("SELECT c.oid::regclass::text FROM pg_class c WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace "
                       "AND relname <> 'witness' ORDER BY 1")
        rows = {}
        for table, in cursor.fetchall():
            cursor.execute(f'SELECT t::text FROM {table} t ORDER BY 1')
            rows[table] = [row for row, in cursor]
        witness = _witness(cursor)
        if not _has_ledger(cursor):
            return State(schema, rows, {}, {}, witness, '')
        cursor.execute(f'SELECT {", ".join(LEDGER_COLUMNS)} FROM sqlmig.migration')
        ledger = {f'{row[1]}.{column}': value for row in cursor for column, value in zip(LEDGER_COLUMNS, row)}
        cursor.execute('SELECT migration, direction, kind, count(*) FROM sqlmig.event WHERE kind = ANY (%s) GROUP BY 1, 2, 3',
                       (FINAL_EVENTS,))
        events = {row[:3]: row[3] for row in cursor}
        return State(schema, rows, ledger, events, witness, whole_ledger(cursor))


def whole_ledger(cursor):
    digest = hashlib.sha256()
    for table in LEDGER_TABLES:
        cursor.execute(f'SELECT t::text FROM sqlmig.{table} t ORDER BY 1')
        for row, in cursor:
            digest.update(row.encode() + b'\n')
    return digest.hexdigest()


def open_runs(connection):
    """How many runs have no end in the ledger."""
    with connection.cursor() as cursor:
        if not _has_ledger(cursor):
            return 0
        cursor.execute('SELECT count(*) FROM sqlmig.run WHERE ended_at IS NULL')
        return cursor.fetchone()[0]


def _has_ledger(cursor):
    cursor.execute("SELECT to_regclass('sqlmig.migration') IS NOT NULL")
    return cursor.fetchone()[0]


def _witness(cursor):
    cursor.execute('SELECT id, count(*) FROM public.witness GROUP BY 1')
    return dict(cursor.fetchall())


def applied_and_witness(connection):
    """({id: (status, depends_on)}, witness) of one moment, though a backend without a client may still be at work."""
    with connection.cursor() as cursor:
        while True:
            if not _has_ledger(cursor):
                witness = _witness(cursor)
                if not _has_ledger(cursor):  # and so there was none when the witnesses were read
                    return {}, witness
            try:
                cursor.execute("SELECT (SELECT json_object_agg(id, json_build_array(status, depends_on)) FROM sqlmig.migration), "
                               '(SELECT json_object_agg(id, n) FROM (SELECT id, count(*) AS n FROM public.witness GROUP BY 1) w)')
            except psycopg2.errors.UndefinedTable:
                continue
            applied, witness = cursor.fetchone()
            return applied or {}, witness or {}


def broken_promises(scenario, steps, applied, witness):
    """P1 and P2 while nothing has been mended: a step and its row are both there or both absent, and nothing is twice."""
    found = [f'{name} ran {count} times' for name, count in witness.items() if count > 1]
    for name, (status, depends_on) in applied.items():
        found += [f'{name} is {status} without {parent}' for parent in depends_on if parent not in applied]
    if scenario.direction is None:
        return found
    up = scenario.direction == 'up'
    for step in steps:
        name = step['id']
        if step.get('up') == 'none':
            continue
        status = applied.get(name, ('absent', []))[0]
        done = status == ('applied' if up else 'absent')
        begun = status != ('absent' if up else 'applied')
        ran = (name if up else f'down {name}') in witness
        # Without a transaction the step is first begun in the ledger, then runs, and is done there last.
        wrong = (done and not ran or ran and not begun) if name in scenario.plain else ran != done
        if wrong:
            found.append(f'{name} is {status} in the ledger, and its script has {"" if ran else "not "}run')
        if name not in scenario.plain and status in ('applying', 'reverting'):
            found.append(f'{name} is {status}, though it runs in a transaction')
    return found

"""What the database holds besides tables: roles, the tenant and clock functions, row-level security and grants.

Policies and grants follow from the models (`Tenanted`, `insert_only`), so they are derived after every migration
instead of being repeated in each: a table that somebody forgot cannot exist.
"""

from collections.abc import Iterator
from importlib import resources

from sqlalchemy import Connection, Table, text

from omneo_api.foundation.database import APPLICATION_ROLE, ERASURE_ROLE
from omneo_api.foundation.models import Base, Tenanted

OWN_TENANT = "tenant_id = omneo_tenant()"

FUNCTIONS = """
CREATE OR REPLACE FUNCTION omneo_tenant() RETURNS integer LANGUAGE sql STABLE PARALLEL SAFE AS
$$ SELECT nullif(current_setting('omneo.tenant_id', true), '')::integer $$;

CREATE OR REPLACE FUNCTION omneo_now() RETURNS timestamptz LANGUAGE sql STABLE PARALLEL SAFE AS
$$ SELECT now() + coalesce(nullif(current_setting('omneo.clock_offset', true), '')::interval, '0') $$;

CREATE OR REPLACE FUNCTION omneo_fold(value text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT AS
$$ SELECT lower(unaccent('unaccent', value)) $$;
"""

ROLES = f"""
DO $$
DECLARE wanted text;
BEGIN
    FOREACH wanted IN ARRAY ARRAY['{APPLICATION_ROLE}', '{ERASURE_ROLE}'] LOOP
        BEGIN
            IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = wanted) THEN
                EXECUTE format('CREATE ROLE %I NOLOGIN NOSUPERUSER NOBYPASSRLS', wanted);
            END IF;
        EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
        END;
        IF NOT pg_has_role(current_user, wanted, 'SET') THEN
            EXECUTE format('GRANT %I TO current_user', wanted);
        END IF;
    END LOOP;
END $$;
"""

COUNTERS = """
CREATE TABLE IF NOT EXISTS row_counts (
    tenant_id integer NOT NULL,
    name text NOT NULL,
    slot smallint NOT NULL,
    rows bigint NOT NULL,
    PRIMARY KEY (tenant_id, name, slot)
) WITH (fillfactor = 50);

CREATE OR REPLACE FUNCTION omneo_count(counted text) RETURNS bigint LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = public AS
$$ SELECT coalesce(sum(c.rows), 0)::bigint FROM row_counts c
   WHERE c.tenant_id = omneo_tenant() AND c.name = counted $$;
"""


_COUNT = """
    INSERT INTO row_counts AS c (tenant_id, name, slot, rows)
    SELECT {tenant}, '{table}', pg_backend_pid() % 16, {number} {rows}
    ON CONFLICT (tenant_id, name, slot) DO UPDATE SET rows = c.rows + excluded.rows
"""


def counter(table: str, condition: str) -> tuple[str, ...]:
    """Keeps the number of a table's rows that meet the condition, spread over slots so that writers do not queue."""
    whole = "FROM changed WHERE " + condition.format(row="changed") + " GROUP BY tenant_id"
    added, gone = (
        _COUNT.format(tenant="tenant_id", table=table, number=number, rows=whole)
        for number in ("count(*)", "-count(*)")
    )
    step = "CASE WHEN " + condition.format(row="NEW") + " THEN 1 ELSE -1 END"
    moved = _COUNT.format(tenant="NEW.tenant_id", table=table, number=step, rows="")
    differs = f"({condition.format(row='OLD')}) IS DISTINCT FROM ({condition.format(row='NEW')})"
    run = f"EXECUTE FUNCTION omneo_count_{table}()"
    each = f"TABLE AS changed FOR EACH STATEMENT {run}"
    return (
        f"""
        CREATE OR REPLACE FUNCTION omneo_count_{table}() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
        SET search_path = public AS $$
        BEGIN
            IF TG_OP = 'INSERT' THEN {added};
            ELSIF TG_OP = 'DELETE' THEN {gone};
            ELSE {moved};
            END IF;
            RETURN NULL;
        END $$
        """,
        f"CREATE OR REPLACE TRIGGER count_insert AFTER INSERT ON {table} REFERENCING NEW {each}",
        f"CREATE OR REPLACE TRIGGER count_delete AFTER DELETE ON {table} REFERENCING OLD {each}",
        f"CREATE OR REPLACE TRIGGER count_update AFTER UPDATE ON {table} FOR EACH ROW WHEN ({differs}) {run}",
    )


def derived() -> Iterator[tuple[str, tuple[str, ...]]]:
    """Table name and the statements that stand beside it."""
    for mapper in Base.registry.mappers:
        model = mapper.class_
        if issubclass(model, Tenanted):
            name = str(model.__tablename__)
            yield name, (*(counter(name, model.counted) if model.counted else ()), *model.derived_sql)


UNDO = r"""
DO $$
DECLARE found record;
BEGIN
    FOR found IN SELECT oid::regclass AS name FROM pg_class
        WHERE relkind IN ('r', 'v') AND relnamespace = 'public'::regnamespace
          AND (relname LIKE 'procrastinate\_%' OR relname = 'row_counts')
    LOOP EXECUTE 'DROP TABLE IF EXISTS ' || found.name || ' CASCADE'; END LOOP;
    FOR found IN SELECT oid::regprocedure AS name FROM pg_proc
        WHERE pronamespace = 'public'::regnamespace
          AND (proname LIKE 'procrastinate\_%' OR proname LIKE 'omneo\_%')
    LOOP EXECUTE 'DROP FUNCTION IF EXISTS ' || found.name || ' CASCADE'; END LOOP;
    FOR found IN SELECT oid::regtype AS name FROM pg_type
        WHERE typnamespace = 'public'::regnamespace AND typname LIKE 'procrastinate\_%' AND typtype IN ('c', 'e')
    LOOP EXECUTE 'DROP TYPE IF EXISTS ' || found.name || ' CASCADE'; END LOOP;
END $$;
"""


# Every index begins with the tenant. PostgreSQL takes the tenant for one of two hundred until it has looked at a table
# itself; so while a table is empty any of its indexes looks as good as the right one, and each connection keeps that
# plan, foreign keys theirs too: 1,000 purchases in a new installation took 7.5 s of its processor time, 0.6 s when it
# knows from the start that the tenant selects nothing. Before version 18 it cannot be told.
EXPECTATIONS = """
    SELECT pg_restore_attribute_stats('schemaname', 'public', 'relname', c.relname::text, 'attname', 'tenant_id',
                                      'inherited', false, 'null_frac', 0::real, 'avg_width', 4, 'n_distinct', 1::real)
    FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped
    WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace AND NOT EXISTS (
        SELECT FROM pg_stats s
        WHERE s.schemaname = 'public' AND s.tablename = c.relname AND s.attname = 'tenant_id')
"""
EXPECTED_SINCE = (18,)


def tenanted_tables() -> Iterator[tuple[Table, bool]]:
    """Every tenant table with whether it is insert-only."""
    for mapper in Base.registry.mappers:
        if issubclass(mapper.class_, Tenanted):
            yield mapper.local_table, mapper.class_.insert_only  # type: ignore[misc]


def apply(connection: Connection) -> None:
    """Brings policies and grants in line with the models; harmless when repeated."""
    present = {
        row[0] for row in connection.execute(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'"))
    }
    if "tenants" not in present:
        return
    for table, insert_only in tenanted_tables():
        if table.name not in present:
            continue
        rights = "SELECT, INSERT" if insert_only else "SELECT, INSERT, UPDATE, DELETE"
        for statement in (
            f"ALTER TABLE {table.name} ENABLE ROW LEVEL SECURITY",
            f"DROP POLICY IF EXISTS tenant ON {table.name}",
            f"CREATE POLICY tenant ON {table.name} USING ({OWN_TENANT}) WITH CHECK ({OWN_TENANT})",
            f"REVOKE ALL ON {table.name} FROM {APPLICATION_ROLE}",
            f"GRANT {rights} ON {table.name} TO {APPLICATION_ROLE}",
            f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table.name} TO {ERASURE_ROLE}",
        ):
            connection.execute(text(statement))
    for name, statements in derived():
        for statement in statements if name in present else ():
            connection.exec_driver_sql(statement.replace("%", "%%"))
    for statement in (
        f"GRANT USAGE ON SCHEMA public TO {APPLICATION_ROLE}, {ERASURE_ROLE}",
        f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {APPLICATION_ROLE}, {ERASURE_ROLE}",
        f"GRANT SELECT ON tenants TO {APPLICATION_ROLE}, {ERASURE_ROLE}",
    ):
        connection.execute(text(statement))
    for name in sorted(table for table in present if table.startswith("procrastinate_")):
        connection.execute(
            text(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {name} TO {APPLICATION_ROLE}, {ERASURE_ROLE}")
        )
    if (connection.dialect.server_version_info or ()) >= EXPECTED_SINCE:
        connection.execute(text(EXPECTATIONS))


def queue_schema() -> str:
    """The queue's own tables and functions, from the library, and an index that it lacks.

    Whether a job's lock is free is asked for every job that is looked at; without the index that reads every waiting
    job, and a long queue becomes slow with the square of its length.
    """
    return (resources.files("procrastinate") / "sql" / "schema.sql").read_text() + (
        "CREATE INDEX procrastinate_jobs_by_lock ON procrastinate_jobs (lock, priority, id)"
        " WHERE lock IS NOT NULL AND status IN ('todo', 'doing');"
    )

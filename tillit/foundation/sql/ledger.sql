-- The ledger: one row per inserted, changed or deleted row of a tenant's tables, written in the same transaction.
-- Statement-level triggers with transition tables keep a million-row import at set speed.
-- All functions run as the owner of the tables: the application role may read the ledger, never write it.

CREATE SEQUENCE IF NOT EXISTS foundation_ledgerentry_id_seq AS bigint;

CREATE TABLE IF NOT EXISTS foundation_ledgerentry (
    id bigint NOT NULL DEFAULT nextval('foundation_ledgerentry_id_seq'),
    tenant_id bigint NOT NULL,
    at timestamptz NOT NULL,
    transaction_id bigint NOT NULL,
    actor_id bigint,
    action text NOT NULL,
    cause text NOT NULL,
    table_name text NOT NULL,
    row_id bigint NOT NULL,
    kind char(1) NOT NULL CHECK (kind IN ('i', 'u', 'd')),
    before jsonb,
    after jsonb
) PARTITION BY RANGE (at);

CREATE INDEX IF NOT EXISTS ledger_by_row ON foundation_ledgerentry (tenant_id, table_name, row_id, id);
CREATE INDEX IF NOT EXISTS ledger_by_cause ON foundation_ledgerentry (tenant_id, cause, id) WHERE cause <> '';

CREATE TABLE IF NOT EXISTS foundation_ledgerentry_rest PARTITION OF foundation_ledgerentry DEFAULT;

-- Partitions for the months from `first` on; idempotent. Called at every start and by a nightly job. A partition has no
-- policy of its own, and every new table is open to the application by default: it is closed before anybody sees it.
CREATE OR REPLACE FUNCTION ledger_partitions(first date, months integer) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    month date;
BEGIN
    FOR month IN SELECT date_trunc('month', first)::date + make_interval(months => n)
                 FROM generate_series(0, months - 1) AS n LOOP
        IF to_regclass('public.foundation_ledgerentry_' || to_char(month, 'YYYYMM')) IS NULL THEN
            EXECUTE format(
                'CREATE TABLE public.foundation_ledgerentry_%s PARTITION OF public.foundation_ledgerentry '
                'FOR VALUES FROM (%L) TO (%L)',
                to_char(month, 'YYYYMM'), month::timestamp AT TIME ZONE 'UTC',
                (month + interval '1 month')::timestamp AT TIME ZONE 'UTC');
            EXECUTE format('REVOKE ALL ON public.foundation_ledgerentry_%s FROM tillit_app', to_char(month, 'YYYYMM'));
        END IF;
    END LOOP;
END $$;

-- The time written: now, unless the owner role (the demo's loader) tells another one. The application cannot.
CREATE OR REPLACE FUNCTION ledger_time() RETURNS timestamptz LANGUAGE sql STABLE
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT CASE WHEN session_user = 'tillit_app' THEN now()
                ELSE coalesce(nullif(current_setting('tillit.clock', true), '')::timestamptz, now()) END
$$;

-- What differs between two images of a row: {"before": {...}, "after": {...}} with the changed fields only.
CREATE OR REPLACE FUNCTION ledger_difference(old_row jsonb, new_row jsonb) RETURNS jsonb[] LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT ARRAY[jsonb_object_agg(o.key, o.value), jsonb_object_agg(o.key, n.value)]
    FROM jsonb_each(old_row) o JOIN jsonb_each(new_row) n USING (key)
    WHERE o.value IS DISTINCT FROM n.value
$$;

-- Trigger arguments: the columns that are derived or housekeeping and are left out of the images.
CREATE OR REPLACE FUNCTION ledger_inserted() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    INSERT INTO foundation_ledgerentry
        (tenant_id, at, transaction_id, actor_id, action, cause, table_name, row_id, kind, after)
    SELECT n.tenant_id, ledger_time(), pg_current_xact_id()::text::bigint,
           nullif(current_setting('tillit.actor', true), '')::bigint,
           coalesce(current_setting('tillit.action', true), ''), coalesce(current_setting('tillit.cause', true), ''),
           TG_TABLE_NAME, n.id, 'i', jsonb_strip_nulls(to_jsonb(n) - TG_ARGV)
    FROM new_rows n;
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION ledger_changed() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    INSERT INTO foundation_ledgerentry
        (tenant_id, at, transaction_id, actor_id, action, cause, table_name, row_id, kind, before, after)
    SELECT n.tenant_id, ledger_time(), pg_current_xact_id()::text::bigint,
           nullif(current_setting('tillit.actor', true), '')::bigint,
           coalesce(current_setting('tillit.action', true), ''), coalesce(current_setting('tillit.cause', true), ''),
           TG_TABLE_NAME, n.id, 'u', d.difference[1], d.difference[2]
    FROM old_rows o JOIN new_rows n USING (id),
         LATERAL ledger_difference(to_jsonb(o) - TG_ARGV, to_jsonb(n) - TG_ARGV) AS d(difference)
    WHERE d.difference[1] IS NOT NULL;
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION ledger_deleted() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    INSERT INTO foundation_ledgerentry
        (tenant_id, at, transaction_id, actor_id, action, cause, table_name, row_id, kind, before)
    SELECT o.tenant_id, ledger_time(), pg_current_xact_id()::text::bigint,
           nullif(current_setting('tillit.actor', true), '')::bigint,
           coalesce(current_setting('tillit.action', true), ''), coalesce(current_setting('tillit.cause', true), ''),
           TG_TABLE_NAME, o.id, 'd', jsonb_strip_nulls(to_jsonb(o) - TG_ARGV)
    FROM old_rows o;
    RETURN NULL;
END $$;

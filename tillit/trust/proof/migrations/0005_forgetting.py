"""Runs of checks may be added and not changed by the application; what is old it may ask the database to delete."""

from django.db import migrations

# The newest run of a check stays, and the newest that could say yes or no: badges and events go by them. Marked runs
# are of no check. In the owner's name; temporary tables come last on the path, or somebody could put one in the way.
FORGET = """
CREATE FUNCTION proof_forget(before timestamptz) RETURNS bigint LANGUAGE sql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    WITH gone AS (
        DELETE FROM public.proof_checkrun AS run
        WHERE at < least(before, now() - interval '30 days') AND (name = 'retention-canary' OR EXISTS (
            SELECT FROM public.proof_checkrun AS later
            WHERE later.name = run.name AND (later.at, later.id) > (run.at, run.id)
              AND (later.ok IS NOT NULL OR run.ok IS NULL)
        ))
        RETURNING 1
    )
    SELECT count(*) FROM gone
$$;
REVOKE ALL ON FUNCTION proof_forget FROM PUBLIC;
GRANT EXECUTE ON FUNCTION proof_forget TO tillit_app;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("proof", "0004_undecided"),
    ]

    operations = [migrations.RunSQL(FORGET, "DROP FUNCTION proof_forget")]

"""Decisions may be added and not changed by the application; what is old it may ask the database to delete."""

import django.contrib.postgres.indexes
from django.db import migrations

# In the owner's name, who is bound by row-level security as well. Temporary tables come last on the path, or somebody
# could put one in the way. 100 days: the trust page speaks of the last 90.
FORGET = """
CREATE FUNCTION broker_forget(before timestamptz) RETURNS bigint LANGUAGE sql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    WITH gone AS (
        DELETE FROM public.broker_decision WHERE at < least(before, now() - interval '100 days') RETURNING 1
    )
    SELECT count(*) FROM gone
$$;
REVOKE ALL ON FUNCTION broker_forget FROM PUBLIC;
GRANT EXECUTE ON FUNCTION broker_forget TO tillit_app;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("broker", "0002_indexes"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="decision",
            index=django.contrib.postgres.indexes.BrinIndex(fields=["at"], name="decision_by_age"),
        ),
        migrations.RunSQL(FORGET, "DROP FUNCTION broker_forget"),
    ]

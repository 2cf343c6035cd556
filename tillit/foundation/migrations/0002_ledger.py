"""Search folding and the ledger. The SQL is idempotent and applied again at every `prepare`, so it may grow."""

from pathlib import Path

from django.db import migrations

FOLDER = Path(__file__).resolve().parents[1] / "sql"


def apply_sql(_apps, schema_editor):
    with schema_editor.connection.cursor() as cursor:
        for name in ("fold.sql", "ledger.sql"):
            cursor.execute((FOLDER / name).read_text())


class Migration(migrations.Migration):
    dependencies = [("foundation", "0001_initial")]
    operations = [migrations.RunPython(apply_sql, migrations.RunPython.noop)]

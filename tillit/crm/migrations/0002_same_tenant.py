"""Foreign keys over (tenant, row): the database itself refuses a person at another tenant's company."""

from django.db import migrations

KEYS = [
    ("crm_person", "company", "crm_company"),
    ("crm_selectionmember", "selection", "crm_selection"),
    ("crm_selectionmember", "company", "crm_company"),
    ("crm_selectionmember", "person", "crm_person"),
]


def same_tenant(table, column, target):
    name = f"{table}_{column}_in_same_tenant"
    return migrations.RunSQL(
        f"ALTER TABLE {table} ADD CONSTRAINT {name} FOREIGN KEY (tenant_id, {column}_id)"
        f" REFERENCES {target} (tenant_id, id) DEFERRABLE INITIALLY DEFERRED",
        f"ALTER TABLE {table} DROP CONSTRAINT {name}",
    )


class Migration(migrations.Migration):
    dependencies = [("crm", "0001_initial")]
    operations = [same_tenant(*key) for key in KEYS]

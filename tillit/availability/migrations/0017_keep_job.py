"""Windows announced before say themselves what they are for: their line of the plan may change."""

from django.db import migrations

KEEP = """
UPDATE availability_maintenancewindow AS announced SET job = line.job
FROM availability_maintenancerule AS line WHERE line.id = announced.rule_id AND announced.job = ''
"""


class Migration(migrations.Migration):
    dependencies = [("availability", "0016_postmortem_published")]

    operations = [migrations.RunSQL(KEEP, migrations.RunSQL.noop)]

from django.db import migrations, models
from django.db.models import Value


class Migration(migrations.Migration):
    dependencies = [("availability", "0004_incident_life")]

    operations = [
        migrations.AddField(
            "component",
            "probes",
            models.JSONField(blank=True, db_default=Value([], models.JSONField()), default=list),
        ),
    ]

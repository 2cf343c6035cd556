from django.db import migrations, models

WAVES = [("a", "Wave A (first)"), ("b", "Wave B"), ("c", "Wave C"), ("d", "Wave D"), ("e", "Wave E"), ("f", "Wave F")]


class Migration(migrations.Migration):
    dependencies = [
        ("availability", "0005_component_probes"),
    ]

    operations = [
        migrations.AlterField(
            model_name="maintenancewindow",
            name="wave",
            field=models.CharField(blank=True, choices=WAVES, max_length=1, verbose_name="wave"),
        ),
    ]

from django.db import migrations, models

WAVES = [("a", "Wave A (first)"), ("b", "Wave B"), ("c", "Wave C"), ("d", "Wave D"), ("e", "Wave E"), ("f", "Wave F")]


class Migration(migrations.Migration):
    dependencies = [
        ("foundation", "0005_kind_probe"),
    ]

    operations = [
        migrations.RemoveConstraint(model_name="tenant", name="tenant_wave_known"),
        migrations.AlterField(
            model_name="tenant",
            name="wave",
            field=models.CharField(choices=WAVES, default="b", max_length=1, verbose_name="release wave"),
        ),
        migrations.AddConstraint(
            model_name="tenant",
            constraint=models.CheckConstraint(
                condition=models.Q(("wave__in", ["a", "b", "c", "d", "e", "f"])), name="tenant_wave_known"
            ),
        ),
    ]

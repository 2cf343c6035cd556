from django.db import migrations, models

KINDS = [("customer", "Customer"), ("operator", "Operator"), ("probe", "Probes")]


class Migration(migrations.Migration):
    dependencies = [("foundation", "0004_mail_tenant")]

    operations = [
        migrations.AlterField("tenant", "kind", models.CharField(choices=KINDS, default="customer", max_length=20))
    ]

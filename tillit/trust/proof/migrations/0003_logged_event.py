"""Which events were taken into the log, whether or not they changed anything in public."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('proof', '0002_checks'),
    ]

    operations = [
        migrations.CreateModel(
            name='LoggedEvent',
            fields=[
                ('event_id', models.BigIntegerField(primary_key=True, serialize=False)),
            ],
        ),
    ]

"""A check may also say that it cannot judge yet."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('proof', '0003_logged_event'),
    ]

    operations = [
        migrations.AlterField(
            model_name='checkrun',
            name='ok',
            field=models.BooleanField(null=True),
        ),
    ]

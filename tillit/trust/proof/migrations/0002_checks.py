"""What checks found and marked records. A run that is written down cannot be changed or deleted by the application."""

import django.db.models
import tillit.foundation.clock
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('proof', '0001_log'),
    ]

    operations = [
        migrations.CreateModel(
            name='CheckRun',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=80)),
                ('at', models.DateTimeField(default=tillit.foundation.clock.now)),
                ('ok', models.BooleanField()),
                ('message', models.TextField()),
                ('figures', models.JSONField(default=dict)),
                ('milliseconds', models.PositiveIntegerField()),
            ],
            options={
                'indexes': [models.Index(fields=['name', '-at', '-id'], name='check_runs_newest_first')],
            },
        ),
        migrations.CreateModel(
            name='Canary',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('rule', models.SlugField(max_length=80)),
                ('holding', models.CharField(max_length=80)),
                ('key', models.CharField(max_length=200)),
                ('hours', models.PositiveIntegerField()),
                ('planted_at', models.DateTimeField(default=tillit.foundation.clock.now)),
                ('used_at', models.DateTimeField(null=True)),
                ('gone_at', models.DateTimeField(null=True)),
            ],
            options={
                'indexes': [models.Index(fields=['rule', '-id'], name='canaries_newest_first')],
                'constraints': [
                    models.UniqueConstraint(models.F('rule'), condition=models.Q(('gone_at', None)), name='one_canary_alive_each'),
                    models.CheckConstraint(condition=models.Q(('gone_at__gte', models.F('planted_at'))), name='canary_planted_before_gone'),
                ],
            },
        ),
        migrations.RunSQL(
            "REVOKE UPDATE, DELETE, TRUNCATE ON proof_checkrun FROM tillit_app",
            "GRANT UPDATE, DELETE, TRUNCATE ON proof_checkrun TO tillit_app",
        ),
    ]

"""The trust log. The application may add leaves, checkpoints and evidence; it cannot change or delete any."""

import django.db.models.deletion
from django.db import migrations, models

APPEND_ONLY = "proof_logentry, proof_checkpoint, proof_splitview"


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='Checkpoint',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('size', models.BigIntegerField(unique=True)),
                ('root', models.BinaryField()),
                ('at', models.DateTimeField()),
                ('note', models.TextField()),
            ],
            options={
                'ordering': ['-size'],
                'get_latest_by': 'size',
            },
        ),
        migrations.CreateModel(
            name='LogEntry',
            fields=[
                ('index', models.BigIntegerField(primary_key=True, serialize=False)),
                ('at', models.DateTimeField()),
                ('kind', models.CharField(max_length=80)),
                ('subject', models.CharField(max_length=160)),
                ('hash', models.CharField(max_length=64)),
                ('event_id', models.BigIntegerField(null=True)),
            ],
            options={
                'ordering': ['index'],
            },
        ),
        migrations.CreateModel(
            name='SplitView',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('found_at', models.DateTimeField()),
                ('kept', models.TextField()),
                ('shown', models.TextField()),
                ('reason', models.TextField()),
            ],
            options={
                'ordering': ['-found_at'],
            },
        ),
        migrations.CreateModel(
            name='Tile',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('level', models.PositiveSmallIntegerField()),
                ('index', models.BigIntegerField()),
                ('hashes', models.BinaryField()),
            ],
        ),
        migrations.CreateModel(
            name='WatchedLog',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('url', models.CharField(max_length=300)),
                ('origin', models.CharField(max_length=300, unique=True)),
                ('vkey', models.CharField(max_length=400)),
                ('size', models.BigIntegerField()),
                ('root', models.BinaryField()),
                ('note', models.TextField()),
                ('cosigner', models.CharField(max_length=400)),
                ('seen_at', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='Witness',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=200)),
                ('vkey', models.CharField(max_length=400, unique=True)),
                ('added_at', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='Cosignature',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField()),
                ('line', models.CharField(max_length=500)),
                ('checkpoint', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='cosignatures', to='proof.checkpoint')),
            ],
            options={
                'ordering': ['-at'],
            },
        ),
        migrations.CreateModel(
            name='LogContent',
            fields=[
                ('entry', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='content', serialize=False, to='proof.logentry')),
                ('salt', models.CharField(blank=True, max_length=32)),
                ('text', models.TextField(blank=True)),
                ('erased_at', models.DateTimeField(null=True)),
            ],
        ),
        migrations.AddIndex(
            model_name='logentry',
            index=models.Index(fields=['subject', '-index'], name='proof_logen_subject_1cfe9e_idx'),
        ),
        migrations.AddConstraint(
            model_name='logentry',
            constraint=models.CheckConstraint(condition=models.Q(('index__gte', 0)), name='log_begins_at_zero'),
        ),
        migrations.AddConstraint(
            model_name='logentry',
            constraint=models.UniqueConstraint(models.F('event_id'), models.F('subject'), condition=models.Q(('event_id', None), _negated=True), name='event_logged_once'),
        ),
        migrations.AddConstraint(
            model_name='tile',
            constraint=models.UniqueConstraint(models.F('level'), models.F('index'), name='one_tile_at_each_place'),
        ),
        migrations.AddField(
            model_name='splitview',
            name='log',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='split_views', to='proof.watchedlog'),
        ),
        migrations.AddField(
            model_name='cosignature',
            name='witness',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='cosignatures', to='proof.witness'),
        ),
        migrations.AddConstraint(
            model_name='logcontent',
            constraint=models.CheckConstraint(condition=models.Q(('erased_at', None), models.Q(('salt', ''), ('text', '')), _connector='OR'), name='erased_content_is_gone'),
        ),
        migrations.AddConstraint(
            model_name='splitview',
            constraint=models.UniqueConstraint(models.F('log'), models.F('shown'), name='split_view_kept_once'),
        ),
        migrations.AddConstraint(
            model_name='cosignature',
            constraint=models.UniqueConstraint(models.F('checkpoint'), models.F('witness'), name='one_cosignature_each'),
        ),
        migrations.CreateModel(
            name='LogSubject',
            fields=[
                ('name', models.CharField(max_length=160, primary_key=True, serialize=False)),
                ('newest', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='proof.logentry')),
            ],
        ),
        migrations.RunSQL(
            f"REVOKE UPDATE, DELETE, TRUNCATE ON {APPEND_ONLY} FROM tillit_app",
            f"GRANT UPDATE, DELETE, TRUNCATE ON {APPEND_ONLY} TO tillit_app",
        ),
    ]

import django.db.models.deletion
import tillit.foundation.clock
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='SampleDay',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('day', models.DateField(unique=True)),
                ('rows', models.PositiveIntegerField()),
                ('body', models.BinaryField()),
                ('sha256', models.CharField(max_length=64)),
                ('components', models.JSONField()),
                ('slots', models.JSONField()),
            ],
        ),
        migrations.CreateModel(
            name='Errand',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('probe', models.CharField(max_length=20)),
                ('asked_at', models.DateTimeField()),
                ('mail', models.BigIntegerField(null=True)),
            ],
            options={
                'constraints': [models.UniqueConstraint(models.F('probe'), models.F('asked_at'), name='one_errand_each')],
            },
        ),
        migrations.CreateModel(
            name='Prober',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.SlugField(max_length=40, unique=True, verbose_name='name')),
                ('place', models.CharField(max_length=80, verbose_name='place')),
                ('region', models.CharField(max_length=40, verbose_name='region it measures')),
                ('key', models.CharField(blank=True, max_length=44, verbose_name='public key')),
                ('added_at', models.DateTimeField(default=tillit.foundation.clock.now, editable=False)),
                ('heard_at', models.DateTimeField(editable=False, null=True)),
                ('ended_at', models.DateTimeField(editable=False, null=True)),
                ('added_by', models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['name'],
            },
        ),
        migrations.CreateModel(
            name='Sample',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('probe', models.CharField(max_length=20)),
                ('at', models.DateTimeField()),
                ('ok', models.BooleanField(null=True)),
                ('milliseconds', models.PositiveIntegerField(null=True)),
                ('what', models.CharField(blank=True, max_length=20)),
                ('prober', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='probes.prober')),
            ],
        ),
        migrations.CreateModel(
            name='UptimeDay',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('component', models.SlugField(max_length=60)),
                ('region', models.CharField(max_length=40)),
                ('day', models.DateField()),
                ('formula', models.PositiveSmallIntegerField()),
                ('up', models.PositiveSmallIntegerField()),
                ('down', models.PositiveSmallIntegerField()),
                ('unknown', models.PositiveSmallIntegerField()),
                ('due_up', models.PositiveSmallIntegerField()),
                ('due_down', models.PositiveSmallIntegerField()),
                ('due_unknown', models.PositiveSmallIntegerField()),
            ],
            options={
                'indexes': [models.Index(fields=['day'], name='probes_upti_day_cb67ca_idx')],
                'constraints': [models.UniqueConstraint(models.F('component'), models.F('region'), models.F('day'), name='one_uptime_of_each_day')],
            },
        ),
        migrations.CreateModel(
            name='Watch',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('probe', models.CharField(max_length=20)),
                ('last_at', models.DateTimeField()),
                ('last_ok_at', models.DateTimeField(null=True)),
                ('failing_since', models.DateTimeField(null=True)),
                ('fails', models.PositiveIntegerField(default=0)),
                ('goods', models.PositiveIntegerField(default=0)),
                ('prober', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='probes.prober')),
            ],
        ),
        migrations.AddConstraint(
            model_name='prober',
            constraint=models.UniqueConstraint(models.F('key'), condition=models.Q(models.Q(('key', ''), _negated=True), ('ended_at', None)), name='one_prober_of_each_key'),
        ),
        migrations.AddIndex(
            model_name='sample',
            index=models.Index(fields=['at'], name='probes_samp_at_43c121_idx'),
        ),
        migrations.AddConstraint(
            model_name='sample',
            constraint=models.UniqueConstraint(models.F('prober'), models.F('probe'), models.F('at'), name='one_sample_each'),
        ),
        migrations.AddConstraint(
            model_name='watch',
            constraint=models.UniqueConstraint(models.F('prober'), models.F('probe'), name='one_watch_each'),
        ),
    ]

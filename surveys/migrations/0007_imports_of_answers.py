import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('customers', '0013_import_sources'),
        ('journeys', '0004_segment_indexes'),
        ('surveys', '0006_one_question_per_key'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='RefusedLine',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('line', models.PositiveIntegerField(verbose_name='line')),
                ('reason', models.CharField(max_length=500, verbose_name='reason')),
                ('cells', models.JSONField(default=list, verbose_name='cells')),
            ],
            options={
                'verbose_name': 'refused line',
                'verbose_name_plural': 'refused lines',
                'ordering': ['pk'],
            },
        ),
        migrations.CreateModel(
            name='ResponseImport',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('lease_token', models.UUIDField(editable=False, null=True)),
                ('lease_until', models.DateTimeField(editable=False, null=True)),
                ('file', models.FileField(blank=True, upload_to='imports/', verbose_name='file')),
                ('file_name', models.CharField(max_length=255, verbose_name='file name')),
                ('delimiter', models.CharField(default=',', max_length=1, verbose_name='delimiter')),
                ('header', models.JSONField(blank=True, default=list, verbose_name='header')),
                ('mapping', models.JSONField(blank=True, default=dict, verbose_name='columns')),
                ('state', models.CharField(choices=[('uploaded', 'Uploaded, columns not matched yet'), ('waiting', 'Waiting for a worker'), ('running', 'Running'), ('done', 'Done'), ('failed', 'Failed')], default='uploaded', max_length=10, verbose_name='state')),
                ('size', models.PositiveBigIntegerField(default=0, verbose_name='size in bytes')),
                ('position', models.PositiveBigIntegerField(default=0, verbose_name='bytes done')),
                ('line', models.PositiveIntegerField(default=0, verbose_name='lines done')),
                ('rows_read', models.PositiveIntegerField(default=0, verbose_name='read')),
                ('refused_count', models.PositiveIntegerField(default=0, verbose_name='refused')),
                ('attempts', models.PositiveSmallIntegerField(default=0, verbose_name='attempts at the same place')),
                ('failure', models.TextField(blank=True, verbose_name='why it failed')),
                ('created_at', models.DateTimeField(verbose_name='created at')),
                ('finished_at', models.DateTimeField(null=True, verbose_name='finished at')),
                ('tool', models.CharField(blank=True, max_length=20, verbose_name='tool')),
                ('labels', models.JSONField(blank=True, default=list, verbose_name='second line of the header')),
                ('days_first', models.BooleanField(default=False, verbose_name='the day stands before the month')),
                ('time_zone', models.CharField(default='UTC', max_length=64, verbose_name='time zone')),
                ('source', models.CharField(blank=True, max_length=30, verbose_name='source')),
                ('taken_count', models.PositiveIntegerField(default=0, verbose_name='taken over')),
                ('again_count', models.PositiveIntegerField(default=0, verbose_name='already there')),
                ('known_count', models.PositiveIntegerField(default=0, verbose_name='of known customers')),
            ],
            options={
                'verbose_name': 'import of answers',
                'verbose_name_plural': 'imports of answers',
                'ordering': ['-pk'],
            },
        ),
        migrations.CreateModel(
            name='SurveyOrigin',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('file_name', models.CharField(max_length=255, verbose_name='file name')),
                ('questions_taken', models.PositiveSmallIntegerField(verbose_name='questions taken over')),
                ('left_out', models.JSONField(blank=True, default=list, verbose_name='left out')),
                ('taken_at', models.DateTimeField(verbose_name='at')),
            ],
            options={
                'verbose_name': 'origin of a survey',
                'verbose_name_plural': 'origins of surveys',
            },
        ),
        migrations.AddField(
            model_name='responseimport',
            name='created_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, to=settings.AUTH_USER_MODEL, verbose_name='by'),
        ),
        migrations.AddField(
            model_name='responseimport',
            name='survey',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='response_imports', to='surveys.survey', verbose_name='survey'),
        ),
        migrations.AddField(
            model_name='responseimport',
            name='version',
            field=models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='surveys.surveyversion', verbose_name='version'),
        ),
        migrations.AddField(
            model_name='refusedline',
            name='response_import',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='refused_lines', to='surveys.responseimport', verbose_name='import'),
        ),
        migrations.AddField(
            model_name='surveyorigin',
            name='survey',
            field=models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='origin', to='surveys.survey', verbose_name='survey'),
        ),
        migrations.AddField(
            model_name='surveyorigin',
            name='taken_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='by'),
        ),
    ]

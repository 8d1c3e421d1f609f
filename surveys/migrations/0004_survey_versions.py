import django.core.validators
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('customers', '0013_import_sources'),
        ('journeys', '0004_segment_indexes'),
        ('staff', '0002_units_audit_and_presence'),
        ('surveys', '0003_same_person'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='StartedResponse',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(max_length=32, null=True, unique=True)),
                ('answers', models.JSONField(default=dict)),
                ('page', models.PositiveSmallIntegerField(default=0)),
                ('language', models.CharField(default='en', max_length=10)),
                ('context', models.JSONField(blank=True, default=dict)),
                ('started_at', models.DateTimeField()),
                ('saved_at', models.DateTimeField()),
                ('is_settled', models.BooleanField(default=False)),
            ],
            options={
                'verbose_name': 'started response',
                'verbose_name_plural': 'started responses',
            },
        ),
        migrations.CreateModel(
            name='SurveyLink',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=120, verbose_name='name')),
                ('code', models.CharField(editable=False, max_length=16, unique=True, verbose_name='code')),
                ('kind', models.CharField(choices=[('open', 'Open link'), ('qr', 'QR code'), ('kiosk', 'Kiosk'), ('embed', 'On your website')], default='open', max_length=10, verbose_name='kind')),
                ('is_active', models.BooleanField(default=True, verbose_name='takes answers')),
                ('per_device', models.BooleanField(default=False, verbose_name='one answer per device')),
                ('work', models.PositiveSmallIntegerField(default=0, verbose_name='proof of work, in bits')),
                ('sites', models.JSONField(blank=True, default=list, verbose_name='allowed sites')),
                ('rules', models.JSONField(blank=True, default=dict, verbose_name='when it is shown')),
                ('closes_at', models.DateTimeField(blank=True, null=True, verbose_name='takes answers until')),
                ('opened', models.PositiveIntegerField(default=0, editable=False, verbose_name='opened')),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created at')),
            ],
            options={
                'verbose_name': 'way to ask',
                'verbose_name_plural': 'ways to ask',
                'ordering': ['survey', 'name', 'pk'],
            },
        ),
        migrations.CreateModel(
            name='SurveyVersion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveIntegerField(verbose_name='version')),
                ('contents', models.JSONField(verbose_name='contents')),
                ('published_at', models.DateTimeField(verbose_name='published at')),
            ],
            options={
                'verbose_name': 'version of a survey',
                'verbose_name_plural': 'versions of surveys',
                'ordering': ['survey', 'number'],
            },
        ),
        migrations.CreateModel(
            name='Theme',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=120, unique=True, verbose_name='name')),
                ('accent', models.CharField(default='#0a6c74', max_length=7, validators=[django.core.validators.RegexValidator('\\A#[0-9a-f]{6}\\Z', 'Write the colour as # and six digits, such as #0a6c74.')], verbose_name='colour')),
                ('ground', models.CharField(default='#f1f6f7', max_length=7, validators=[django.core.validators.RegexValidator('\\A#[0-9a-f]{6}\\Z', 'Write the colour as # and six digits, such as #0a6c74.')], verbose_name='background')),
                ('font', models.CharField(choices=[('system', "The device's own"), ('serif', 'Serif'), ('rounded', 'Rounded'), ('mono', 'Typewriter')], default='system', max_length=10, verbose_name='font')),
                ('corners', models.CharField(choices=[('rounded', 'Rounded'), ('square', 'Square')], default='rounded', max_length=10, verbose_name='corners')),
                ('logo', models.BinaryField(blank=True, null=True, verbose_name='logo')),
                ('logo_type', models.CharField(blank=True, default='', editable=False, max_length=20)),
                ('changed_at', models.DateTimeField(auto_now=True, verbose_name='changed at')),
            ],
            options={
                'verbose_name': 'theme',
                'verbose_name_plural': 'themes',
                'ordering': ['name'],
            },
        ),
        migrations.CreateModel(
            name='Upload',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('file', models.FileField(upload_to='answers/%Y/%m/', verbose_name='file')),
                ('name', models.CharField(max_length=200, verbose_name='name')),
                ('type', models.CharField(max_length=60, verbose_name='type')),
                ('size', models.PositiveIntegerField(verbose_name='size')),
                ('uploaded_at', models.DateTimeField(verbose_name='uploaded at')),
            ],
            options={
                'verbose_name': 'file of a customer',
                'verbose_name_plural': 'files of customers',
            },
        ),
        migrations.AddField(
            model_name='answer',
            name='value',
            field=models.JSONField(null=True, verbose_name='value'),
        ),
        migrations.AddField(
            model_name='invitation',
            name='context',
            field=models.JSONField(blank=True, default=dict, verbose_name='occasion'),
        ),
        migrations.AddField(
            model_name='invitation',
            name='opened_at',
            field=models.DateTimeField(null=True, verbose_name='first opened at'),
        ),
        migrations.AddField(
            model_name='question',
            name='ends_if',
            field=models.JSONField(blank=True, default=dict, verbose_name='ends the survey if'),
        ),
        migrations.AddField(
            model_name='question',
            name='help',
            field=models.JSONField(blank=True, default=dict, verbose_name='explanation'),
        ),
        migrations.AddField(
            model_name='question',
            name='key',
            field=models.SlugField(default='', max_length=30, verbose_name='short name'),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name='question',
            name='removed_at',
            field=models.DateTimeField(editable=False, null=True, verbose_name='removed at'),
        ),
        migrations.AddField(
            model_name='question',
            name='settings',
            field=models.JSONField(blank=True, default=dict, verbose_name='settings'),
        ),
        migrations.AddField(
            model_name='question',
            name='show_if',
            field=models.JSONField(blank=True, default=dict, verbose_name='shown if'),
        ),
        migrations.AddField(
            model_name='question',
            name='starts_page',
            field=models.BooleanField(default=False, verbose_name='starts a new page'),
        ),
        migrations.AddField(
            model_name='survey',
            name='closes_at',
            field=models.DateTimeField(blank=True, null=True, verbose_name='takes answers until'),
        ),
        migrations.AddField(
            model_name='survey',
            name='quota',
            field=models.PositiveIntegerField(blank=True, help_text='When so many have come, it closes by itself.', null=True, verbose_name='answers wanted'),
        ),
        migrations.AddField(
            model_name='survey',
            name='review_url',
            field=models.URLField(blank=True, default='', verbose_name='where happy customers may write a review'),
        ),
        migrations.AddField(
            model_name='survey',
            name='taken',
            field=models.PositiveIntegerField(default=0, editable=False, verbose_name='answers taken'),
        ),
        migrations.AddField(
            model_name='survey',
            name='thanks_by_band',
            field=models.JSONField(blank=True, default=dict, verbose_name='thank-you texts by score'),
        ),
        migrations.AddField(
            model_name='surveyresponse',
            name='context',
            field=models.JSONField(blank=True, default=dict, verbose_name='occasion'),
        ),
        migrations.AddField(
            model_name='surveyresponse',
            name='is_complete',
            field=models.BooleanField(default=True, verbose_name='complete'),
        ),
        migrations.AddField(
            model_name='surveyresponse',
            name='key',
            field=models.CharField(editable=False, max_length=32, null=True),
        ),
        migrations.AddField(
            model_name='surveyresponse',
            name='seconds',
            field=models.PositiveIntegerField(null=True, verbose_name='seconds taken'),
        ),
        migrations.AddField(
            model_name='surveyresponse',
            name='source',
            field=models.CharField(blank=True, default='', max_length=30, verbose_name='source'),
        ),
        migrations.AddField(
            model_name='surveyresponse',
            name='source_id',
            field=models.CharField(blank=True, default='', editable=False, max_length=100),
        ),
        migrations.AlterField(
            model_name='question',
            name='kind',
            field=models.CharField(choices=[('nps', 'NPS (0–10)'), ('csat', 'CSAT (1–5)'), ('csat3', 'CSAT (1–3)'), ('ces', 'CES (1–7)'), ('ces5', 'CES (1–5)'), ('effort', 'Effort (1–5, low is good)'), ('choice', 'One choice'), ('choices', 'Several choices'), ('matrix', 'Rating matrix'), ('ranking', 'Ranking'), ('text', 'Short text'), ('comment', 'Comment'), ('yesno', 'Yes or no'), ('number', 'Number'), ('date', 'Date'), ('email', 'E-mail address'), ('phone', 'Telephone number'), ('file', 'File or picture'), ('statement', 'Statement')], max_length=10, verbose_name='kind'),
        ),
        migrations.AlterField(
            model_name='surveyresponse',
            name='channel',
            field=models.CharField(choices=[('email', 'E-mail'), ('sms', 'SMS'), ('web', 'Open link'), ('qr', 'QR code'), ('kiosk', 'Kiosk'), ('embed', 'On your website'), ('phone', 'Telephone'), ('api', 'API'), ('import', 'Import')], default='email', max_length=10, verbose_name='channel'),
        ),
        migrations.AlterField(
            model_name='surveyresponse',
            name='score_kind',
            field=models.CharField(blank=True, choices=[('nps', 'NPS (0–10)'), ('csat', 'CSAT (1–5)'), ('csat3', 'CSAT (1–3)'), ('ces', 'CES (1–7)'), ('ces5', 'CES (1–5)'), ('effort', 'Effort (1–5, low is good)'), ('choice', 'One choice'), ('choices', 'Several choices'), ('matrix', 'Rating matrix'), ('ranking', 'Ranking'), ('text', 'Short text'), ('comment', 'Comment'), ('yesno', 'Yes or no'), ('number', 'Number'), ('date', 'Date'), ('email', 'E-mail address'), ('phone', 'Telephone number'), ('file', 'File or picture'), ('statement', 'Statement')], default='', max_length=10, verbose_name='score kind'),
        ),
        migrations.AddField(
            model_name='startedresponse',
            name='invitation',
            field=models.OneToOneField(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='started_response', to='surveys.invitation'),
        ),
        migrations.AddField(
            model_name='surveylink',
            name='survey',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='links', to='surveys.survey', verbose_name='survey'),
        ),
        migrations.AddField(
            model_name='surveylink',
            name='touchpoint',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='survey_links', to='journeys.touchpoint', verbose_name='touchpoint'),
        ),
        migrations.AddField(
            model_name='surveylink',
            name='unit',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='survey_links', to='staff.unit', verbose_name='unit'),
        ),
        migrations.AddField(
            model_name='startedresponse',
            name='link',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='started', to='surveys.surveylink'),
        ),
        migrations.AddField(
            model_name='surveyresponse',
            name='link',
            field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='responses', to='surveys.surveylink', verbose_name='way to ask'),
        ),
        migrations.AddField(
            model_name='surveyversion',
            name='published_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='by'),
        ),
        migrations.AddField(
            model_name='surveyversion',
            name='survey',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='versions', to='surveys.survey', verbose_name='survey'),
        ),
        migrations.AddField(
            model_name='startedresponse',
            name='version',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='started', to='surveys.surveyversion'),
        ),
        migrations.AddField(
            model_name='survey',
            name='version',
            field=models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.RESTRICT, related_name='+', to='surveys.surveyversion', verbose_name='published version'),
        ),
        migrations.AddField(
            model_name='surveyresponse',
            name='version',
            field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='responses', to='surveys.surveyversion', verbose_name='version'),
        ),
        migrations.AddIndex(
            model_name='surveyresponse',
            index=models.Index(condition=models.Q(('link__isnull', False)), fields=['link'], name='response_link'),
        ),
        migrations.AddConstraint(
            model_name='surveyresponse',
            constraint=models.UniqueConstraint(condition=models.Q(('key__isnull', False)), fields=('key',), name='one_response_per_key'),
        ),
        migrations.AddConstraint(
            model_name='surveyresponse',
            constraint=models.UniqueConstraint(condition=models.Q(('source_id', ''), _negated=True), fields=('source', 'source_id'), name='one_response_per_source_and_id'),
        ),
        migrations.AddField(
            model_name='theme',
            name='unit',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='themes', to='staff.unit', verbose_name='brand'),
        ),
        migrations.AddField(
            model_name='survey',
            name='theme',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='surveys', to='surveys.theme', verbose_name='theme'),
        ),
        migrations.AddField(
            model_name='upload',
            name='question',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='uploads', to='surveys.question'),
        ),
        migrations.AddField(
            model_name='upload',
            name='survey_response',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='uploads', to='surveys.surveyresponse'),
        ),
        migrations.AddConstraint(
            model_name='surveyversion',
            constraint=models.UniqueConstraint(fields=('survey', 'number'), name='one_version_per_number'),
        ),
        migrations.AddIndex(
            model_name='startedresponse',
            index=models.Index(condition=models.Q(('is_settled', False)), fields=['saved_at'], name='started_resting'),
        ),
    ]

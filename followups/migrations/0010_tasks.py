import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('followups', '0009_playbooks'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='FollowUpTask',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('step', 'Step'), ('promise', 'Promise')], max_length=8, verbose_name='kind')),
                ('position', models.PositiveSmallIntegerField(default=0, verbose_name='place')),
                ('text', models.CharField(max_length=300, verbose_name='what to do')),
                ('due_date', models.DateField(null=True, verbose_name='by')),
                ('reminded_at', models.DateTimeField(editable=False, null=True, verbose_name='owner reminded at')),
                ('done_at', models.DateTimeField(null=True, verbose_name='done at')),
            ],
            options={
                'verbose_name': 'task of a follow-up',
                'verbose_name_plural': 'tasks of follow-ups',
                'ordering': ['kind', 'position', 'pk'],
            },
        ),
        migrations.AddField(
            model_name='followuptask',
            name='done_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='by'),
        ),
        migrations.AddField(
            model_name='followuptask',
            name='follow_up',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='tasks', to='followups.followup', verbose_name='follow-up'),
        ),
        migrations.AddIndex(
            model_name='followuptask',
            index=models.Index(condition=models.Q(('done_at', None), ('kind', 'promise'), ('reminded_at', None)), fields=['due_date'], name='promise_to_keep'),
        ),
        migrations.AddConstraint(
            model_name='followuptask',
            constraint=models.CheckConstraint(condition=models.Q(('kind', 'step'), ('due_date__isnull', False), _connector='OR'), name='a_promise_has_a_date'),
        ),
    ]

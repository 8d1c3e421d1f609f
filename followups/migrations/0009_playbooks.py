import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('followups', '0008_other_signals'),
    ]

    operations = [
        migrations.CreateModel(
            name='Playbook',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=120, unique=True, verbose_name='name')),
            ],
            options={
                'verbose_name': 'playbook',
                'verbose_name_plural': 'playbooks',
                'ordering': ['name'],
            },
        ),
        migrations.CreateModel(
            name='PlaybookStep',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('position', models.PositiveSmallIntegerField(default=0, verbose_name='place')),
                ('text', models.CharField(max_length=300, verbose_name='what to do')),
            ],
            options={
                'verbose_name': 'step of a playbook',
                'verbose_name_plural': 'steps of a playbook',
                'ordering': ['position', 'pk'],
            },
        ),
        migrations.AddField(
            model_name='playbookstep',
            name='playbook',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='steps', to='followups.playbook', verbose_name='playbook'),
        ),
        migrations.AddField(
            model_name='followuprule',
            name='playbook',
            field=models.ForeignKey(blank=True, help_text='Its steps stand as a checklist in each follow-up.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='rules', to='followups.playbook', verbose_name='playbook'),
        ),
    ]

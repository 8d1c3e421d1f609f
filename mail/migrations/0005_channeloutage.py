from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('mail', '0004_deliveryreport'),
    ]

    operations = [
        migrations.CreateModel(
            name='ChannelOutage',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('channel', models.CharField(choices=[('email', 'E-mail'), ('sms', 'SMS'), ('app', 'Your own app')], max_length=10, verbose_name='channel')),
                ('since', models.DateTimeField(verbose_name='since')),
                ('told_at', models.DateTimeField(null=True, verbose_name='told at')),
                ('until', models.DateTimeField(null=True, verbose_name='until')),
                ('words', models.CharField(max_length=500, verbose_name='answer of the provider')),
            ],
            options={
                'verbose_name': 'outage of a channel',
                'verbose_name_plural': 'outages of channels',
                'ordering': ['-pk'],
                'constraints': [models.UniqueConstraint(condition=models.Q(('until', None)), fields=('channel',), name='one_outage_at_a_time_per_channel')],
            },
        ),
    ]

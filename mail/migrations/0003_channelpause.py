from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('mail', '0002_keptmail_channel'),
    ]

    operations = [
        migrations.CreateModel(
            name='ChannelPause',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('channel', models.CharField(choices=[('email', 'E-mail'), ('sms', 'SMS'), ('app', 'Your own app')], max_length=10, unique=True, verbose_name='channel')),
                ('until', models.DateTimeField(verbose_name='until')),
                ('words', models.CharField(max_length=500, verbose_name='answer of the provider')),
            ],
            options={
                'verbose_name': 'pause of a channel',
                'verbose_name_plural': 'pauses of channels',
            },
        ),
    ]

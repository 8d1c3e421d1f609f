from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('mail', '0003_channelpause'),
    ]

    operations = [
        migrations.CreateModel(
            name='DeliveryReport',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('channel', models.CharField(choices=[('email', 'E-mail'), ('sms', 'SMS'), ('app', 'Your own app')], max_length=10, verbose_name='channel')),
                ('provider', models.CharField(max_length=40, verbose_name='told by')),
                ('event', models.CharField(max_length=200, verbose_name='event')),
                ('kind', models.CharField(choices=[('sent', 'Passed on'), ('delivered', 'Delivered'), ('delayed', 'Delayed'), ('bounced', 'Bounced: nobody there'), ('undelivered', 'Not delivered this time'), ('rejected', 'Rejected by the provider'), ('complained', 'Reported as spam'), ('unsubscribed', 'Unsubscribed'), ('opened', 'Opened'), ('clicked', 'Clicked')], max_length=12, verbose_name='what happened')),
                ('message_id', models.CharField(blank=True, max_length=200, verbose_name='message of the provider')),
                ('key', models.CharField(blank=True, max_length=200, verbose_name='our message')),
                ('digest', models.CharField(blank=True, max_length=64, verbose_name='fingerprint of the address')),
                ('words', models.CharField(blank=True, max_length=500, verbose_name='in their words')),
                ('link', models.CharField(blank=True, editable=False, max_length=64, verbose_name='fingerprint of the link')),
                ('is_machine', models.BooleanField(default=False, verbose_name='by a machine')),
                ('at', models.DateTimeField(verbose_name='at')),
                ('received_at', models.DateTimeField(verbose_name='received at')),
            ],
            options={
                'verbose_name': 'delivery report',
                'verbose_name_plural': 'delivery reports',
                'ordering': ['-pk'],
                'indexes': [models.Index(fields=['message_id'], name='delivery_report_message'), models.Index(fields=['key'], name='delivery_report_key'), models.Index(fields=['digest'], name='delivery_report_digest'), models.Index(fields=['received_at'], name='delivery_report_received')],
                'constraints': [models.UniqueConstraint(fields=('provider', 'event'), name='one_delivery_report_per_event')],
            },
        ),
    ]

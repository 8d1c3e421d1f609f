import django.core.validators
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('followups', '0010_tasks'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ('auth', '0012_alter_user_first_name_max_length'),
    ]

    operations = [
        migrations.CreateModel(
            name='GoodwillLimit',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('points_each', models.PositiveIntegerField(validators=[django.core.validators.MinValueValidator(1)], verbose_name='points in one grant')),
                ('points_month', models.PositiveIntegerField(validators=[django.core.validators.MinValueValidator(1)], verbose_name='points of one person in a month')),
            ],
            options={
                'verbose_name': 'goodwill limit',
                'verbose_name_plural': 'goodwill limits',
                'ordering': ['role__name'],
            },
        ),
        migrations.CreateModel(
            name='Goodwill',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('points', models.PositiveIntegerField(default=0, verbose_name='points')),
                ('voucher', models.CharField(blank=True, default='', max_length=200, verbose_name='voucher')),
                ('state', models.CharField(choices=[('granted', 'On its way to the account'), ('posted', 'On the account'), ('refused', 'No program takes points now')], default='granted', max_length=8, verbose_name='state')),
                ('at', models.DateTimeField(verbose_name='at')),
            ],
            options={
                'verbose_name': 'goodwill',
                'verbose_name_plural': 'goodwill',
                'ordering': ['at', 'pk'],
            },
        ),
        migrations.AddField(
            model_name='goodwill',
            name='by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='by'),
        ),
        migrations.AddField(
            model_name='goodwill',
            name='follow_up',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='goodwill', to='followups.followup', verbose_name='follow-up'),
        ),
        migrations.AddIndex(
            model_name='goodwill',
            index=models.Index(fields=['by', 'at'], name='goodwill_of_person'),
        ),
        migrations.AddConstraint(
            model_name='goodwill',
            constraint=models.CheckConstraint(condition=models.Q(('points__gt', 0), models.Q(('voucher', ''), _negated=True), _connector='OR'), name='goodwill_is_something'),
        ),
        migrations.AddField(
            model_name='goodwilllimit',
            name='role',
            field=models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='goodwill_limit', to='auth.group', verbose_name='role'),
        ),
    ]

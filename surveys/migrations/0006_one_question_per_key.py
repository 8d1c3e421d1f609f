from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("surveys", "0005_publish_what_is_asked")]
    operations = [
        migrations.AddConstraint(
            model_name="question",
            constraint=models.UniqueConstraint(fields=("survey", "key"), name="one_question_per_key"),
        ),
    ]

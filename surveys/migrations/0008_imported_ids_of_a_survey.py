from django.db import migrations, models


class Migration(migrations.Migration):
    """Two surveys of one tool may both have an answer number 1."""

    dependencies = [("surveys", "0007_imports_of_answers")]

    operations = [
        migrations.RemoveConstraint(
            model_name='surveyresponse',
            name='one_response_per_source_and_id',
        ),
        migrations.AddConstraint(
            model_name='surveyresponse',
            constraint=models.UniqueConstraint(condition=models.Q(('source_id', ''), _negated=True), fields=('survey', 'source', 'source_id'), name='one_response_per_imported_id'),
        ),
    ]

from django.db import migrations

SURVEY = ("language", "title", "intro", "thanks", "thanks_by_band", "review_url")
QUESTION = (
    "position",
    "key",
    "kind",
    "text",
    "help",
    "is_required",
    "settings",
    "show_if",
    "ends_if",
    "starts_page",
)


def publish(apps, schema_editor):
    """What customers are asked today becomes each survey's first version."""
    models = {
        name: apps.get_model("surveys", name) for name in ("Survey", "Question", "SurveyVersion", "SurveyResponse")
    }
    for question in models["Question"].objects.filter(key="").iterator():
        question.key = f"q{question.pk}"
        question.save(update_fields=["key"])
    for survey in models["Survey"].objects.filter(version=None).iterator():
        questions = list(models["Question"].objects.filter(survey=survey).order_by("position", "pk"))
        if not questions:
            continue
        survey.version = models["SurveyVersion"].objects.create(
            survey=survey,
            number=1,
            published_at=survey.changed_at,
            contents={
                **{name: getattr(survey, name) for name in SURVEY},
                "questions": [
                    {"id": question.pk, **{name: getattr(question, name) for name in QUESTION}}
                    for question in questions
                ],
            },
        )
        survey.save(update_fields=["version"])
        models["SurveyResponse"].objects.filter(survey=survey, version=None).update(version=survey.version)


class Migration(migrations.Migration):
    dependencies = [("surveys", "0004_survey_versions")]
    operations = [migrations.RunPython(publish, migrations.RunPython.noop, elidable=True)]

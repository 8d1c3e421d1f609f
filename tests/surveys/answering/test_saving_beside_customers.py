"""Staff save a form while customers answer: what is counted meanwhile stays counted."""

import pytest
from django.contrib import admin
from django.urls import reverse

from surveys.models import Survey, SurveyLink
from tests.factories.staff import UserFactory
from tests.factories.surveys import SurveyFactory, SurveyLinkFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def counted_meanwhile(monkeypatch):
    """Lets `count` happen after a form was judged and before it is saved."""

    def arrange(model, count):
        site = admin.site.get_model_admin(model)
        save_form = site.save_form

        def counting(*args, **kwargs):
            count()
            return save_form(*args, **kwargs)

        monkeypatch.setattr(site, "save_form", counting)

    return arrange


def test_answers_of_a_quota_are_not_forgotten(client, counted_meanwhile):
    survey = SurveyFactory(quota=10)
    client.force_login(UserFactory(roles=["Marketing"]))
    counted_meanwhile(Survey, lambda: Survey.objects.update(taken=7))

    client.post(
        reverse("admin:surveys_survey_change", args=[survey.pk]),
        {"name": "Renamed", "kind": survey.kind, "language": "en", "is_open": "on", "quota": "20"},
    )

    before, survey.changed_at = survey.changed_at, None
    survey.refresh_from_db()
    assert (survey.name, survey.quota, survey.taken) == ("Renamed", 20, 7)
    assert survey.changed_at > before


def test_looks_at_a_link_are_not_forgotten(client, counted_meanwhile):
    link = SurveyLinkFactory()
    client.force_login(UserFactory(roles=["Marketing"]))
    counted_meanwhile(SurveyLink, lambda: SurveyLink.objects.update(opened=7))

    client.post(
        reverse("admin:surveys_surveylink_change", args=[link.pk]),
        {"survey": link.survey_id, "kind": "kiosk", "name": "Door", "work": "0", "rest": "45"},
    )

    link.refresh_from_db()
    assert (link.name, link.kind, link.rules, link.opened) == ("Door", "kiosk", {"rest": 45}, 7)

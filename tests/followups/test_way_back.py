"""Going back to a version that knew follow-ups because of answers alone."""

from importlib import import_module
from types import SimpleNamespace

import pytest
from django.apps import apps
from django.db import connection

from followups.models import FollowUp, JoinedSignal
from journeys.interactions import record_interaction
from tests.conftest import NOON
from tests.factories.customers import CustomerFactory
from tests.factories.followups import FollowUpFactory
from tests.factories.staff import TeamFactory

pytestmark = pytest.mark.django_db


def test_what_had_no_place_there_goes_and_nothing_else():
    by_hand = FollowUpFactory(
        rule=None,
        survey_response=None,
        customer=CustomerFactory(),
        score=None,
        team=TeamFactory(),
        source="by_hand",
    )
    answered = FollowUpFactory(state="resolved", outcome="merged", merged_into=by_hand)
    review = record_interaction(
        customer=answered.customer, kind="review", source="web", external_id="1", at=NOON, summary="Bad."
    )
    answered.joined.create(interaction=review, at=NOON)
    migration = import_module("followups.migrations.0008_other_signals")

    migration.forget_what_had_no_place(apps, SimpleNamespace(connection=connection))

    assert list(FollowUp.objects.values_list("pk", "merged_into")) == [(answered.pk, None)]
    assert JoinedSignal.objects.count() == 0

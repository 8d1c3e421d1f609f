from datetime import timedelta

import pytest
from django.db import OperationalError
from django.db.models import QuerySet
from django.utils import timezone

from events.publishing import publish

pytestmark = pytest.mark.django_db


def test_a_process_that_answers_is_live(client):
    assert client.get("/healthz/live").json() == {"live": True}


def test_it_is_ready_while_workers_keep_up(client):
    publish("room.happened", subject=1, at=timezone.now() - timedelta(minutes=1))

    page = client.get("/healthz/ready")

    assert (page.status_code, page.json()["ready"]) == (200, True)
    assert page["Cache-Control"].startswith("max-age=0")


def test_it_is_not_ready_when_an_event_waits_for_long(client):
    publish("room.happened", subject=1, at=timezone.now() - timedelta(minutes=6))

    page = client.get("/healthz/ready")

    assert (page.status_code, page.json()["ready"], page.json()["database"]) == (503, False, True)
    assert page.json()["oldest_event_seconds"] in range(360, 370)


def test_it_is_not_ready_without_its_database(client, monkeypatch):
    def no_answer(rows):
        raise OperationalError("gone")

    monkeypatch.setattr(QuerySet, "first", no_answer)

    page = client.get("/healthz/ready")

    assert (page.status_code, page.json()) == (503, {"ready": False, "database": False})

"""A customer with something in every column a name could stand in is erased, and nothing of them is found again."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.files.base import ContentFile
from django.urls import reverse

from customers.consent import record_consent, suppress
from customers.identities import add_identity
from customers.imports.files import receive_file
from customers.models import ConsentRecord, Customer, CustomerImport, Erasure, Merge, RefusedRow, Suppression
from customers.privacy.erasing import AlreadyErased, erase_customer, is_genuine, receipt_of, text_columns
from customers.privacy.holdings import ImportInTheWay
from events.publishing import publish
from followups.models import FollowUp, FollowUpStep
from insights.checking import check_rollups
from insights.models import DailyInvitations, DailyScore
from insights.rebuilding import rebuild_rollups
from journeys.models import Interaction
from loyalty.ledger import adjust_points
from loyalty.models import Entry
from mail.models import KeptMail, ReceivedLetter
from staff.models import IdempotencyRecord, Notification, StaffMail
from surveys.models import SurveyResponse
from surveys.ways.tokens import token_for
from tests.conftest import NOON
from tests.factories.customers import CustomerFactory, IdentityFactory
from tests.factories.followups import FollowUpFactory, MessageFactory
from tests.factories.journeys import InteractionFactory, TouchpointFactory
from tests.factories.loyalty import AccountFactory
from tests.factories.staff import UserFactory
from tests.factories.surveys import AnswerFactory, InvitationFactory, SurveyResponseFactory

pytestmark = pytest.mark.django_db
FIRST, LAST, EMAIL, PHONE = "Zlatoústa", "Kanárek", "canary@bird.example", "+38761234567"
TEXT = f"{FIRST} {LAST}, {EMAIL}, {PHONE}, 061 234 567"
WORDS = (FIRST, LAST, EMAIL, PHONE, "061 234 567")
COUNTED = {"reason": "requested"}


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def canary() -> Customer:
    """Present in every room."""
    customer = CustomerFactory(
        first_name=FIRST, last_name=LAST, attributes={"note": TEXT}, customer_since=NOON.date()
    )
    identity = IdentityFactory(customer=customer, value=EMAIL)
    suppress(channel="email", digest=identity.digest, reason="unsubscribed", at=NOON)
    add_identity(customer=customer, kind="phone", value=PHONE, at=NOON)
    old = CustomerFactory(first_name=FIRST, last_name="Kanárek", merged_into=customer)
    IdentityFactory(customer=old, value="old-canary@bird.example")
    names = {"first_name": FIRST, "last_name": LAST}
    Merge.objects.create(kept=customer, merged=old, before={"kept": names}, moved={}, at=NOON)
    record_consent(
        customer=customer, purpose="survey", channel="email", state="granted", source=f"form {EMAIL}",
        wording=TEXT, version=TEXT[:40], at=NOON,
    )  # fmt: skip
    InteractionFactory(customer=customer, summary=TEXT, detail={"said": TEXT}, external_id=EMAIL)
    InteractionFactory(customer=customer, touchpoint=TouchpointFactory(), summary=TEXT, external_id=PHONE)
    invitation = InvitationFactory(customer=customer, address=EMAIL, error=TEXT, answered_at=NOON)
    response = SurveyResponseFactory(
        customer=customer, invitation=invitation, campaign=invitation.wave.campaign,
        survey=invitation.wave.campaign.survey, score=2, has_comment=True,
    )  # fmt: skip
    questions = invitation.wave.campaign.survey.questions
    AnswerFactory(survey_response=response, question=questions.get(kind="nps"), score=2)
    AnswerFactory(survey_response=response, question=questions.get(kind="comment"), score=None, text=TEXT)
    follow_up = FollowUpFactory(survey_response=response, rule__survey=response.survey)
    FollowUpStep.objects.create(follow_up=follow_up, kind="note", text=TEXT, at=NOON)
    MessageFactory(
        follow_up=follow_up, direction="in", state="received", address=EMAIL, subject=TEXT, text=TEXT, quoted=TEXT,
        attachments=[TEXT], error=TEXT, message_id=f"<{EMAIL}>",
    )  # fmt: skip
    ReceivedLetter.objects.create(
        fingerprint="f", key="followup.1.0", sender=EMAIL, content=TEXT.encode(), received_at=NOON
    )
    owner = UserFactory()
    told = {"user": owner, "source": f"follow-up:{follow_up.pk}:opened", "body": TEXT}
    Notification.objects.create(**told, title=TEXT, at=NOON)
    StaffMail.objects.create(**told, subject=TEXT, due_at=NOON, error=EMAIL)
    for recipient in (EMAIL, owner.email):
        KeptMail.objects.create(
            sender="us", recipient=recipient, subject=FIRST,
            message=f"Subject: Hello\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{TEXT}".encode(),
        )  # fmt: skip
    account = AccountFactory(customer=customer)
    adjust_points(account=account, points=5, source="staff:1", note=TEXT, at=NOON)
    stored = CustomerImport.objects.create(
        file_name="f.csv", state="uploaded", created_at=NOON, file=ContentFile(TEXT.encode(), name="f.csv")
    )
    RefusedRow.objects.create(customer_import=stored, line=1, reason="no", cells=[FIRST, LAST, EMAIL])
    event = publish("customers.noted", subject=customer.pk, at=NOON, text=TEXT)
    type(event).objects.filter(pk=event.pk).update(delivered_at=NOON)
    IdempotencyRecord.objects.create(actor="a", key="k", digest="d", body=TEXT, at=NOON)
    LogEntry.objects.create(
        user=owner, content_type=ContentType.objects.get_for_model(Customer), object_id=customer.pk,
        object_repr=f"{FIRST} {LAST}", action_flag=CHANGE, change_message=TEXT,
    )  # fmt: skip
    FollowUpStep.objects.create(
        follow_up=FollowUpFactory(), kind="note", text=f"Knows {FIRST} {LAST} ({EMAIL})", at=NOON
    )
    return customer


def dump() -> str:
    """The whole database as text, as it is stored and as it is read."""
    rows: list[Any] = []
    for model in apps.get_models():
        for row in model._base_manager.order_by("pk").values_list():
            parts = [
                bytes(part).decode(errors="replace") if isinstance(part, memoryview | bytes) else part
                for part in row
            ]
            rows.append((model._meta.label, parts))
    return json.dumps(rows, default=str, ensure_ascii=False)


def figures() -> list[Any]:
    return [
        list(DailyScore.objects.order_by("pk").values_list()),
        list(DailyInvitations.objects.order_by("pk").values_list()),
        Interaction.objects.contacts().filter(touchpoint__isnull=False).count(),
        sorted(Entry.objects.values_list("points", "kind", "at")),
        sorted(SurveyResponse.objects.values_list("score", "submitted_at")),
    ]


def test_nothing_of_an_erased_customer_is_found_and_no_figure_changes(django_capture_on_commit_callbacks):
    customer = canary()
    rebuild_rollups()
    before = figures()
    assert all(word in dump() for word in WORDS)

    with django_capture_on_commit_callbacks(execute=True):
        erasure = erase_customer(customer=customer, by=UserFactory(), at=NOON, **COUNTED)

    left = dump()
    assert [word for word in (*WORDS, "old-canary") if word.casefold() in left.casefold()] == []
    assert figures() == before
    assert check_rollups(at=NOON) == 0
    assert erasure.is_verified
    assert Suppression.objects.count() == 1
    assert list(ConsentRecord.objects.values_list("customer_number", "state")) == [(customer.pk, "granted")]
    assert FollowUp.objects.get(customer=customer.pk).state == "resolved"
    stored = CustomerImport.objects.get()
    assert (stored.file.name, stored.state) == ("", "failed")


def test_a_receipt_proves_itself_and_nothing_else():
    customer = canary()
    erasure = erase_customer(customer=customer, by=None, at=NOON, **COUNTED)
    receipt = json.loads(json.dumps(receipt_of(Erasure.objects.get())))

    assert is_genuine(receipt)
    assert receipt["counts"]["found_afterwards"] == 0
    assert receipt["customer"] == customer.pk == erasure.customer_number
    assert not any(is_genuine(forged) for forged in (
        receipt | {"customer": customer.pk + 1},
        receipt | {"counts": receipt["counts"] | {"comments": 99}},
        receipt | {"at": (NOON + timedelta(days=1)).isoformat()},
        receipt | {"at": "yesterday"},
        {},
        [],
    ))  # fmt: skip


def test_erasing_twice_is_refused_and_changes_nothing():
    customer = CustomerFactory()
    erase_customer(customer=customer, by=None, at=NOON, **COUNTED)
    before = dump()

    with pytest.raises(AlreadyErased):
        erase_customer(customer=customer, by=None, at=NOON, **COUNTED)

    assert dump() == before


def test_a_file_on_its_way_in_is_waited_for():
    customer = canary()
    CustomerImport.objects.update(state="waiting")
    before = dump()

    with pytest.raises(ImportInTheWay):
        erase_customer(customer=customer, by=None, at=NOON, **COUNTED)

    assert dump() == before


@pytest.mark.parametrize("line", ["Злата,Канарейкина", "Канарейкина;x;злата"])
def test_a_file_with_the_name_alone_is_thrown_away(line):
    customer = CustomerFactory(first_name="Злата", last_name="Канарейкина")
    stored = receive_file(
        blocks=[f"name,x\n{line}".encode("cp1251")], file_name="f.csv", encoding="cp1251", at=NOON
    )

    assert erase_customer(customer=customer, by=None, at=NOON, **COUNTED).is_verified

    stored.refresh_from_db()
    assert stored.file.name == ""


def test_a_lone_name_is_blacked_out_unless_somebody_else_has_it():
    notes = {}
    for name in ("Zlatousta", "Amina"):
        customer = CustomerFactory(first_name=name, last_name="")
        notes[name] = FollowUpStep.objects.create(
            follow_up=FollowUpFactory(), kind="note", text=f"{name} called", at=NOON
        )
        erase_customer(customer=customer, by=None, at=NOON, **COUNTED)
        notes[name].refresh_from_db()

    assert notes["Zlatousta"].text == "▮▮▮ called"
    assert notes["Amina"].text == "Amina called"  # as other customers are called


def test_a_namesake_keeps_their_name():
    customer, namesake = CustomerFactory(last_name="Hadžić"), CustomerFactory(last_name="Hadžić")
    step = FollowUpStep.objects.create(
        follow_up=FollowUpFactory(), kind="note", text="Amina Hadžić called", at=NOON
    )

    assert erase_customer(customer=customer, by=None, at=NOON, **COUNTED).is_verified

    step.refresh_from_db()
    assert (step.text, str(Customer.objects.get(pk=namesake.pk))) == ("Amina Hadžić called", "Amina Hadžić")


def test_every_column_a_name_could_stand_in_is_looked_through():
    """A column added anywhere is searched and blacked out without being named; only binary ones need a hand.

    A persona's picture is of nobody, and is kept without what a camera wrote in it; a logo is of nobody either.
    """
    searched = {(model._meta.label, field) for model, field in text_columns()}

    assert {
        ("surveys.Answer", "text"),
        ("journeys.Interaction", "detail"),
        ("loyalty.Entry", "note"),
        ("customers.RefusedRow", "cells"),
        ("events.Event", "payload"),
    } <= searched
    assert {
        f"{model._meta.label}.{field.name}"
        for model in apps.get_models()
        for field in model._meta.concrete_fields
        if field.get_internal_type() in {"BinaryField", "FileField"}
    } == {
        "mail.KeptMail.message",
        "mail.ReceivedLetter.content",
        "followups.MessageFile.file",
        "customers.CustomerImport.file",
        "surveys.ResponseImport.file",
        "customers.Persona.picture",
        "surveys.Theme.logo",
        "surveys.Upload.file",
    }


def test_the_link_in_an_old_mail_leads_nowhere(client):
    invitation = InvitationFactory()
    address = reverse("survey-answer", args=[token_for(invitation.pk)])
    assert client.get(address).status_code == 200

    erase_customer(customer=invitation.customer, by=None, at=NOON, **COUNTED)

    assert client.get(address).status_code == 404

"""The page behind a mail's link on which customers choose what they hear: no login, no JavaScript, and a GET is a look."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from customers.consent import record_consent, suppress
from customers.models import Consent, ConsentProof, ConsentRecord, Customer
from customers.preferences import end_rest, rest_from_surveys
from events.delivery import deliver_events
from events.models import Event
from surveys.models import Invitation, Survey, Theme
from surveys.ways.tokens import token_for
from tests.conftest import NOON
from tests.factories.customers import IdentityFactory
from tests.factories.surveys import InvitationFactory
from tests.house.test_doors import everything

pytestmark = pytest.mark.django_db


@pytest.fixture
def invitation():
    identity = IdentityFactory(value="amina@mail.example", customer__language="en")
    IdentityFactory(customer=identity.customer, kind="phone", value="+38761000111")
    return InvitationFactory(customer=identity.customer, address=identity.value)


def address(invitation):
    return reverse("preferences", args=[token_for(invitation.pk)])


def consents():
    return {(each.purpose, each.channel): each.state for each in Consent.objects.all()}


@pytest.mark.parametrize("method", ["get", "head"])
def test_a_look_changes_nothing(client, invitation, method):
    before = everything()

    page = getattr(client, method)(address(invitation), {"do": "save", "lang": "fa"})

    assert page.status_code == 200
    assert everything() == before
    assert page["Cache-Control"] == "no-store"
    assert "script-src 'self'" in page["Content-Security-Policy"]


def test_the_page_names_each_way_without_giving_the_address_away(client, invitation):
    page = client.get(address(invitation)).content.decode()

    assert "am…@mail.example" in page
    assert "…0111" in page
    assert "amina@mail.example" not in page
    assert "+38761000111" not in page
    assert "<script" not in page
    assert page.count('type="checkbox"') == 6


def test_what_is_chosen_is_kept_with_the_sentence_that_was_read(client, invitation):
    page = client.post(
        address(invitation), {"do": "save", "survey-sms": "on", "service-email": "on", "preferred": "sms"}
    )

    assert "Saved." in page.content.decode()
    assert consents() == {("survey", "email"): "withdrawn", ("service", "sms"): "withdrawn"}
    proof = ConsentProof.objects.get(record__purpose="survey")
    assert (proof.source, proof.version) == (f"link:{invitation.pk}", "preferences 2")
    assert proof.wording == "E-mail · Surveys: ask me now and then how you are doing"
    assert Customer.objects.get().preferred_channel == "sms"
    shown = client.get(address(invitation)).content.decode()
    assert 'name="survey-sms" checked' in shown
    assert 'name="survey-email">' in shown


@pytest.mark.parametrize("language", ["ru", "bs", "fa", "zh-hans"])
def test_the_sentence_is_kept_in_the_language_it_was_read_in(client, invitation, language):
    page = client.post(address(invitation) + f"?lang={language}", {"do": "save"})

    assert page["Content-Language"] == language
    assert f'lang="{language}"' in page.content.decode()
    assert ('dir="rtl"' in page.content.decode()) == (language == "fa")


def test_a_rest_is_taken_and_ended(client, invitation):
    begun = client.post(address(invitation), {"do": "rest"}).content.decode()
    assert "We ask you nothing until" in begun
    assert Customer.objects.get().snoozed_until > timezone.now() + timedelta(days=90)

    ended = client.post(address(invitation), {"do": "go-on"}).content.decode()

    assert "your rest is over" in ended
    assert Customer.objects.get().snoozed_until is None


def test_what_waited_for_the_rest_alone_goes_out_when_it_ends(invitation):
    rest_from_surveys(customer=invitation.customer, at=NOON)
    until = NOON + timedelta(days=91)
    by_rest, by_cap = (
        InvitationFactory(
            wave=invitation.wave,
            customer=invitation.customer,
            occasion=reason,
            state="deferred",
            reason=reason,
            sent_at=None,
            due_at=until,
        )
        for reason in ("snoozed", "cap")
    )

    end_rest(customer=invitation.customer, at=NOON + timedelta(days=1))
    deliver_events(at=NOON + timedelta(days=1))

    by_rest.refresh_from_db()
    by_cap.refresh_from_db()
    assert (by_rest.due_at, by_cap.due_at) == (NOON + timedelta(days=1), until)


def test_an_address_that_comes_back_cannot_be_switched_on(client, invitation):
    digest = invitation.customer.identities.get(kind="email").digest
    suppress(channel="email", digest=digest, reason="bounced", at=NOON)

    page = client.post(address(invitation), {"do": "save", "survey-email": "on", "preferred": "email"})

    assert "Messages to this address come back" in page.content.decode()
    assert 'name="survey-email"' not in page.content.decode()
    assert Customer.objects.get().preferred_channel == ""
    assert ("survey", "email") not in consents()


def sent_unchanged(page):
    """What a browser sends when somebody presses Save at once."""
    ticked = re.findall(r'name="([a-z-]+)" checked', page)
    chosen = re.findall(r'type="radio" name="preferred" value="([a-z]*)" checked', page)
    return {"do": "save", **dict.fromkeys(ticked, "on"), **({"preferred": chosen[0]} if chosen else {})}


def leave_by_link(client, invitation):
    client.post(reverse("unsubscribe", args=[token_for(invitation.pk)]), {"List-Unsubscribe": "One-Click"})


def choose(client, invitation):
    client.post(address(invitation), {"do": "save", "marketing-sms": "on", "preferred": "email"})


def bounce_preferred(client, invitation):
    Customer.objects.update(preferred_channel="email")
    digest = invitation.customer.identities.get(kind="email").digest
    suppress(channel="email", digest=digest, reason="bounced", at=NOON)


def withdraw_all(client, invitation):
    for purpose in ("survey", "service"):
        record_consent(
            customer=invitation.customer,
            purpose=purpose,
            channel="sms",
            state="withdrawn",
            source="staff",
            at=NOON,
        )


@pytest.mark.parametrize("before", [None, leave_by_link, choose, bounce_preferred, withdraw_all])
def test_saving_the_page_as_it_is_writes_nothing(client, invitation, before):
    if before:
        before(client, invitation)
    page = client.get(address(invitation)).content.decode()
    known = everything()

    saved = client.post(address(invitation), sent_unchanged(page))

    assert "Saved." in saved.content.decode()
    assert everything() == known


def test_a_link_of_a_test_changes_nothing(client, invitation):
    Invitation.objects.update(is_test=True)

    for do in ("save", "rest", "go-on"):
        assert "nothing was changed" in client.post(address(invitation), {"do": do}).content.decode()
    client.post(reverse("unsubscribe", args=[token_for(invitation.pk)]))

    assert (Consent.objects.count(), ConsentRecord.objects.count(), Event.objects.count()) == (0, 0, 0)
    assert Customer.objects.get().snoozed_until is None


def test_a_button_nobody_made_and_a_link_nobody_sent(client, invitation):
    assert client.post(address(invitation), {"do": "erase"}).status_code == 200
    assert client.post(reverse("preferences", args=["abc"]), {"do": "save"}).status_code == 404
    assert ConsentRecord.objects.count() == 0


def test_one_click_still_works_and_both_pages_lead_to_each_other(client, invitation):
    leave = reverse("unsubscribe", args=[token_for(invitation.pk)])

    assert address(invitation) in client.get(leave).content.decode()
    assert leave in client.get(address(invitation)).content.decode()
    done = client.post(leave, {"List-Unsubscribe": "One-Click"})

    assert done.status_code == 200
    assert address(invitation) in done.content.decode()
    assert consents() == {("survey", "email"): "withdrawn"}


@pytest.mark.parametrize(
    ("channel", "asks", "says"),
    [
        ("email", "No more surveys by e-mail?", "We will not ask you at this address again."),
        ("sms", "No more surveys by SMS?", "We will not ask you at this number again."),
        ("app", "No more surveys in our app?", "We will not ask you in our app again."),
    ],
)
def test_the_way_out_names_the_way_it_ends_and_looks_like_the_survey(client, invitation, channel, asks, says):
    theme = Theme.objects.create(name="Night shop", accent="#123456")
    Survey.objects.update(theme=theme)
    Invitation.objects.update(channel=channel)
    leave = reverse("unsubscribe", args=[token_for(invitation.pk)])

    asked, left = client.get(leave).content.decode(), client.post(leave).content.decode()

    assert f"<h1>{asks}</h1>" in asked
    assert says in left
    assert "#123456" in asked
    assert "#123456" in left
    assert consents() == {("survey", channel): "withdrawn"}


def test_the_organisations_app_is_ours_to_a_customer(client, invitation):
    IdentityFactory(customer=invitation.customer, kind="external", value="customer-1")

    page = client.get(address(invitation)).content.decode()

    assert "Our app" in page
    assert "Your own app" not in page

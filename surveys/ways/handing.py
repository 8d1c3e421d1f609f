"""Handing a customer their personal link: in an SMS from one's own telephone, in a chat, at the counter."""

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from customers.identities import digest_of
from customers.models import Channel, Consent, Customer, Identity, Suppression
from events.publishing import publish
from staff.models import User
from surveys.answering.closing import closing_of_survey
from surveys.answering.responses import SurveyClosed
from surveys.models import Campaign, Invitation, Survey, Wave
from surveys.questions.questionnaires import asked_by
from surveys.questions.wording import survey_text, voice_of
from surveys.ways.tokens import short_token_for

LONGEST_NAME = 120  # characters of a campaign's name


class MayNotBeAsked(Exception):
    """The customer asked for no surveys by telephone; its words say so to staff."""


@dataclass(frozen=True, kw_only=True)
class Handout:
    """A personal link, and the message it stands in, in the customer's language."""

    invitation: Invitation
    address: str
    text: str
    number: str  # the customer's telephone; "" when nobody knows one


@transaction.atomic
def hand_out_link(*, survey: Survey, customer: Customer, by: User, at: datetime) -> Invitation:
    """The customer's link to `survey`: the one they have not answered yet, else a new one in the send ledger.

    Raises SurveyClosed, or MayNotBeAsked.
    """
    if closing_of_survey(survey, at=at):
        raise SurveyClosed
    number = number_of(customer)
    refuse_unwilling(customer, number)
    if waiting := waiting_by_hand(survey, customer):
        return waiting
    wave = next_wave(campaign_by_hand(survey, by=by, at=at), customer, at=at)
    invitation, is_new = Invitation.objects.get_or_create(
        wave=wave,
        customer=customer,
        is_test=False,
        defaults={
            "state": Invitation.State.SENT,
            "channel": Channel.SMS,
            "address": number,
            "digest": digest_of(number) if number else "",
            "language": customer.language,
            "due_at": at,
            "sent_at": at,
        },
    )
    if is_new:
        announce(invitation, at=at)
    return invitation


def announce(invitation: Invitation, *, at: datetime) -> None:
    campaign = invitation.wave.campaign
    publish(
        "surveys.invitations_sent",
        subject=invitation.wave_id,
        at=at,
        invitations=[invitation.pk],
        customers=[invitation.customer_id],
        touchpoint=campaign.survey.touchpoint_id,
        campaign=campaign.name,
        first=True,
    )


def refuse_unwilling(customer: Customer, number: str) -> None:
    withdrawn = customer.consents.filter(
        purpose=Consent.Purpose.SURVEY, channel=Channel.SMS, state=Consent.State.WITHDRAWN
    )
    suppressed = Suppression.objects.filter(channel=Channel.SMS, digest=digest_of(number) if number else "")
    if withdrawn.exists() or suppressed.exists():
        raise MayNotBeAsked(_("This customer asked for no surveys by SMS. Please do not send them a link."))


def number_of(customer: Customer) -> str:
    """The telephone a customer is reached at; "" when nobody knows one."""
    phone = customer.identities.filter(kind=Identity.Kind.PHONE, is_primary=True).values_list(
        "value", flat=True
    )
    return phone.first() or ""


def campaign_by_hand(survey: Survey, *, by: User, at: datetime) -> Campaign:
    """Under which the links of `survey` that are handed out one by one stand in the send ledger."""
    campaign, _created = Campaign.objects.get_or_create(
        survey=survey,
        is_by_hand=True,
        defaults={
            "name": name_by_hand(survey),
            "channels": [Channel.SMS.value],
            "state": Campaign.State.DONE,
            "reminders": 0,
            "starts_at": at,
            "created_by": by,
        },
    )
    return campaign


def name_by_hand(survey: Survey) -> str:
    wanted = _("%(survey)s, handed out") % {"survey": survey.name}
    is_free = len(wanted) <= LONGEST_NAME and not Campaign.objects.filter(name=wanted).exists()
    return wanted if is_free else f"{survey.name[: LONGEST_NAME - 25]} · {survey.pk}"


def next_wave(campaign: Campaign, customer: Customer, *, at: datetime) -> Wave:
    """A customer stands once in a wave: whoever answered is asked again in the next one."""
    asked = Invitation.objects.filter(wave__campaign=campaign, customer=customer, is_test=False).count()
    wave, _created = Wave.objects.get_or_create(
        campaign=campaign, number=asked + 1, defaults={"planned_at": at}
    )
    return wave


def waiting_by_hand(survey: Survey, customer: Customer) -> Invitation | None:
    """The link to `survey` that was handed to `customer` and is not answered yet."""
    handed = Invitation.objects.filter(
        wave__campaign__survey=survey, wave__campaign__is_by_hand=True, customer=customer, answered_at=None
    )
    return handed.select_related("wave__campaign__survey").first()


def handout_of(invitation: Invitation, survey: Survey) -> Handout:
    """What to send: written in the customer's language, whoever sends it."""
    customer = invitation.customer
    address = settings.PUBLIC_BASE_URL + reverse("survey-answer", args=[short_token_for(invitation.pk)])
    questionnaire = asked_by(survey)
    with translation.override(customer.language):
        voice = voice_of(questionnaire, customer.language, {"first_name": customer.first_name})
        title = survey_text(questionnaire.survey, "title", voice)
        words = {"organisation": settings.ORGANISATION_NAME, "title": title, "link": address}
        text = _("%(organisation)s: %(title)s Please tell us here: %(link)s") % words
    return Handout(invitation=invitation, address=address, text=text, number=number_of(customer))

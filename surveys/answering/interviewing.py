"""An answer that a member of staff types while talking to the customer."""

from dataclasses import replace
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from customers.models import Customer
from staff.models import User
from surveys.answering.asking import Way, facts_for, find_invitation
from surveys.answering.closing import closing_of_campaign
from surveys.answering.responses import Answers, record_response, submit_response
from surveys.answering.sitting import Sitting, invited
from surveys.models import Campaign, Interview, Invitation, Survey, SurveyResponse
from surveys.models.responses import AnswerChannel
from surveys.questions.one_page import on_one_page
from surveys.questions.questionnaires import asked_by, without_files


def open_invitations(customer: Customer) -> QuerySet[Invitation]:
    """What the customer was asked and has not answered, newest first; one query."""
    return (
        Invitation.objects.filter(customer=customer, answered_at=None, is_test=False, sent_at__isnull=False)
        .exclude(wave__campaign__state=Campaign.State.CANCELLED)
        .select_related("wave__campaign__survey")
        .order_by("-sent_at", "-pk")
    )


class NotTheirs(Exception):
    """The invitation is not one of this customer to this survey."""


def sitting_with(customer: Customer, survey: Survey, *, key: str, invitation: int, at: datetime) -> Sitting:
    """The survey on one page for `customer`: it answers the `invitation` the form was made for, or the one they have.

    Without one it is an answer of its own, known by `key`. Files are left out: nobody hands one over by telephone.
    Raises NotPublished or NotTheirs.
    """
    pk = invitation or open_invitation(customer, survey, at=at)
    if pk:
        sitting = invited(theirs(pk, customer, survey), channel=AnswerChannel.PHONE)
    else:
        sitting = uninvited(customer, survey, key=key)
    return replace(sitting, questionnaire=on_one_page(without_files(sitting.questionnaire)))


def open_invitation(customer: Customer, survey: Survey, *, at: datetime) -> int:
    """The newest that can still be answered; 0 without one."""
    waiting = open_invitations(customer).filter(wave__campaign__survey=survey)
    return next((each.pk for each in waiting if not closing_of_campaign(each.wave.campaign, at=at)), 0)


def theirs(pk: int, customer: Customer, survey: Survey) -> Invitation:
    invitation = find_invitation(pk)
    if not invitation or (invitation.customer_id, invitation.wave.campaign.survey_id) != (
        customer.pk,
        survey.pk,
    ):
        raise NotTheirs
    return invitation


def uninvited(customer: Customer, survey: Survey, *, key: str) -> Sitting:
    questionnaire = asked_by(survey)
    way = Way(AnswerChannel.PHONE, touchpoint=survey.touchpoint_id)
    facts = facts_for(questionnaire, customer_id=customer.pk, context={}, way=way)
    return Sitting(survey=survey, questionnaire=questionnaire, key=key, facts=facts)


@transaction.atomic
def take_interview(
    *,
    sitting: Sitting,
    customer: Customer,
    answers: Answers,
    language: str,
    typed_by: User,
    at: datetime,
    seconds: int | None = None,
) -> SurveyResponse:
    """Take the answer `typed_by` a member of staff. Raises what submit_response raises; then nothing is kept."""
    if sitting.invitation:
        response = submit_response(
            invitation=sitting.invitation,
            answers=answers,
            language=language,
            at=at,
            channel=AnswerChannel.PHONE,
            questionnaire=sitting.questionnaire,
            seconds=seconds,
            started=sitting.started,
        )
    else:
        response = record_response(
            survey=sitting.survey,
            customer=customer,
            answers=answers,
            language=language,
            at=at,
            channel=AnswerChannel.PHONE,
            key=sitting.key,
            questionnaire=sitting.questionnaire,
            seconds=seconds,
        )
    Interview.objects.create(survey_response=response, typed_by=typed_by)
    return response

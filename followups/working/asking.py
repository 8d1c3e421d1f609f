"""Was it solved? Each customer is asked once after a resolution, as the contact policy allows; a “no” opens it again.

The question is a survey of its own, asked by a campaign that waits for programs: consent, caps and the send ledger are those
of every campaign.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from followups.alerts.owners import alert_owners
from followups.models import FollowUp, FollowUpStep, LoopSettings
from followups.working.steps import ChangedMeanwhile, add_step, reopen
from surveys.models import Answer, Question, SurveyResponse
from surveys.planning.occasions import NotAskedOneByOne, Occasion, invite_one

ASKS_AFTER = (FollowUp.Outcome.SOLVED, FollowUp.Outcome.PARTLY)
KEY = "follow-up:"


def ask_if_solved(*, follow_ups: Iterable[int], at: datetime) -> int:
    """Ask the customers of those resolved; returns how many rows of the ledger are new. Nobody is asked without a campaign."""
    campaign = LoopSettings.load().solved_campaign
    if campaign is None:
        return 0
    resolved = FollowUp.objects.filter(
        pk__in=follow_ups, state=FollowUp.State.RESOLVED, outcome__in=ASKS_AFTER, customer__isnull=False
    )
    asked = 0
    for pk, leg, customer in resolved.order_by("pk").values_list("pk", "leg", "customer"):
        occasion = Occasion(customer=customer, key=f"{KEY}{pk}:{leg}", at=at)
        try:
            _invitation, is_new = invite_one(campaign=campaign, occasion=occasion, at=at)
        except NotAskedOneByOne:
            return asked
        asked += is_new
    return asked


def hear_if_solved(*, responses: Sequence[int], at: datetime) -> None:
    """Take up again what a customer says is not solved, and note what is; what was reopened meanwhile stays as it is."""
    told = SurveyResponse.objects.counted().filter(pk__in=responses, invitation__occasion__startswith=KEY)
    answers = Answer.objects.filter(survey_response__in=told, question__kind=Question.Kind.YESNO)
    rows = answers.order_by("survey_response", "question__position", "pk")
    heard: set[str] = set()
    for answer in rows.select_related("survey_response__invitation"):
        invitation = answer.survey_response.invitation
        if invitation and invitation.occasion not in heard:
            heard.add(invitation.occasion)
            hear(invitation.occasion, answer, at=at)


def hear(occasion: str, answer: Answer, *, at: datetime) -> None:
    pk, _colon, leg = occasion.removeprefix(KEY).partition(":")
    follow_up = (
        FollowUp.objects.select_related("rule", "team__calendar", "owner")
        .filter(pk=int(pk), leg=int(leg), state=FollowUp.State.RESOLVED)
        .first()
    )
    if follow_up is None:
        return
    if answer.value:
        add_step(follow_up, FollowUpStep.Kind.CONFIRMED, by=None, at=at)
        return
    words = comment_beside(answer)
    add_step(follow_up, FollowUpStep.Kind.NOT_SOLVED, by=None, text=words, at=at)
    try:
        reopen(follow_up=follow_up, by=None, at=at)
    except ChangedMeanwhile:
        return
    alert_owners(
        follow_ups=FollowUp.objects.filter(pk=follow_up.pk),
        told_at={follow_up.pk: at},
        event=f"not-solved-{follow_up.leg}",
    )


def comment_beside(answer: Answer) -> str:
    """What the customer wrote with their yes or no."""
    written = Answer.objects.filter(survey_response=answer.survey_response_id).exclude(text="")
    return written.order_by("pk").values_list("text", flat=True).first() or ""

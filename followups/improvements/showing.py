"""How those who raised an improvement read: what they said, and what became of telling them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.models import prefetch_related_objects
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from followups.improvements.telling import Fate, told_by_customer
from followups.models import FollowUp, Improvement, ImprovementVoice
from followups.words import COMMENTS, comment_of, said_in, score_of, score_words
from surveys.ledger.fates import story
from surveys.models import ContactCap, Invitation, SurveyResponse
from surveys.questions.wording import LANGUAGES


@dataclass(frozen=True)
class Voice:
    """One line: who, what they gave and wrote, and whether they were told."""

    pk: int
    customer: str
    score: str
    comment: str
    language: str
    follow_up: FollowUp | None
    survey_response: SurveyResponse | None
    told: str


@dataclass(frozen=True)
class FateWords:
    words: str
    why: str
    people: int
    is_excluded: bool


@dataclass(frozen=True)
class Texts:
    """What customers read in one language."""

    language: str
    you_said: str
    what_we_did: str


def texts_of(improvement: Improvement, *, first: str) -> list[Texts]:
    """In each language it is written in, that of whoever looks `first`."""
    said, did = improvement.you_said, improvement.what_we_did
    languages = sorted(LANGUAGES, key=lambda code: (code != first, LANGUAGES.index(code)))
    return [
        Texts(code, said.get(code, ""), did.get(code, ""))
        for code in languages
        if said.get(code) or did.get(code)
    ]


def voices_of(improvement: Improvement, rows: Sequence[ImprovementVoice]) -> list[Voice]:
    """Needs the rows as `voices_seen_by` gives them; two more queries."""
    answered = [row for row in rows if row.survey_response]
    prefetch_related_objects(answered, COMMENTS)
    told = told_by_customer(improvement, {row.who for row in rows if row.who})  # type: ignore[attr-defined]  # annotated
    return [voice_of(row, told.get(row.who)) for row in rows]  # type: ignore[attr-defined]  # annotated


def voice_of(row: ImprovementVoice, invitation: Invitation | None) -> Voice:
    response = row.survey_response
    customer = (row.follow_up and row.follow_up.customer) or (response and response.customer)
    return Voice(
        pk=row.pk,
        customer=str(customer) if customer else _("Anonymous customer"),
        score=score_of(response) if response else score_words(row.follow_up) if row.follow_up else "",
        comment=comment_of(response) if response else said_in(row.follow_up) if row.follow_up else "",
        language=response.language if response else "",
        follow_up=row.follow_up,
        survey_response=response,
        told=told_words(invitation),
    )


def told_words(invitation: Invitation | None) -> str:
    """“Sent”, “Excluded: unsubscribed”; "" for who was not to be told yet."""
    if invitation is None:
        return ""
    state, why = invitation.get_state_display(), story(invitation)
    return f"{state}: {why}" if why else state


def fates_in_words(fates: Iterable[Fate]) -> list[FateWords]:
    """What became of how many, and why; one query for the policy's words where it matters."""
    fates = list(fates)
    caps = ContactCap.objects.in_bulk([fate.cap for fate in fates if fate.cap])
    return [
        FateWords(
            words=state_words(fate),
            why=reason_words(fate, caps.get(fate.cap or 0)),
            people=fate.people,
            is_excluded=fate.is_excluded,
        )
        for fate in fates
    ]


def state_words(fate: Fate) -> str:
    if fate.state == Invitation.State.PLANNED:
        return pgettext("of customers who are to be told", "Will be told")
    return str(Invitation.State(fate.state).label)


def reason_words(fate: Fate, cap: ContactCap | None) -> str:
    if cap is not None:
        return str(cap)
    return str(Invitation.Reason(fate.reason).label) if fate.reason else ""

"""Telling people about follow-ups, each in their own language: in the app, and by e-mail."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import TypeVar
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from events.dates import say_moment
from followups.alerts.collecting import collect, wants_mail_now
from followups.models import FollowUp, JoinedSignal, Signal
from followups.rules.matching import words_in
from followups.words import COMMENTS, comment_of, customer_words, did_words, said_in, score_of, score_words
from staff.access import sees
from staff.models import Notification, StaffMail, Unit, User
from staff.notifications import post_mails, post_notifications, shortened

Thing = TypeVar("Thing")


def alert_owners(*, follow_ups: QuerySet[FollowUp], told_at: Mapping[int, datetime], event: str) -> None:
    """Tell the owner of each of `follow_ups` who may see the customer, once per `event`, that it is on their desk."""
    owned = [
        (follow_up, follow_up.owner)
        for follow_up in with_words(follow_ups)
        if follow_up.owner and sees(follow_up.owner, unit_of(follow_up))
    ]
    post_notifications(
        notification(
            follow_up, user=owner, event=event, title=owner_title(follow_up), at=told_at[follow_up.pk]
        )
        for follow_up, owner in in_their_language(owned)
    )
    post_mails(
        StaffMail(
            user=owner,
            source=source_of(follow_up, event),
            subject=shortened(owner_title(follow_up)),
            body=owner_mail(follow_up),
            due_at=told_at[follow_up.pk],
        )
        for follow_up, owner in in_their_language(owned)
        if wants_mail_now(owner)
    )
    collect(((row.pk, owner) for row, owner in owned if not wants_mail_now(owner)), at=max(told_at.values()))


def alert_of_another(*, follow_up: QuerySet[FollowUp], joined: Mapping[str, int], at: datetime) -> None:
    """Tell the owner, in the app, what else came in about the customer on their desk."""
    ((signal, number),) = joined.items()
    another = JoinedSignal.objects.filter(**{signal: number}).select_related("survey_response", "interaction")
    found = another.first()
    for row in with_words(follow_up):
        if found is None or row.owner is None or not sees(row.owner, unit_of(row)):
            continue
        with translation.override(row.owner.language):
            title, body = another_words(row, found)
            told = notification(row, user=row.owner, event=f"joined-{signal}-{number}", title=title, at=at)
        told.body = body
        post_notifications([told])


def another_words(follow_up: FollowUp, joined: JoinedSignal) -> tuple[str, str]:
    """Title and text of what joined."""
    told = {"customer": customer_words(follow_up)}
    if joined.survey_response:
        told["score"] = score_of(joined.survey_response)
        title = _("%(customer)s answered again and gave %(score)s") % told
        return title, comment_of(joined.survey_response)
    if joined.interaction and joined.interaction.kind == Signal.CALL_REQUEST:
        return _("%(customer)s asks to be called") % told, words_in(joined.interaction)
    return _("%(customer)s wrote again") % told, words_in(joined.interaction) if joined.interaction else ""


def with_words(follow_ups: QuerySet[FollowUp]) -> QuerySet[FollowUp]:
    return follow_ups.select_related(
        "owner__unit",
        "customer__unit",
        "survey_response",
        "survey_response__survey",
        "interaction",
        "team__lead__unit",
        "team__calendar",
    ).prefetch_related(COMMENTS)


def unit_of(follow_up: FollowUp) -> Unit | None:
    return follow_up.customer.unit if follow_up.customer else None


def in_their_language(pairs: Iterable[tuple[Thing, User]]) -> Iterator[tuple[Thing, User]]:
    """The same pairs, with the language of the pair's user active while the caller works on it."""
    for thing, user in pairs:
        with translation.override(user.language):
            yield thing, user


def source_of(follow_up: FollowUp, event: str) -> str:
    return f"follow-up:{follow_up.pk}:{event}"


def notification(follow_up: FollowUp, *, user: User, event: str, title: str, at: datetime) -> Notification:
    return Notification(
        user=user,
        source=source_of(follow_up, event),
        title=shortened(title),
        body=said_in(follow_up),
        url=address_of(follow_up),
        at=at,
    )


def address_of(follow_up: FollowUp) -> str:
    return reverse("admin:followups_follow_up", args=[follow_up.pk])


def due_words(follow_up: FollowUp) -> str:
    """When it is due, on the clock of the team."""
    with timezone.override(ZoneInfo(follow_up.team.calendar.time_zone)):
        return say_moment(follow_up.due_at)


def owner_title(follow_up: FollowUp) -> str:
    return _("%(what)s: please get in touch") % {"what": did_words(follow_up)}


def owner_mail(follow_up: FollowUp) -> str:
    said = said_in(follow_up)
    lines = [
        what_happened(follow_up),
        *([in_whose_words(follow_up), said] if said else []),
        _("Please contact them by %(due)s.") % {"due": due_words(follow_up)},
        settings.PUBLIC_BASE_URL + address_of(follow_up),
    ]
    return "\n\n".join(lines) + "\n"


def what_happened(follow_up: FollowUp) -> str:
    if not follow_up.survey_response:
        return did_words(follow_up) + "."
    told = _("%(customer)s answered “%(survey)s” and gave %(score)s.") % {
        "customer": customer_words(follow_up),
        "survey": follow_up.survey_response.survey,
        "score": score_words(follow_up),
    }
    return told if said_in(follow_up) else f"{told}\n\n{_('They left no comment.')}"


def in_whose_words(follow_up: FollowUp) -> str:
    return _("What your colleague wrote:") if follow_up.source == Signal.BY_HAND else _("In their words:")

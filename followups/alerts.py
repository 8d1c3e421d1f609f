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
from followups.collecting import collect, wants_mail_now
from followups.models import FollowUp
from followups.words import COMMENTS, comment_of, customer_words, score_of, score_words
from staff.access import sees
from staff.models import Notification, StaffMail, Unit, User
from staff.notifications import post_mails, post_notifications, shortened
from surveys.models import SurveyResponse

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


def alert_of_another_answer(*, follow_up: QuerySet[FollowUp], response: int, at: datetime) -> None:
    """Tell the owner, in the app, that the customer on their desk answered again."""
    another = SurveyResponse.objects.prefetch_related("answers").filter(pk=response).first()
    for row in with_words(follow_up):
        if another is None or row.owner is None or not sees(row.owner, unit_of(row)):
            continue
        with translation.override(row.owner.language):
            title = _("%(customer)s answered again and gave %(score)s") % {
                "customer": customer_words(row),
                "score": score_of(another),
            }
            told = notification(row, user=row.owner, event=f"joined-{response}", title=title, at=at)
        told.body = comment_of(another)
        post_notifications([told])


def with_words(follow_ups: QuerySet[FollowUp]) -> QuerySet[FollowUp]:
    return follow_ups.select_related(
        "owner__unit",
        "customer__unit",
        "survey_response",
        "survey_response__survey",
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
        body=comment_of(follow_up.survey_response),
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
    return _("%(customer)s gave %(score)s: please get in touch") % {
        "customer": customer_words(follow_up),
        "score": score_words(follow_up),
    }


def owner_mail(follow_up: FollowUp) -> str:
    comment = comment_of(follow_up.survey_response)
    lines = [
        _("%(customer)s answered “%(survey)s” and gave %(score)s.")
        % {
            "customer": customer_words(follow_up),
            "survey": follow_up.survey_response.survey,
            "score": score_words(follow_up),
        },
        *([_("In their words:"), comment] if comment else [_("They left no comment.")]),
        _("Please contact them by %(due)s.") % {"due": due_words(follow_up)},
        settings.PUBLIC_BASE_URL + address_of(follow_up),
    ]
    return "\n\n".join(lines) + "\n"

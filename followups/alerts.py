"""Telling people about follow-ups, each in their own language: in the app, and by e-mail."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import TypeVar
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from followups.models import FollowUp
from followups.words import COMMENTS, comment_of, customer_words, score_words
from staff.access import sees
from staff.dates import say_moment
from staff.models import Notification, StaffMail, Team, Unit, User
from staff.notifications import post_mails, post_notifications, shortened

LISTED_IN_A_MAIL = 20
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
    )


def alert_leads(*, follow_ups: QuerySet[FollowUp], at: datetime) -> None:
    """Tell the lead of each team, or its members where it has none, what is overdue: one mail for all of it."""
    overdue: dict[User, list[FollowUp]] = defaultdict(list)
    late = list(with_words(follow_ups))
    recipients = answerable({follow_up.team for follow_up in late})
    for follow_up in late:
        for user in recipients[follow_up.team_id]:
            if sees(user, unit_of(follow_up)):
                overdue[user].append(follow_up)
    told = [(follow_up, user) for user, theirs in overdue.items() for follow_up in theirs]
    post_notifications(
        notification(follow_up, user=user, event="escalated", title=overdue_title(follow_up), at=at)
        for follow_up, user in in_their_language(told)
    )
    post_mails(
        StaffMail(
            user=user,
            source=source_of(theirs[0], "escalated"),
            subject=overdue_subject(theirs),
            body=overdue_mail(theirs),
            due_at=at,
        )
        for theirs, user in in_their_language([(theirs, user) for user, theirs in overdue.items()])
    )


def with_words(follow_ups: QuerySet[FollowUp]) -> QuerySet[FollowUp]:
    return follow_ups.select_related(
        "owner__unit",
        "customer__unit",
        "survey_response",
        "rule__survey",
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


def answerable(teams: Iterable[Team]) -> dict[int, list[User]]:
    """Who answers for each team: its lead, or everybody in it where there is no active lead."""
    leads = {team.pk: [team.lead] for team in teams if team.lead and team.lead.is_active}
    others: dict[int, list[User]] = defaultdict(list, leads)
    leaderless = [team.pk for team in teams if team.pk not in leads]
    memberships = Team.members.through.objects.filter(team__in=leaderless, user__is_active=True)
    for membership in memberships.select_related("user__unit"):
        others[membership.team_id].append(membership.user)
    return others


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
            "survey": follow_up.rule.survey,
            "score": score_words(follow_up),
        },
        *([_("In their words:"), comment] if comment else [_("They left no comment.")]),
        _("Please contact them by %(due)s.") % {"due": due_words(follow_up)},
        settings.PUBLIC_BASE_URL + address_of(follow_up),
    ]
    return "\n\n".join(lines) + "\n"


def overdue_title(follow_up: FollowUp) -> str:
    return _("Overdue: %(customer)s gave %(score)s and still waits") % {
        "customer": customer_words(follow_up),
        "score": score_words(follow_up),
    }


def overdue_subject(follow_ups: Sequence[FollowUp]) -> str:
    n = len(follow_ups)
    return ngettext("%(n)s follow-up is overdue", "%(n)s follow-ups are overdue", n) % {"n": n}


def overdue_mail(follow_ups: Sequence[FollowUp]) -> str:
    listed = [
        f"{overdue_title(follow_up)}\n"
        f"{_('Owner')}: {follow_up.owner or _('nobody')} · {_('due')}: {due_words(follow_up)}\n"
        f"{settings.PUBLIC_BASE_URL}{address_of(follow_up)}"
        for follow_up in follow_ups[:LISTED_IN_A_MAIL]
    ]
    if len(follow_ups) > LISTED_IN_A_MAIL:
        address = settings.PUBLIC_BASE_URL + reverse("admin:followups_inbox") + "?tab=overdue"
        listed.append(_("All of them: %(address)s") % {"address": address})
    return "\n\n".join([*listed]) + "\n"

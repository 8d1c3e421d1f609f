"""Telling people that time runs out: owners before it does, leads when it has, managers when it still has.

However many it concerns, each gets one mail of a sweep, and one notification where a list of them would be no help.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from followups.alerts.collecting import collect, wants_mail_now
from followups.alerts.owners import address_of, due_words, notification, source_of, with_words
from followups.models import FollowUp
from followups.words import did_words
from staff.access import visible
from staff.models import Notification, StaffMail, Team, User
from staff.notifications import post_mails, post_notifications, shortened

LISTED = 20


@dataclass(frozen=True)
class Words:
    """How a step of the ladder is told, and the name under which it is told once."""

    event: str
    title: Callable[[FollowUp], str]
    subject: Callable[[int], str]
    is_escalation: bool = False


def warn_owners(*, follow_ups: QuerySet[FollowUp], at: datetime) -> None:
    """Remind the owner of each that it is due soon."""
    owners = User.objects.filter(pk__in=follow_ups.order_by().values("owner"), is_active=True)
    tell(follow_ups, {owner: Q(owner=owner) for owner in owners}, WARNING, at=at)


def alert_leads(*, follow_ups: QuerySet[FollowUp], at: datetime) -> None:
    """Tell the lead of each team, or its members where it has none, what is overdue."""
    recipients = answerable(teams_of(follow_ups).select_related("lead"))
    tell(follow_ups, by_person(recipients), OVERDUE, at=at)


def alert_managers(*, follow_ups: QuerySet[FollowUp], at: datetime) -> None:
    """Tell the manager of each team what is overdue still; a team without a manager has nobody to tell."""
    teams = teams_of(follow_ups).filter(manager__is_active=True).select_related("manager")
    tell(follow_ups, by_person({team.pk: [team.manager] for team in teams if team.manager}), STILL, at=at)


def teams_of(follow_ups: QuerySet[FollowUp]) -> QuerySet[Team]:
    return Team.objects.filter(pk__in=follow_ups.order_by().values("team"))


def answerable(teams: Iterable[Team]) -> dict[int, list[User]]:
    """Who answers for each team: its lead, or everybody in it where there is no active lead."""
    everybody = {team.pk: [team.lead] if team.lead and team.lead.is_active else [] for team in teams}
    leaderless = [pk for pk, people in everybody.items() if not people]
    memberships = Team.members.through.objects.filter(team__in=leaderless, user__is_active=True)
    for membership in memberships.select_related("user").order_by("user"):
        everybody[membership.team_id].append(membership.user)
    return everybody


def by_person(recipients: Mapping[int, list[User]]) -> dict[User, Q]:
    """What concerns each: the follow-ups of their teams."""
    teams: dict[User, list[int]] = defaultdict(list)
    for team, people in recipients.items():
        for person in people:
            teams[person].append(team)
    return {person: Q(team__in=theirs) for person, theirs in teams.items()}


def tell(follow_ups: QuerySet[FollowUp], concerned: Mapping[User, Q], words: Words, *, at: datetime) -> None:
    """Tell each person of those follow-ups that concern them and whose customer they may see."""
    notifications: list[Notification] = []
    mails: list[StaffMail] = []
    for person, theirs in concerned.items():
        mine = visible(follow_ups.filter(theirs), person)
        shown = list(with_words(mine).order_by("due_at", "pk")[: LISTED + 1])
        if not shown:
            continue
        number = len(shown) if len(shown) <= LISTED else mine.count()
        with translation.override(person.language):
            notifications += notifications_of(shown, number, words, to=person, at=at)
            if wants_mail_now(person, is_escalation=words.is_escalation):
                mails.append(mail_of(shown, number, words, to=person, at=at))
            else:
                collect(((pk, person) for pk in mine.values_list("pk", flat=True)), at=at)
    post_notifications(notifications)
    post_mails(mails)


def notifications_of(
    shown: list[FollowUp], number: int, words: Words, *, to: User, at: datetime
) -> list[Notification]:
    """One for each, or one for all of a long list."""
    if number <= LISTED:
        return [
            notification(each, user=to, event=once(each, words.event), title=words.title(each), at=at)
            for each in shown
        ]
    return [
        Notification(
            user=to,
            source=source_of(shown[0], once(shown[0], f"{words.event}-and-more")),
            title=shortened(words.subject(number)),
            body="",
            url=f"{reverse('admin:followups_inbox')}?tab=overdue",
            at=at,
        )
    ]


def mail_of(shown: list[FollowUp], number: int, words: Words, *, to: User, at: datetime) -> StaffMail:
    listed = [
        f"{words.title(each)}\n"
        f"{_('Owner')}: {each.owner or _('nobody')} · {_('due')}: {due_words(each)}\n"
        f"{settings.PUBLIC_BASE_URL}{address_of(each)}"
        for each in shown[:LISTED]
    ]
    if number > LISTED:
        address = settings.PUBLIC_BASE_URL + reverse("admin:followups_inbox") + "?tab=overdue"
        listed.append(_("All of them: %(address)s") % {"address": address})
    return StaffMail(
        user=to,
        source=source_of(shown[0], once(shown[0], words.event)),
        subject=shortened(words.subject(number)),
        body="\n\n".join(listed) + "\n",
        due_at=at,
    )


def once(follow_up: FollowUp, event: str) -> str:
    """The name of what is told once: when it is due at another time, it is told again."""
    return f"{event}:{follow_up.due_at:%Y%m%d%H%M}"


def named(follow_up: FollowUp) -> dict[str, str]:
    return {"what": did_words(follow_up)}


def due_soon_title(follow_up: FollowUp) -> str:
    if follow_up.state == FollowUp.State.CONTACTED:
        return _("Due soon, it waits for an end: %(what)s") % named(follow_up)
    return _("Due soon, it waits for a call: %(what)s") % named(follow_up)


def overdue_title(follow_up: FollowUp) -> str:
    return _("Overdue: %(what)s") % named(follow_up)


def due_soon_subject(n: int) -> str:
    return ngettext("%(n)s follow-up is due soon", "%(n)s follow-ups are due soon", n) % {"n": n}


def overdue_subject(n: int) -> str:
    return ngettext("%(n)s follow-up is overdue", "%(n)s follow-ups are overdue", n) % {"n": n}


def still_overdue_subject(n: int) -> str:
    return ngettext("%(n)s follow-up is overdue still", "%(n)s follow-ups are overdue still", n) % {"n": n}


WARNING = Words("due-soon", due_soon_title, due_soon_subject)
OVERDUE = Words("escalated", overdue_title, overdue_subject, is_escalation=True)
STILL = Words("manager", overdue_title, still_overdue_subject, is_escalation=True)

"""The second person: campaigns to many people go out only when somebody else has agreed.

From how many on, the contact rules say. An approval is one of a campaign as it stands: changing it takes it back, and so
does changing whom its segment picks, what its survey asks, or in whose name it goes out.
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils import translation
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from customers.models import Segment
from customers.segments.uses import parts_of
from staff.access import limit_of
from staff.models import Notification, User
from staff.notifications import post_notifications, shortened
from surveys.campaigns.diary import Step, note
from surveys.models import Campaign, ContactRules
from surveys.planning.triggers import make_up_for_hold
from surveys.preflight.counting import count_everybody

State = Campaign.State
MAY_LAUNCH = "surveys.launch_campaign"


class ApprovalNeeded(ValueError):
    """So many would be asked that a second person has to agree first; its words say how many, and what to do."""


class OwnCampaign(Exception):
    """Nobody approves what they wrote or asked for themselves."""


class NothingToApprove(Exception):
    """Nobody asked for an approval, or the campaign changed since; its words say what to do."""


def approval_from() -> int | None:
    """From how many recipients on a second person must agree; None when never."""
    return ContactRules.objects.values_list("approval_from", flat=True).first()


def recipients_of(campaign: Campaign, *, at: datetime) -> int:
    """How many would be asked, at once or later."""
    return sum(each.people for each in count_everybody(campaign, at=at) if each.is_recipient)


def is_approved(campaign: Campaign) -> bool:
    """Whether somebody agreed to what would go out now."""
    return campaign.approved_at is not None and campaign.approved_of == contents_of(campaign)


def contents_of(campaign: Campaign) -> str:
    """A digest of what stands behind a campaign: its segment with all it is made of, its survey and its sender."""
    return digest_of(campaign, parts_of(campaign.segment))


def asked_for(campaign: Campaign) -> str:
    """The request, and what stood behind the campaign then: what somebody looks at, and then agrees to."""
    return f"{campaign.approval_requested_at} {contents_of(campaign)}"


def what_goes_out(campaign: Campaign) -> str:
    """The same while it sends: whom a campaign that asks once writes to is fixed at its start.

    Of a list only the order of magnitude counts, or each customer who is put on it or erased would stop the campaign.
    """
    segments = [] if campaign.kind == Campaign.Kind.ONCE else parts_of(campaign.segment)
    return digest_of(campaign, segments, listed=int.bit_length)


def has_changed(campaign: Campaign) -> bool:
    """Whether what goes out is no longer what was looked at when it started, or since."""
    return campaign.cleared_of not in {"", what_goes_out(campaign)}


def digest_of(campaign: Campaign, segments: Sequence[Segment], *, listed: Callable[[int], int] = int) -> str:
    """`listed` says what counts of the number of people on a list."""
    sender = campaign.sender
    contents = {
        "segments": [
            [segment.pk, segment.kind, segment.rule, listed(segment.members.count())] for segment in segments
        ],
        "survey": [campaign.survey_id, campaign.survey.version_id],
        "sender": sender and [sender.name, sender.address, sender.reply_to, sender.sms_name],
    }
    return hashlib.sha256(json.dumps(contents, sort_keys=True).encode()).hexdigest()


def require_approval(campaign: Campaign, *, at: datetime) -> None:
    """Raises ApprovalNeeded where a second person has to agree and has not; counts only where there is a limit."""
    limit = approval_from()
    if limit is None or is_approved(campaign):
        return
    people = recipients_of(campaign, at=at)
    if people >= limit:
        raise ApprovalNeeded(
            _(
                "This campaign would ask %(people)s people. From %(limit)s on a second person has to agree first:"
                " ask for approval on the page before the launch."
            )
            % {
                "people": number_format(people, force_grouping=True),
                "limit": number_format(limit, force_grouping=True),
            }
        )


@transaction.atomic
def request_approval(*, campaign: Campaign, by: User, at: datetime) -> int:
    """Tell everybody else who may launch campaigns that `by` waits for one of them; returns how many were told.

    What somebody paused and changed is held from now on. Raises NothingToApprove.
    """
    is_open = Q(state=State.DRAFT) | Q(held_at__isnull=False)
    changes = WITHOUT_APPROVAL | {"approval_requested_by": by, "approval_requested_at": at}
    if campaign.state == State.PAUSED and approval_from() is not None and has_changed(campaign):
        is_open |= Q(state=State.PAUSED)
        changes["held_at"] = campaign.held_at or at
    asked = Campaign.objects.filter(is_open, pk=campaign.pk)
    if is_approved(campaign) or not asked.filter(approved_at=campaign.approved_at).update(**changes):
        raise NothingToApprove(_("Only a draft that nobody has approved yet waits for approval."))
    campaign.refresh_from_db()
    note(Step.APPROVAL_REQUESTED, campaign=campaign, by=by, at=at)
    others = list(who_may_approve(campaign))
    title = gettext_noop("%(name)s asks you to approve the campaign “%(campaign)s”")
    post_notifications(
        notification(campaign, user, title, name=str(by), source=f"requested:{at.isoformat()}", at=at)
        for user in others
    )
    return len(others)


@transaction.atomic
def approve_campaign(*, campaign: Campaign, by: User, at: datetime, seen: str | None = None) -> None:
    """Agree that `campaign` goes out as it stands; `seen` is what was asked for when `by` looked at it.

    One that was held goes on: it starts at its time, or sends again. Raises OwnCampaign or NothingToApprove.
    """
    locked = Campaign.objects.select_for_update(of=("self",)).get(pk=campaign.pk)
    if by.pk in {locked.created_by_id, locked.approval_requested_by_id}:
        raise OwnCampaign(_("You wrote this campaign or asked for the approval: somebody else has to agree."))
    if locked.approval_requested_at is None or not waits_for_approval(locked) or locked.approved_at:
        raise NothingToApprove(
            _("Nobody waits for an approval: the campaign was changed, approved or launched.")
        )
    if seen is not None and seen != asked_for(locked):
        raise NothingToApprove(_("The campaign was changed while you looked at it. Look at it again."))
    state = State.SENDING if locked.state == State.PAUSED else locked.state
    Campaign.objects.filter(pk=campaign.pk).update(
        state=state, held_at=None, approved_by=by, approved_at=at, approved_of=contents_of(locked)
    )
    campaign.refresh_from_db()
    if campaign.state == State.SENDING:
        make_up_for_hold(campaign, held_at=locked.held_at, at=at)
    note(Step.APPROVED, campaign=campaign, by=by, at=at)
    waiting = campaign.approval_requested_by
    if waiting:
        title = gettext_noop("%(name)s approved the campaign “%(campaign)s”")
        post_notifications(
            [notification(campaign, waiting, title, name=str(by), source=f"approved:{at.isoformat()}", at=at)]
        )


def waits_for_approval(campaign: Campaign) -> bool:
    """Whether somebody may agree to it now: it is not launched yet, or is held until somebody does."""
    return campaign.state == State.DRAFT or campaign.held_at is not None


WITHOUT_APPROVAL = {
    "approved_by": None,
    "approved_at": None,
    "approved_of": "",
    "approval_requested_by": None,
    "approval_requested_at": None,
}


def who_may_approve(campaign: Campaign) -> Iterator[User]:
    """Everybody who may launch campaigns but its author and who asked."""
    own = {campaign.created_by_id, campaign.approval_requested_by_id}
    for user in people_who_may_launch().select_related("unit"):
        if user.pk not in own and limit_of(user) is None:
            yield user


def people_who_may_launch() -> QuerySet[User]:
    people = get_user_model().objects.with_perm(
        MAY_LAUNCH, backend="django.contrib.auth.backends.ModelBackend"
    )
    return people.filter(is_staff=True)


def notification(
    campaign: Campaign, user: User, title: str, *, name: str, source: str, at: datetime
) -> Notification:
    with translation.override(user.language):
        told = _(title) % {"name": name, "campaign": campaign.name}
    return Notification(
        user=user,
        source=f"campaign:{campaign.pk}:{source}",
        title=shortened(told),
        url=reverse("admin:surveys_campaign_preflight", args=[campaign.pk]),
        at=at,
    )

"""The second person: campaigns to many people go out only when somebody else has agreed.

From how many on, the contact rules say. An approval is one of a campaign as it stands: changing it takes it back.
"""

from collections.abc import Iterator
from datetime import datetime

from django.contrib.auth import get_user_model
from django.db import transaction
from django.urls import reverse
from django.utils import translation
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from staff.access import limit_of
from staff.audit import audit
from staff.models import AuditEntry, Notification, User
from staff.notifications import post_notifications, shortened
from surveys.models import Campaign, ContactRules
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


def require_approval(campaign: Campaign, *, at: datetime) -> None:
    """Raises ApprovalNeeded where a second person has to agree and has not; counts only where there is a limit."""
    limit = approval_from()
    if limit is None or campaign.approved_at:
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

    Raises NothingToApprove.
    """
    asked = Campaign.objects.filter(pk=campaign.pk, state=State.DRAFT, approved_at=None)
    if not asked.update(approval_requested_by=by, approval_requested_at=at):
        raise NothingToApprove(_("Only a draft that nobody has approved yet waits for approval."))
    campaign.refresh_from_db()
    audit(user=by, action=AuditEntry.Action.CHANGED, subject=campaign, at=at, approval="requested")
    others = list(who_may_approve(campaign))
    title = gettext_noop("%(name)s asks you to approve the campaign “%(campaign)s”")
    post_notifications(
        notification(campaign, user, title, name=str(by), source=f"requested:{at.isoformat()}", at=at)
        for user in others
    )
    return len(others)


@transaction.atomic
def approve_campaign(*, campaign: Campaign, by: User, at: datetime, seen: datetime | None = None) -> None:
    """Agree that `campaign` goes out as it stands; `seen` is when the request was made that `by` looked at.

    Raises OwnCampaign or NothingToApprove.
    """
    locked = Campaign.objects.select_for_update(of=("self",)).get(pk=campaign.pk)
    if by.pk in {locked.created_by_id, locked.approval_requested_by_id}:
        raise OwnCampaign(_("You wrote this campaign or asked for the approval: somebody else has to agree."))
    if locked.approval_requested_at is None or locked.state != State.DRAFT or locked.approved_at:
        raise NothingToApprove(
            _("Nobody waits for an approval: the campaign was changed, approved or launched.")
        )
    if seen is not None and locked.approval_requested_at != seen:
        raise NothingToApprove(_("The campaign was changed while you looked at it. Look at it again."))
    Campaign.objects.filter(pk=campaign.pk).update(approved_by=by, approved_at=at)
    campaign.refresh_from_db()
    audit(user=by, action=AuditEntry.Action.CHANGED, subject=campaign, at=at, approval="given")
    waiting = campaign.approval_requested_by
    if waiting:
        title = gettext_noop("%(name)s approved the campaign “%(campaign)s”")
        post_notifications(
            [notification(campaign, waiting, title, name=str(by), source=f"approved:{at.isoformat()}", at=at)]
        )


WITHOUT_APPROVAL = {
    "approved_by": None,
    "approved_at": None,
    "approval_requested_by": None,
    "approval_requested_at": None,
}


def who_may_approve(campaign: Campaign) -> Iterator[User]:
    """Everybody who may launch campaigns but its author and who asked."""
    own = {campaign.created_by_id, campaign.approval_requested_by_id}
    people = get_user_model().objects.with_perm(
        MAY_LAUNCH, backend="django.contrib.auth.backends.ModelBackend"
    )
    for user in people.filter(is_staff=True).select_related("unit"):
        if user.pk not in own and limit_of(user) is None:
            yield user


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

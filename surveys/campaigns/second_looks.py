"""Looking once more whether what goes out is what somebody agreed to: when a campaign starts, and while it sends.

Days may lie between a launch and the start, and years between the start and a round. Who is in a segment changes by
nature; how it is defined, what the survey asks and in whose name it goes out is what somebody agreed to.
"""

from datetime import datetime

from django.db import transaction
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _

from customers.segments import RuleError, members
from staff.models import User
from surveys.campaigns.approving import (
    ApprovalNeeded,
    approval_from,
    has_changed,
    is_approved,
    people_who_may_launch,
    require_approval,
    what_goes_out,
)
from surveys.campaigns.diary import Step, note
from surveys.campaigns.telling import tell
from surveys.models import Campaign
from surveys.planning.one_by_one import one_by_one
from surveys.planning.triggers import make_up_for_hold

State = Campaign.State


def look_again(*, at: datetime) -> int:
    """Hold what is being sent and changed since it was looked at, and let go on what was held; returns how many are held."""
    live = Campaign.objects.filter(Q(state=State.SENDING) | Q(state=State.PAUSED, held_at__isnull=False))
    live = live.filter(is_by_hand=False).select_related("survey", "segment", "sender")
    return one_by_one(live, lambda campaign: is_held(campaign, at=at))


def is_held(campaign: Campaign, *, at: datetime) -> bool:
    """Whether it is held now. What somebody paused goes on only when somebody says so."""
    contents = what_goes_out(campaign)
    if campaign.held_at is None and campaign.cleared_of == contents:
        return False
    is_as_before = campaign.cleared_of in {"", contents} and not unreadable(campaign, at=at)
    if not is_as_before and not may_go_out(campaign, at=at):
        return True
    if campaign.was_paused_by_somebody:
        Campaign.objects.filter(pk=campaign.pk, held_at=campaign.held_at).update(held_at=None)
    else:
        let_go(campaign, contents=contents, at=at)
    return False


def unreadable(campaign: Campaign, *, at: datetime) -> str:
    """What is wrong with its segment, where nobody can say any more who is in it; else “”."""
    try:
        members(segment=campaign.segment, at=at)
    except RuleError as error:
        return str(error)
    return ""


@transaction.atomic
def let_go(campaign: Campaign, *, contents: str, at: datetime) -> None:
    """It sends, cleared of its `contents`; what would have triggered it while it was held does so now."""
    same = Campaign.objects.filter(pk=campaign.pk, state=campaign.state, held_at=campaign.held_at)
    if same.update(state=State.SENDING, held_at=None, cleared_of=contents):
        note(Step.LET_GO, campaign=campaign, by=None, at=at)
        make_up_for_hold(campaign, held_at=campaign.held_at, at=at)


def may_go_out(campaign: Campaign, *, at: datetime) -> bool:
    """Whether its segment can be read and nobody has to agree first; else it is held, and who answers for it is told, once."""
    if unreadable(campaign, at=at):
        hold(campaign, at=at)
        return False
    if campaign.held_at and approval_from() is not None and not is_approved(campaign):
        return False  # its people were counted when it was held, and may be a million
    try:
        require_approval(campaign, at=at)
    except ApprovalNeeded:
        hold(campaign, at=at)
        return False
    return True


def require_second_look(campaign: Campaign, *, at: datetime) -> None:
    """Raises ApprovalNeeded where what goes out changed since it was looked at, and a second person has to agree.

    Then it is held, and may be agreed to.
    """
    if campaign.held_at or has_changed(campaign):
        try:
            require_approval(campaign, at=at)
        except ApprovalNeeded:
            hold(campaign, at=at)
            raise


@transaction.atomic
def hold(campaign: Campaign, *, at: datetime) -> None:
    """Nothing of it goes out until a second person agrees; what is sent already is paused."""
    state = State.PAUSED if campaign.state == State.SENDING else State(campaign.state)
    same = Campaign.objects.filter(pk=campaign.pk, state=campaign.state, held_at=None)
    if same.update(state=state, held_at=at):
        campaign.state, campaign.held_at = state, at
        note(Step.HELD, campaign=campaign, by=None, at=at)
        tell_who_answers(campaign, at=at)


def who_answers_for(campaign: Campaign) -> list[User]:
    """Who wrote it, who asked for its approval and who launched it; where none is left, everybody who may launch campaigns."""
    own = (campaign.created_by_id, campaign.approval_requested_by_id, campaign.launched_by_id)
    return list(User.objects.filter(pk__in=filter(None, own), is_active=True)) or list(
        people_who_may_launch()
    )


def why_held(campaign: Campaign, *, at: datetime) -> str:
    """In the reader's words, with what to do about it; “” where nothing holds it."""
    if campaign.held_at is None:
        return ""
    if problem := unreadable(campaign, at=at):
        return _("Nobody can say who is in its segment: %(problem)s Change the segment.") % {
            "problem": problem
        }
    why = (
        _(
            "The segment, the survey or the sender changed since it was approved, so nothing goes out until somebody"
            " agrees again."
        )
        if campaign.approved_at
        else _("It would ask so many people now that a second person has to agree before anything goes out.")
    )
    what_to_do = _(
        "Look at it on the page before the launch and ask for approval there. It goes on by itself as soon as somebody"
        " agrees."
    )
    return f"{why} {what_to_do}"


def tell_who_answers(campaign: Campaign, *, at: datetime) -> None:
    def words() -> tuple[str, str]:
        title = _("Held back: the campaign “%(campaign)s”") % {"campaign": campaign.name}
        return title, why_held(campaign, at=at)

    url = reverse("admin:surveys_campaign_preflight", args=[campaign.pk])
    source = f"campaign:{campaign.pk}:held:{at.isoformat()}"
    tell(who_answers_for(campaign), words, source=source, url=lambda _user: url, at=at)


def tell_of_refused_sender(campaign: Campaign, *, said: str, at: datetime) -> None:
    """Once a day, while the other side does not take mails in the name of the campaign's sender."""

    def words() -> tuple[str, str]:
        title = _("The sender of the campaign “%(campaign)s” is refused") % {"campaign": campaign.name}
        body = _(
            "The mail server takes no mails of %(sender)s: “%(words)s”. Nothing is lost, and it is tried again every few"
            " minutes. Have the address allowed there, or choose another sender."
        )
        return title, body % {"sender": campaign.sender, "words": said}

    url = reverse("admin:surveys_campaign_cockpit", args=[campaign.pk])
    source = f"campaign:{campaign.pk}:sender:{at.date()}"
    tell(who_answers_for(campaign), words, source=source, url=lambda _user: url, at=at)

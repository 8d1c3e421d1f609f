"""The first page of those whose work is not the figures: what waits for them, and where it is."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from followups.models import FollowUp
from followups.pages.inbox import Row, Tab, page_of
from staff.access import visible
from staff.models import User


@dataclass(frozen=True)
class Place:
    title: str | Promise
    sentence: str | Promise
    icon: str
    url_name: str
    permission: str


@dataclass(frozen=True)
class Start:
    places: list[Place]
    next: list[Row]
    open: int
    overdue: int


SHOWN_NEXT = 5
PLACES = (
    Place(
        _("Follow-ups"),
        _("Unhappy customers who wait for a call, the most urgent first."),
        "inbox",
        "admin:followups_inbox",
        "followups.view_followup",
    ),
    Place(
        _("Customers"),
        _("Find somebody, and see what happened between them and us."),
        "group",
        "admin:customers_customer_changelist",
        "customers.view_customer",
    ),
    Place(
        _("Responses"),
        _("What customers answered, in their own words."),
        "reviews",
        "admin:surveys_surveyresponse_changelist",
        "surveys.view_surveyresponse",
    ),
    Place(
        _("Campaigns"),
        _("Whom we ask, when, and what became of each message."),
        "campaign",
        "admin:surveys_campaign_changelist",
        "surveys.view_campaign",
    ),
    Place(
        _("Members"),
        _("Balances, what earned them, and rewards to redeem."),
        "card_membership",
        "admin:loyalty_account_changelist",
        "loyalty.view_account",
    ),
)


def start_for(user: User, *, at: datetime) -> Start:
    """The places `user` may open, how many follow-ups wait for them, and which ones come first."""
    places = [place for place in PLACES if user.has_perm(place.permission)]
    mine = visible(FollowUp.objects.open(), user).filter(owner=user)
    is_overdue = Q(state__in=FollowUp.RUNNING, due_at__lt=at)
    waits = user.has_perm("followups.view_followup")
    first = page_of(Tab.MINE, user=user, teams=[], at=at).rows[:SHOWN_NEXT] if waits else []
    return Start(places, first, **mine.aggregate(open=Count("pk"), overdue=Count("pk", filter=is_overdue)))

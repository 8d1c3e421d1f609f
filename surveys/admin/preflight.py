"""The page before a launch: what would happen, to whom, and why not to others."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.utils.formats import number_format
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.generic import TemplateView
from unfold.views import UnfoldModelAdminViewMixin

from customers.models import Channel, Customer
from events.boundary import id_from, validate_moment
from staff.access import limit_of, visible
from staff.views import member
from surveys.campaigns.approving import (
    ApprovalNeeded,
    NothingToApprove,
    OwnCampaign,
    approval_from,
    approve_campaign,
    asked_for,
    is_approved,
    request_approval,
    waits_for_approval,
)
from surveys.campaigns.life import NotReady, WrongState, schedule_campaign
from surveys.ledger.fates import reason_in_words
from surveys.models import Campaign, ContactCap, Invitation, SendingLimit
from surveys.preflight.cautions import cautions_about
from surveys.preflight.counting import Which, name_people
from surveys.preflight.expecting import Basis
from surveys.preflight.outlook import Slot
from surveys.preflight.overlaps import overlaps_of
from surveys.preflight.report import DAYS_SHOWN, Fate, Preflight, preflight_of
from surveys.questions.wording import LANGUAGES, own_name

State = Campaign.State
MAY_LAUNCH = "surveys.launch_campaign"
MAY_CHANGE = "surveys.change_campaign"
NAMES_A_PAGE = 50
SHADES = 5  # how dark an hour of the calendar is at most


class StartForm(forms.Form):
    """When a campaign starts; who wants it now has a button for that."""

    starts_at = forms.DateTimeField(
        label=gettext_lazy("Start at"),
        validators=[validate_moment],
        error_messages={"required": gettext_lazy("Choose a day and an hour, or press “Launch now”.")},
        widget=forms.DateTimeInput(
            format="%Y-%m-%dT%H:%M", attrs={"type": "datetime-local", "class": "cx-input"}
        ),
    )


class BeforeLaunch(UnfoldModelAdminViewMixin, TemplateView):
    """A page about a campaign that is not launched yet, has only a date, or is held until somebody agrees again."""

    permission_required = "surveys.view_campaign"

    @cached_property
    def campaign(self) -> Campaign:
        related = ("survey", "segment", "sender", "created_by", "approved_by", "approval_requested_by")
        campaign = Campaign.objects.select_related(*related).filter(pk=self.kwargs["pk"]).first()
        if campaign is None:
            raise Http404
        return campaign

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Whoever comes too late finds the cockpit, where it is watched."""
        is_looking = request.method == "GET" and request.user.has_perm(self.permission_required)
        has_begun = self.campaign.state not in {State.DRAFT, State.SCHEDULED}
        if is_looking and has_begun and self.campaign.held_at is None:
            return redirect("admin:surveys_campaign_cockpit", self.campaign.pk)
        return super().dispatch(request, *args, **kwargs)


class PreflightView(BeforeLaunch):
    """What would happen. The counting takes a while among many customers, so the page comes first and then the numbers."""

    title = gettext_lazy("Before the launch")

    def get_template_names(self) -> list[str]:
        return [f"surveys/preflight{'_counted' if self.is_swapped else ''}.html"]

    @property
    def is_swapped(self) -> bool:
        """Whether the page is there already and only the figures come; without a script the page comes with them."""
        return "counted" in self.request.GET and "HX-Request" in self.request.headers

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        page: HttpResponse = super().get(request, *args, **kwargs)
        patch_vary_headers(page, ["HX-Request"])
        return page

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        user = self.request.user
        context = {
            "campaign": self.campaign,
            "unit": limit_of(user),
            "may_launch": user.has_perm(MAY_LAUNCH),
            "may_change": user.has_perm(MAY_CHANGE),
            "is_own": user.pk in {self.campaign.created_by_id, self.campaign.approval_requested_by_id},
            "approval_from": approval_from(),
            "is_approved": is_approved(self.campaign),
            "asked_for": asked_for(self.campaign),
            "limits": SendingLimit.objects.filter(channel__in=self.campaign.channels),
            "may_see_limits": user.has_perm("surveys.view_sendinglimit"),
            "is_swapped": self.is_swapped,
            "may_start": self.campaign.state in {State.DRAFT, State.SCHEDULED},
            "start_form": kwargs.pop("start_form", None)
            or StartForm(initial={"starts_at": self.campaign.starts_at}),
        }
        context["may_ask"] = self.may_ask(context)
        if "counted" in self.request.GET:
            context |= self.counted()
            context |= stops_of(context)
        return super().get_context_data(**context, **kwargs)

    def may_ask(self, known: Mapping[str, Any]) -> bool:
        """Whether an approval could be asked for now: of what waits for none and has none that still holds."""
        is_asked = self.campaign.approval_requested_at and not self.campaign.approved_at
        is_open = waits_for_approval(self.campaign) and not is_asked and not known["is_approved"]
        return is_open and known["may_change"] and known["approval_from"] is not None

    def counted(self) -> dict[str, Any]:
        campaign, at, unit = self.campaign, timezone.now(), limit_of(self.request.user)
        preflight = preflight_of(campaign, at=at, unit=unit)
        overlaps = list(overlaps_of(campaign, at=at, unit=unit))
        people = reverse("admin:surveys_campaign_people", args=[campaign.pk])
        return {
            "preflight": preflight,
            "cautions": list(cautions_about(campaign, preflight, overlaps, at=at)),
            "groups": [shown_group(group) for group in preflight.groups],
            "deferred": shown_fates(preflight.deferred, people),
            "excluded": shown_fates(preflight.excluded, people),
            "named": people,
            "metric": _(preflight.metric.name) if preflight.metric else "",
            "scenarios": preflight.scenarios,
            "days": (days := list(calendar_of(preflight.outlook.slots))),
            "days_left_out": max(len(days_of(preflight.outlook.slots)) - DAYS_SHOWN, 0),
            "hours": [cell.hour for cell in days[0].cells] if days else [],
            **totals_of(preflight),
        }

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        """One button was pressed; `do` says which."""
        do = request.POST.get("do", "")
        if not request.user.has_perm(MAY_CHANGE if do == "request" else MAY_LAUNCH):
            raise PermissionDenied
        campaign, at, user = self.campaign, timezone.now(), member(request)
        start_form = StartForm(request.POST)
        if do == "schedule" and not start_form.is_valid():
            return self.render_to_response(self.get_context_data(start_form=start_form))
        try:
            match do:
                case "schedule":
                    starts_at = start_form.cleaned_data["starts_at"]
                    schedule_campaign(campaign=campaign, starts_at=starts_at, by=user, at=at)
                    return redirect("admin:surveys_campaign_cockpit", campaign.pk)
                case "start":
                    schedule_campaign(campaign=campaign, starts_at=at, by=user, at=at)
                    return redirect("admin:surveys_campaign_cockpit", campaign.pk)
                case "request":
                    messages.success(request, told(request_approval(campaign=campaign, by=user, at=at)))
                case "approve":
                    seen = request.POST.get("seen", "")
                    approve_campaign(campaign=campaign, by=user, at=at, seen=seen)
                    messages.success(
                        request,
                        _("Approved. It goes on by itself.")
                        if campaign.state != State.DRAFT
                        else _("Approved. It can be launched as it stands."),
                    )
                case _:
                    raise Http404
        except (NotReady, WrongState, ApprovalNeeded, OwnCampaign, NothingToApprove) as refusal:
            messages.error(request, str(refusal))
        return redirect("admin:surveys_campaign_preflight", campaign.pk)


def stops_of(counted: Mapping[str, Any]) -> dict[str, Any]:
    """What a launch would be refused for, once it is counted; the buttons say so before they are pressed."""
    return {
        "is_counted": True,
        "has_to_be_mended": any(caution.has_to_be_mended for caution in counted["cautions"]),
        "is_needed": needs_approval(counted),
    }


def needs_approval(counted: Mapping[str, Any]) -> bool | None:
    """Whether a second person has to agree; None where it takes the customers of other units, too, to know."""
    limit, people = counted["approval_from"], counted["preflight"].recipients
    if limit is None or counted["is_approved"]:
        return False
    return True if people >= limit else None if counted["unit"] else False


def told(people: int) -> str:
    if not people:
        return _("Asked, but nobody else may launch campaigns: give a second person the right to.")
    sentence = ngettext(
        "%(people)s person who may approve it was told.",
        "%(people)s people who may approve it were told.",
        people,
    )
    return sentence % {"people": number_format(people, force_grouping=True)}


def shown_group(group: Any) -> dict[str, Any]:
    return {
        "channel": Channel(group.channel).label,
        "language": own_name(group.language),
        "people": group.people,
        "rate": 100 * group.basis.rate if group.basis else None,
        "basis": basis_in_words(group.basis),
        "query": urlencode({"state": "asked", "channel": group.channel, "language": group.language}),
    }


def basis_in_words(basis: Basis | None) -> str:
    """What an expectation rests on."""
    if basis is None:
        return _("nothing like it was asked yet")
    like = {
        "language": _("like campaigns, same channel and language"),
        "channel": _("like campaigns, same channel"),
        "kind": _("like campaigns, any channel"),
        "all": _("all campaigns"),
    }[basis.like]
    sentence = ngettext(
        "%(answered)s of %(asked)s person (%(like)s)",
        "%(answered)s of %(asked)s people (%(like)s)",
        basis.asked,
    )
    return sentence % {
        "answered": number_format(basis.answered, force_grouping=True), "asked": number_format(basis.asked, force_grouping=True), "like": like,
    }  # fmt: skip


def shown_fates(fates: Sequence[Fate], people: str) -> list[tuple[str, int, str]]:
    """(why, how many, where their names are)."""
    caps = ContactCap.objects.in_bulk([fate.cap for fate in fates if fate.cap])
    return [(why(fate, caps), fate.people, f"{people}?{query_of(fate)}") for fate in fates]


def why(fate: Any, caps: Mapping[int, ContactCap]) -> str:
    """“asked often enough for now: 1 message in 30 days”, “unsubscribed (SMS)”."""
    reason = reason_in_words(fate.reason, fate.channel)
    if fate.cap in caps:
        return _("%(reason)s: %(cap)s") % {"reason": reason, "cap": caps[fate.cap]}
    return reason


def query_of(fate: Fate) -> str:
    asked = fate._asdict()
    return urlencode({name: asked[name] for name in ("state", "reason", "channel", "cap") if asked[name]})


class Cell(NamedTuple):
    hour: int
    people: int
    shade: int


class Day(NamedTuple):
    """A day of the calendar with those hours in which something goes out on any, by the organisation's clock."""

    date: date
    first: int
    reminders: int
    cells: list[Cell]


def days_of(slots: Sequence[Slot]) -> list[date]:
    return sorted({timezone.localdate(slot.at) for slot in slots})


def calendar_of(slots: Sequence[Slot]) -> Iterator[Day]:
    """The first days on which something goes out; an hour is the darker the more goes out in it."""
    busiest = max((slot.first + slot.reminders for slot in slots), default=0)
    shown = days_of(slots)[:DAYS_SHOWN]
    hours = sorted(
        {timezone.localtime(slot.at).hour for slot in slots if timezone.localdate(slot.at) in shown}
    )
    for day in shown:
        theirs = [slot for slot in slots if timezone.localdate(slot.at) == day]
        people = dict.fromkeys(hours, 0)
        for slot in theirs:
            people[timezone.localtime(slot.at).hour] += slot.first + slot.reminders
        cells = [Cell(hour, n, -(-SHADES * n // busiest) if n else 0) for hour, n in people.items()]
        yield Day(day, sum(slot.first for slot in theirs), sum(slot.reminders for slot in theirs), cells)


def totals_of(preflight: Preflight) -> dict[str, Any]:
    slots = preflight.outlook.slots
    return {
        "first_at": slots[0].at if slots else None,
        "last_at": max((slot.at for slot in slots if slot.first), default=None),
        "reminders": sum(slot.reminders for slot in slots),
        "left_out": sum(fate.people for fate in preflight.excluded),
        "waiting": sum(fate.people for fate in preflight.deferred),
    }


class Person(NamedTuple):
    customer: Customer
    channel: str
    language: str
    state: str
    why: str
    due_at: datetime | None


class PeopleView(BeforeLaunch):
    """Who would be asked, wait or be left out, by name, from the statement that plans them."""

    title = gettext_lazy("By name")
    template_name = "surveys/preflight_people.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        asked = self.request.GET
        which = which_of(asked)
        rows = name_people(
            self.campaign,
            which,
            at=max(self.campaign.starts_at or timezone.now(), timezone.now()),
            after=id_from(asked.get("after")),
            most=NAMES_A_PAGE + 1,
            unit=limit_of(self.request.user),
        )
        shown = rows[:NAMES_A_PAGE]
        customers = visible(Customer.objects.all(), self.request.user).in_bulk(
            [row.customer for row in shown]
        )
        caps = ContactCap.objects.in_bulk({row.cap for row in shown if row.cap})
        query = asked.copy()
        query.pop("after", None)
        return super().get_context_data(
            campaign=self.campaign,
            people=[
                Person(
                    customers[row.customer],
                    str(Channel(row.channel).label),
                    own_name(row.language),
                    row.state,
                    why(row, caps) if row.reason else "",
                    None if row.state == Invitation.State.EXCLUDED else row.due_at,
                )
                for row in shown
                if row.customer in customers
            ],
            may_see_customers=self.request.user.has_perm("customers.view_customer"),
            query=query.urlencode(),
            is_first="after" not in asked,
            next=shown[-1].customer if len(rows) > NAMES_A_PAGE else None,
            **kwargs,
        )


def which_of(asked: Mapping[str, str]) -> Which:
    """Whose names the address asks for; what it does not know it leaves out."""
    state = asked.get("state")
    return Which(
        state=state if state in {"planned", "deferred", "excluded"} else None,
        is_recipient=True if state == "asked" else None,
        reason=asked.get("reason") if asked.get("reason") in Invitation.Reason.values else None,
        cap=id_from(asked.get("cap")) or None,
        channel=asked.get("channel") if asked.get("channel") in Channel.values else None,
        language=asked.get("language") if asked.get("language") in LANGUAGES else None,
    )

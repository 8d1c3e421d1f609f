"""Where a campaign is watched, and where everybody's fate in it can be read."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.generic import TemplateView
from unfold.views import UnfoldModelAdminViewMixin

from mail.channels import Standing as Channel
from mail.channels import standings
from staff.access import limit_of
from staff.models import User
from staff.views import member
from surveys.answering.closing import closing_of_survey
from surveys.campaigns.approving import ApprovalNeeded
from surveys.campaigns.comparing import comparison_from
from surveys.campaigns.diary import diary_of
from surveys.campaigns.life import NotReady, WrongState, cancel_campaign, pause_campaign, resume_campaign
from surveys.campaigns.retrying import may_retry, retry_campaign
from surveys.campaigns.second_looks import why_held
from surveys.campaigns.trying import TestNotSent, send_test
from surveys.ledger.latest import latest_answers
from surveys.ledger.standing import Standing
from surveys.ledger.tallies import standing_of
from surveys.metrics.response_rates import (
    completion_rate,
    contact_rate,
    refusal_rate,
    response_rate,
    response_rate_interval,
)
from surveys.models import Campaign
from surveys.sending.hearing import people_who_wrote_back, source_of
from surveys.sending.messages import in_language

State = Campaign.State
HELD = "-held"
TONES = {
    State.DRAFT: "plain",
    State.SCHEDULED: "info",
    State.SENDING: "good",
    State.PAUSED: "warn",
    State.DONE: "plain",
    State.CANCELLED: "bad",
}

PARTS = ("progress", "why", "answers")  # each is looked at again by itself
MOVING, RESTING = 3, 20  # seconds after which the page looks again


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the funnel; shares are of those who were asked."""

    label: str
    people: int | None
    percent: float | None
    width: int | None  # of its bar, in percent of the longest


def resting(campaign: Campaign) -> list[Channel]:
    """Its channels by which nothing leaves now: the provider takes nothing, or asked for a rest."""
    if campaign.state != State.SENDING:
        return []
    theirs = (channel for channel in standings() if channel.key in campaign.channels)
    return [channel for channel in theirs if channel.down_since or channel.rests_until]


def shown_of(standing: Standing | None) -> dict[str, Any]:
    """The standing, and what its page says beside it."""
    if standing is None:
        return {"standing": None}
    minutes = standing.minutes_left
    return {
        "standing": standing,
        "steps": list(steps_of(standing)),
        "hours_left": minutes / 60 if minutes is not None else None,
        "rate": response_rate(standing.people),
        "rate_interval": response_rate_interval(standing.people),
        "refusal": refusal_rate(standing.people),
        "contact": contact_rate(standing.people),
        "completion": completion_rate(standing.people),
    }


def compared(standing: Standing | None, campaign: Campaign) -> dict[str, Any]:
    """Two subjects side by side, in the reader's language where they are written in it."""
    if standing is None or not campaign.subject_b:
        return {}
    comparison = comparison_from(standing.subjects, campaign)
    language = get_language() or ""
    both = (("a", campaign.subject, comparison.first), ("b", campaign.subject_b, comparison.second))
    return {
        "comparison": comparison,
        "subjects": [
            {
                "text": in_language(texts, language, main=campaign.survey.language),
                "subject": subject,
                "is_chosen": campaign.better_subject == name,
            }
            for name, texts, subject in both
        ],
    }


def steps_of(standing: Standing) -> Iterator[Step]:
    asked, longest = standing.asked, max(standing.to_ask, standing.asked, 1)
    named: tuple[tuple[str, int | None], ...] = (
        (_("Planned"), standing.to_ask),
        (_("Sent"), asked),
        (_("Delivered"), standing.delivered),
        (_("Opened by people"), standing.opened),
        *([(_("Clicked by people"), standing.clicked)] if standing.clicked is not None else []),
        (_("Started"), standing.started),
        (_("Completed"), standing.complete),
    )
    for place, (label, people) in enumerate(named):
        has_share = place > 0 and asked and people is not None
        yield Step(
            label=label,
            people=people,
            percent=100 * people / asked if has_share and people is not None else None,
            width=100 * people // longest if people is not None else None,
        )


def standing_in(campaign: Campaign) -> str:
    """Its state, and whether it is held: both decide what stands on the page."""
    return campaign.state + (HELD if campaign.held_at else "")


class CockpitView(UnfoldModelAdminViewMixin, TemplateView):
    """Where a campaign is watched, and where everybody's fate in it can be read."""

    title = gettext_lazy("Campaign")
    permission_required = "surveys.view_campaign"
    template_name = "surveys/campaign_cockpit.html"

    @cached_property
    def campaign(self) -> Campaign:
        campaign = Campaign.objects.select_related("survey", "segment").filter(pk=self.kwargs["pk"]).first()
        if campaign is None:
            raise Http404
        return campaign

    def get_template_names(self) -> list[str]:
        parts = {name: f"surveys/campaign_{name}.html" for name in PARTS}
        return [next((part for name, part in parts.items() if name in self.request.GET), self.template_name)]

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """The progress is looked at again and again; when the state it was shown in is over, so is what stands beside it."""
        shown = request.GET.get("progress", "")
        if shown.removesuffix(HELD) in State.values and shown != standing_in(self.campaign):
            return HttpResponse(headers={"HX-Refresh": "true"})
        page: HttpResponse = super().get(request, *args, **kwargs)
        return page

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        campaign, unit, at = self.campaign, limit_of(self.request.user), timezone.now()
        may_launch = self.request.user.has_perm("surveys.launch_campaign")
        may_read = self.request.user.has_perm("surveys.view_surveyresponse")
        standing = None if "answers" in self.request.GET else standing_of(campaign, unit=unit, at=at)
        return super().get_context_data(
            campaign=campaign,
            resting=resting(campaign),
            standing_in=standing_in(campaign),
            why_held=why_held(campaign, at=at),
            is_of_before=standing is not None and standing.counted_at < at,
            is_survey_closed=closing_of_survey(campaign.survey, at=at) is not None,
            **shown_of(standing),
            **compared(standing, campaign),
            diary=[] if set(PARTS) & self.request.GET.keys() else diary_of(campaign),
            answers=self.answers(campaign) if may_read else [],
            may_read=may_read,
            may_have_answers=campaign.state == State.SENDING or bool(standing and standing.asked),
            wrote_back=self.wrote_back(campaign),
            replies=reverse("admin:journeys_interaction_changelist")
            + f"?source__exact={source_of(campaign)}",
            may_retry=may_launch and may_retry(campaign, at=at),
            every=MOVING if campaign.state in {State.SCHEDULED, State.SENDING} else RESTING,
            unit=unit,
            tone=TONES[State(campaign.state)],
            may_launch=may_launch,
            ledger=reverse("admin:surveys_invitation_changelist")
            + f"?wave__campaign__id__exact={campaign.pk}",
            **kwargs,
        )

    def answers(self, campaign: Campaign) -> list[dict[str, Any]]:
        """For the page and for the part that shows them alone."""
        others = {"progress", "why"} & self.request.GET.keys()
        return [] if others else latest_answers(campaign, user=member(self.request))

    def wrote_back(self, campaign: Campaign) -> int:
        """For the page and for its progress; nothing for whom timelines are closed."""
        others = {"answers", "why"} & self.request.GET.keys()
        may_see = self.request.user.has_perm("journeys.view_interaction")
        return people_who_wrote_back(campaign, user=member(self.request)) if may_see and not others else 0

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        """One button was pressed; `do` says which."""
        if not request.user.has_perm("surveys.launch_campaign") or not isinstance(request.user, User):
            raise PermissionDenied
        campaign = self.campaign
        try:
            self.press(request.POST.get("do", ""), campaign, user=request.user)
        except (ApprovalNeeded, NotReady, WrongState, TestNotSent) as refusal:
            messages.error(request, str(refusal))
        return redirect("admin:surveys_campaign_cockpit", campaign.pk)

    def press(self, do: str, campaign: Campaign, *, user: User) -> None:
        at = timezone.now()
        match do:
            case "pause":
                pause_campaign(campaign=campaign, by=user, at=at)
            case "resume":
                resume_campaign(campaign=campaign, by=user, at=at)
            case "cancel":
                cancel_campaign(campaign=campaign, by=user, at=at)
            case "retry-failed" | "retry-unknown":
                state = do.removeprefix("retry-")
                planned = retry_campaign(campaign=campaign, state=state, by=user, at=at)
                messages.success(self.request, _("%(count)s will be sent again.") % {"count": planned})
            case "test":
                send_test(campaign=campaign, to=user, at=at)
                messages.success(
                    self.request, _("The test is on its way to %(email)s.") % {"email": user.email}
                )
            case _:
                raise Http404

"""Campaigns: what is asked of whom, when, and how often."""

from collections.abc import Mapping
from typing import Any, cast

from django.contrib import admin, messages
from django.contrib.admin.utils import flatten
from django.db.models import Case, Count, F, Model, OuterRef, QuerySet, Subquery, When
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.admin import ModelAdmin
from unfold.decorators import action, display

from customers.models import Channel
from events.dates import say_moment
from staff.access import limit_of, visible
from staff.views import member
from surveys.admin.calendar import CalendarView
from surveys.admin.campaign_form import CampaignForm
from surveys.admin.cockpit import TONES, CockpitView
from surveys.admin.preflight import PeopleView, PreflightView
from surveys.admin.preview import PreviewView
from surveys.admin.texts import shown_texts
from surveys.campaigns.diary import Step, note
from surveys.campaigns.drafts import change_before_start, discard_draft
from surveys.campaigns.life import WrongState
from surveys.campaigns.second_looks import why_held
from surveys.models import Campaign, Invitation

State = Campaign.State
SHOWN = {  # what is kept for programs, and under which name it is shown to people
    "channels": "shown_channels",
    "subject": "shown_subject",
    "body": "shown_body",
    "subject_b": "shown_subject_b",
}


COMPARE = gettext_lazy("Compare two subjects")
SPEED = gettext_lazy("Time of day and speed")
SAMPLE = gettext_lazy("Only some of them")
MOST = gettext_lazy("So many people at most")
SELDOM = (COMPARE, SPEED, SAMPLE, MOST)


@admin.register(Campaign)
class CampaignAdmin(ModelAdmin):
    form = CampaignForm
    fieldsets = [
        (None, {"fields": ["kind", "name", ("survey", "segment")]}),
        (gettext_lazy("Again and again"), {"classes": ["cx-kind-recurring"], "fields": ["every_weeks"]}),
        (
            gettext_lazy("When something happened"),
            {
                "classes": ["cx-kind-triggered"],
                "fields": [
                    ("trigger", "trigger_touchpoint"),
                    "trigger_detail",
                    ("trigger_compare", "trigger_value"),
                    "delay_hours",
                ],
            },
        ),
        (
            gettext_lazy("The same customer again"),
            {"classes": ["cx-kind-triggered", "cx-kind-by_api"], "fields": ["cooldown_days"]},
        ),
        (gettext_lazy("How it reaches people"), {"fields": ["channels", "sender"]}),
        (gettext_lazy("What it says"), {"fields": ["subject", "body"]}),
        (
            COMPARE,
            {"fields": ["subject_b", ("compare_percent", "compare_hours")]},
        ),
        (gettext_lazy("Reminders and end"), {"fields": [("reminders", "remind_after_days"), "ends_at"]}),
        (SPEED, {"fields": [("send_at", "per_hour")]}),
        (SAMPLE, {"fields": [("sample_percent", "control_percent")]}),
        (
            MOST,
            {"classes": ["cx-kind-once"], "fields": ["sample_size"]},
        ),
    ]
    list_display = [
        "shown_name",
        "kind",
        "shown_state",
        "shown_survey",
        "shown_segment",
        "shown_next",
        "shown_asked",
        "shown_answered",
    ]
    list_display_links = None
    list_filter = ["state", "kind", "survey"]
    list_select_related = ["survey", "segment"]
    search_fields = ["name"]
    show_full_result_count = False
    actions_detail = ["open_cockpit"]
    warn_unsaved_form = True

    def get_queryset(self, request: HttpRequest) -> QuerySet[Campaign]:
        asked: QuerySet[Invitation] = Invitation.objects.filter(
            wave__campaign=OuterRef("pk"), sent_at__isnull=False, is_test=False
        ).order_by()
        if limit_of(request.user):
            asked = visible(asked, request.user)
        return (
            super()
            .get_queryset(request)
            .annotate(
                asked=how_many(asked),
                answered=how_many(asked.filter(answered_at__isnull=False)),
                next_at=next_date(),
            )
        )

    def get_fieldsets(self, request: HttpRequest, obj: Campaign | None = None) -> Any:
        """What can no longer be changed is shown as people read it, and only what its kind uses."""
        if obj is None or self.has_change_permission(request, obj):
            return [folded(title, part, obj or Campaign()) for title, part in cast("Any", self.fieldsets)]
        return [
            (title, {**part, "fields": [SHOWN.get(name, name) for name in part["fields"]]})
            for title, part in cast("list[tuple[Any, dict[str, Any]]]", self.fieldsets)
            if concerns(part, obj)
        ]

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """One campaign at a time: after it is written comes the page that looks ahead."""
        return super().render_change_form(
            request, context | {"show_save_and_add_another": False}, *args, **kwargs
        )

    def get_readonly_fields(self, request: HttpRequest, obj: Campaign | None = None) -> list[str]:
        return list(SHOWN.values())

    def get_urls(self) -> list[URLPattern]:
        views = {
            "cockpit": CockpitView,
            "preflight": PreflightView,
            "people": PeopleView,
            "message": PreviewView,
        }
        pages = [
            path(
                f"<int:pk>/{name}/",
                self.admin_site.admin_view(view.as_view(model_admin=self)),
                name=f"surveys_campaign_{name}",
            )
            for name, view in views.items()
        ]
        calendar = self.admin_site.admin_view(CalendarView.as_view(model_admin=self))
        return [path("calendar/", calendar, name="surveys_campaign_calendar"), *pages, *super().get_urls()]

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, *args: Any, **kwargs: Any
    ) -> Any:
        try:
            return super().changeform_view(request, object_id, *args, **kwargs)
        except WrongState as refusal:
            messages.error(request, str(refusal))
            return redirect("admin:surveys_campaign_cockpit", object_id)

    def save_model(self, request: HttpRequest, obj: Campaign, form: Any, change: bool) -> None:  # noqa: FBT001  Django's
        if not change:
            obj.created_by = member(request)
            super().save_model(request, obj, form, change)
            note(Step.DRAFTED, campaign=obj, by=obj.created_by, at=timezone.now())
        elif form.changed_data:
            contents = {name: getattr(obj, name) for name in form.fields}
            if change_before_start(campaign=obj, by=member(request), at=timezone.now(), **contents):
                messages.warning(
                    request,
                    _(
                        "It is a draft again: what changed needs the agreement of a second person before it goes out."
                    ),
                )

    def delete_model(self, request: HttpRequest, obj: Campaign) -> None:
        discard_draft(campaign=obj, by=member(request), at=timezone.now())

    def response_add(
        self, request: HttpRequest, obj: Campaign, post_url_continue: str | None = None
    ) -> HttpResponse:
        return self.response_change(request, obj)

    def response_change(self, request: HttpRequest, obj: Campaign) -> HttpResponse:
        if {"_continue", "_addanother"} & request.POST.keys():
            return super().response_change(request, obj)
        messages.success(request, _("Saved. This is what would happen if it were launched."))
        return redirect("admin:surveys_campaign_preflight", obj.pk)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """What was sent is not edited: only a draft or a scheduled campaign changes."""
        may_change: bool = super().has_change_permission(request, obj)
        return may_change and (not isinstance(obj, Campaign) or obj.state in {State.DRAFT, State.SCHEDULED})

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        may_delete: bool = super().has_delete_permission(request, obj)
        return may_delete and (not isinstance(obj, Campaign) or obj.state == State.DRAFT)

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        return {
            name: each for name, each in super().get_actions(request).items() if name != "delete_selected"
        }

    @action(description=gettext_lazy("Cockpit"), url_path="open-cockpit")
    def open_cockpit(self, request: HttpRequest, object_id: int) -> HttpResponse:
        return redirect("admin:surveys_campaign_cockpit", object_id)

    @display(description=gettext_lazy("name"), ordering="name")
    def shown_name(self, campaign: Campaign) -> str:
        address = reverse("admin:surveys_campaign_cockpit", args=[campaign.pk])
        return format_html('<a class="cx-link" dir="auto" href="{}">{}</a>', address, campaign.name)

    @display(description=gettext_lazy("state"), ordering="state")
    def shown_state(self, campaign: Campaign) -> str:
        shown = format_html(
            '<span class="cx-badge cx-badge-{}">{}</span>',
            TONES[State(campaign.state)],
            campaign.get_state_display(),
        )
        if campaign.held_at is None:
            return shown
        held = '{} <span class="cx-badge cx-badge-bad" title="{}">{}</span>'
        return format_html(held, shown, why_held(campaign, at=timezone.now()), _("waits for approval"))

    @display(description=gettext_lazy("survey"), ordering="survey")
    def shown_survey(self, campaign: Campaign) -> str:
        return format_html("<bdi>{}</bdi>", campaign.survey)

    @display(description=gettext_lazy("segment"), ordering="segment")
    def shown_segment(self, campaign: Campaign) -> str:
        return format_html("<bdi>{}</bdi>", campaign.segment or _("All customers"))

    @display(description=gettext_lazy("Channels, in order"))
    def shown_channels(self, campaign: Campaign) -> str:
        return ", ".join(str(Channel(channel).label) for channel in campaign.channels)

    @display(description=gettext_lazy("Subject"))
    def shown_subject(self, campaign: Campaign) -> str:
        return shown_texts(campaign.subject)

    @display(description=gettext_lazy("Message"))
    def shown_body(self, campaign: Campaign) -> str:
        return shown_texts(campaign.body)

    @display(description=gettext_lazy("Second subject"))
    def shown_subject_b(self, campaign: Campaign) -> str:
        return shown_texts(campaign.subject_b)

    @display(description=gettext_lazy("next messages"), ordering="next_at")
    def shown_next(self, campaign: Any) -> str:
        return say_moment(campaign.next_at) if campaign.next_at else "–"

    @display(description=gettext_lazy("asked"))
    def shown_asked(self, campaign: Any) -> str:
        return number_format(campaign.asked, force_grouping=True)

    @display(description=gettext_lazy("answered"))
    def shown_answered(self, campaign: Any) -> str:
        if not campaign.asked:
            return "–"
        answered = number_format(campaign.answered, force_grouping=True)
        share = f"{100 * campaign.answered / campaign.asked:.0f}\N{NO-BREAK SPACE}%"
        return f"{answered}\N{NO-BREAK SPACE}·\N{NO-BREAK SPACE}{share}"


def folded(title: Any, part: Mapping[str, Any], campaign: Campaign) -> tuple[Any, dict[str, Any]]:
    """A part that most campaigns leave alone is folded away as long as this one does."""
    if title not in SELDOM or any(is_set(campaign, name) for name in flatten(part["fields"])):
        return title, dict(part)
    return title, {**part, "classes": [*part.get("classes", ()), "collapse"]}


def is_set(campaign: Campaign, name: str) -> bool:
    return bool(getattr(campaign, name) != getattr(Campaign(), name))


def concerns(part: Mapping[str, Any], campaign: Campaign) -> bool:
    """Whether a part of the form says something of `campaign`: its class names the kinds that use it."""
    kinds = part.get("classes", ())
    compares = "subject_b" not in part["fields"] or bool(campaign.subject_b)
    return compares and (not kinds or f"cx-kind-{campaign.kind}" in kinds)


def how_many(invitations: QuerySet[Invitation]) -> Coalesce:
    """Counted for each campaign that is shown, and not for all before they are sorted into pages."""
    counted = invitations.values("wave__campaign").annotate(number=Count("pk")).values("number")
    return Coalesce(Subquery(counted), 0)


def next_date() -> Case:
    """When a campaign sends next: its start, or when the first who waits in its ledger is due."""
    waiting = Invitation.objects.waiting().filter(wave__campaign=OuterRef("pk"), is_test=False)
    first = waiting.order_by("due_at").values("due_at")[:1]
    return Case(
        When(held_at__isnull=False, then=None),
        When(state=State.SCHEDULED, then=F("starts_at")),
        When(state__in=[State.SENDING, State.PAUSED], then=Subquery(first)),
    )

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Model, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import TemplateView
from unfold.admin import ModelAdmin
from unfold.decorators import action, display
from unfold.views import UnfoldModelAdminViewMixin

from staff.access import limit_of, visible
from staff.limited import LimitedAdmin
from staff.models import User
from surveys.admin.texts import TextsField
from surveys.campaigns import (
    NotReady,
    WrongState,
    cancel_campaign,
    pause_campaign,
    resume_campaign,
    schedule_campaign,
)
from surveys.models import Campaign, Invitation
from surveys.planning import forecast
from surveys.sending import send_again
from surveys.standing import standing_of
from surveys.trying import TestNotSent, send_test

State = Campaign.State
TONES = {
    State.DRAFT: "plain",
    State.SCHEDULED: "info",
    State.SENDING: "warn",
    State.PAUSED: "warn",
    State.DONE: "good",
    State.CANCELLED: "bad",
}
STANDARD_SUBJECT = {
    "en": "{first_name}, how are we doing?",
    "ru": "{first_name}, как у нас получается?",
    "bs": "{first_name}, kako nam ide?",
    "fa": "{first_name}، کار ما چطور است؟",
    "zh-hans": "{first_name}，我们做得怎么样？",
}
STANDARD_BODY = {
    "en": "Hello {first_name},\n\ntwo short questions, twenty seconds. People read your answer.",
    "ru": "Здравствуйте, {first_name}!\n\nДва коротких вопроса, двадцать секунд. Ваш ответ прочтут люди.",
    "bs": "Zdravo {first_name},\n\ndva kratka pitanja, dvadeset sekundi. Vaš odgovor čitaju ljudi.",
    "fa": "سلام {first_name}،\n\nدو پرسش کوتاه، بیست ثانیه. پاسخ شما را آدم‌ها می‌خوانند.",
    "zh-hans": "您好，{first_name}：\n\n两个小问题，二十秒。您的回答会有人认真阅读。",
}


class CampaignForm(forms.ModelForm):
    subject = TextsField(
        label=gettext_lazy("Subject"),
        standard=STANDARD_SUBJECT,
        help_text=gettext_lazy(
            "{first_name} becomes the customer's first name. Left empty, the grey text is used."
        ),
    )
    body = TextsField(
        label=gettext_lazy("Message"),
        standard=STANDARD_BODY,
        help_text=gettext_lazy(
            "The personal link, your postal address and the way out are added by themselves."
        ),
    )

    def clean_subject(self) -> dict[str, str]:
        return self.cleaned_data["subject"] or STANDARD_SUBJECT

    def clean_body(self) -> dict[str, str]:
        return self.cleaned_data["body"] or STANDARD_BODY


class StartForm(forms.Form):
    """When a campaign starts."""

    starts_at = forms.DateTimeField(
        label=gettext_lazy("Start at"),
        widget=forms.DateTimeInput(
            format="%Y-%m-%dT%H:%M", attrs={"type": "datetime-local", "class": "cx-input"}
        ),
    )


class CockpitView(UnfoldModelAdminViewMixin, TemplateView):
    """Where a campaign is launched and watched, and where everybody's fate in it can be read."""

    title = gettext_lazy("Campaign")
    permission_required = "surveys.view_campaign"
    template_name = "surveys/campaign_cockpit.html"

    def campaign(self) -> Campaign:
        campaign = Campaign.objects.select_related("survey", "segment").filter(pk=self.kwargs["pk"]).first()
        if campaign is None:
            raise Http404
        return campaign

    def get_template_names(self) -> list[str]:
        parts = {"progress": "surveys/campaign_progress.html", "forecast": "surveys/campaign_forecast.html"}
        return [next((part for name, part in parts.items() if name in self.request.GET), self.template_name)]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        campaign, unit = self.campaign(), limit_of(self.request.user)
        return super().get_context_data(
            campaign=campaign,
            standing=standing_of(campaign, unit=unit),
            unit=unit,
            tone=TONES[State(campaign.state)],
            may_launch=self.request.user.has_perm("surveys.launch_campaign"),
            start_form=kwargs.pop("start_form", None) or StartForm(initial={"starts_at": campaign.starts_at}),
            forecast=self.forecast(campaign) if "forecast" in self.request.GET else {},
            is_moving=campaign.state in {State.SCHEDULED, State.SENDING},
            ledger=reverse("admin:surveys_invitation_changelist")
            + f"?wave__campaign__id__exact={campaign.pk}",
            **kwargs,
        )

    def forecast(self, campaign: Campaign) -> dict[str, Any]:
        """Who would be asked now; counted on its own because a large segment takes a while."""
        people = forecast(campaign, at=timezone.now(), unit=limit_of(self.request.user))
        asked = people.pop("", 0)
        return {"asked": asked, "reasons": [(Invitation.Reason(why).label, n) for why, n in people.items()]}

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        """One button was pressed; `do` says which."""
        if not request.user.has_perm("surveys.launch_campaign") or not isinstance(request.user, User):
            raise PermissionDenied
        campaign, at = self.campaign(), timezone.now()
        start_form = StartForm(request.POST)
        do = request.POST.get("do", "")
        if do == "schedule" and not start_form.is_valid():
            return self.render_to_response(self.get_context_data(start_form=start_form))
        try:
            match do:
                case "schedule":
                    schedule_campaign(
                        campaign=campaign, starts_at=start_form.cleaned_data["starts_at"], at=at
                    )
                case "start":
                    schedule_campaign(campaign=campaign, starts_at=at, at=at)
                case "pause":
                    pause_campaign(campaign=campaign)
                case "resume":
                    resume_campaign(campaign=campaign)
                case "cancel":
                    cancel_campaign(campaign=campaign)
                case "test":
                    send_test(campaign=campaign, to=request.user, at=at)
                    messages.success(
                        request, _("The test is on its way to %(email)s.") % {"email": request.user.email}
                    )
                case _:
                    raise Http404
        except (NotReady, WrongState, TestNotSent) as refusal:
            messages.error(request, str(refusal))
        return redirect("admin:surveys_campaign_cockpit", campaign.pk)


@admin.register(Campaign)
class CampaignAdmin(ModelAdmin):
    form = CampaignForm
    fieldsets = [
        (None, {"fields": ["name", ("survey", "segment"), "subject", "body"]}),
        (gettext_lazy("Reminders and end"), {"fields": [("reminders", "remind_after_days"), "ends_at"]}),
    ]
    list_display = [
        "shown_name",
        "shown_state",
        "survey",
        "segment",
        "starts_at",
        "shown_asked",
        "shown_answered",
    ]
    list_display_links = None
    list_filter = ["state", "survey"]
    list_select_related = ["survey", "segment"]
    search_fields = ["name"]
    show_full_result_count = False
    actions_detail = ["open_cockpit"]
    warn_unsaved_form = True

    def get_queryset(self, request: HttpRequest) -> QuerySet[Campaign]:
        asked = Q(waves__invitations__sent_at__isnull=False, waves__invitations__is_test=False)
        if limit_of(request.user):
            asked &= Q(
                waves__invitations__in=visible(Invitation.objects.order_by(), request.user).values("pk")
            )
        answered = asked & Q(waves__invitations__answered_at__isnull=False)
        return (
            super()
            .get_queryset(request)
            .annotate(
                asked=Count("waves__invitations", asked), answered=Count("waves__invitations", answered)
            )
        )

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(CockpitView.as_view(model_admin=self))
        return [path("<int:pk>/cockpit/", view, name="surveys_campaign_cockpit"), *super().get_urls()]

    def save_model(self, request: HttpRequest, obj: Campaign, form: Any, change: bool) -> None:  # noqa: FBT001
        if not change and isinstance(request.user, User):
            obj.created_by = request.user
        super().save_model(request, obj, form, change)

    def response_add(
        self, request: HttpRequest, obj: Campaign, post_url_continue: str | None = None
    ) -> HttpResponse:
        return self.response_change(request, obj)

    def response_change(self, request: HttpRequest, obj: Campaign) -> HttpResponse:
        if {"_continue", "_addanother"} & request.POST.keys():
            return super().response_change(request, obj)
        messages.success(request, _("Saved. Send yourself a test, then schedule it."))
        return redirect("admin:surveys_campaign_cockpit", obj.pk)

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
        return format_html(
            '<span class="cx-badge cx-badge-{}">{}</span>',
            TONES[State(campaign.state)],
            campaign.get_state_display(),
        )

    @display(description=gettext_lazy("asked"))
    def shown_asked(self, campaign: Any) -> int:
        return int(campaign.asked)

    @display(description=gettext_lazy("answered"))
    def shown_answered(self, campaign: Any) -> str:
        if not campaign.asked:
            return "–"
        return f"{campaign.answered} · {100 * campaign.answered / campaign.asked:.0f} %"


@admin.register(Invitation)
class InvitationAdmin(LimitedAdmin):
    """The send ledger, row by row: what became of everybody, and why."""

    list_display = [
        "shown_customer",
        "shown_campaign",
        "shown_state",
        "shown_why",
        "sent_at",
        "reminders_sent",
        "answered_at",
    ]
    list_display_links = None
    list_filter = ["state", "reason", "wave__campaign"]
    list_select_related = ["customer", "wave__campaign"]
    search_fields = ["address__startswith"]
    show_full_result_count = False
    ordering = ["-pk"]
    actions = ["send_again"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_send_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("surveys.launch_campaign")

    @action(description=gettext_lazy("Send again (only unknown or failed)"), permissions=["send"])
    def send_again(self, request: HttpRequest, queryset: QuerySet[Invitation]) -> None:
        sent = send_again(invitations=list(queryset.values_list("pk", flat=True)), at=timezone.now())
        messages.success(request, _("%(count)s will be sent again.") % {"count": sent})

    @display(description=gettext_lazy("customer"))
    def shown_customer(self, invitation: Invitation) -> str:
        return format_html(
            '<span dir="auto">{}</span> <bdi dir="ltr">{}</bdi>', invitation.customer, invitation.address
        )

    @display(description=gettext_lazy("campaign"))
    def shown_campaign(self, invitation: Invitation) -> str:
        return invitation.wave.campaign.name

    @display(description=gettext_lazy("state"), ordering="state")
    def shown_state(self, invitation: Invitation) -> str:
        return _("Test") if invitation.is_test else invitation.get_state_display()

    @display(description=gettext_lazy("why"))
    def shown_why(self, invitation: Invitation) -> str:
        why = [invitation.get_reason_display() if invitation.reason else "", invitation.error]
        return " · ".join(filter(None, why)) or "–"

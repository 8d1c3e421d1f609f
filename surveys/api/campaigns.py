"""Campaigns for programs: drafted, approved, launched, paused and cancelled as staff do."""

from collections.abc import Callable
from copy import copy
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.validators import UniqueValidator

from customers.models import Channel, Segment
from events.boundary import validate_moment
from journeys.models import Touchpoint
from staff.api.errors import Fact
from staff.api.views import ApiViewSet, Input
from surveys.api.filters import CampaignFilters
from surveys.api.surveys import texts
from surveys.campaigns.approving import (
    ApprovalNeeded,
    NothingToApprove,
    OwnCampaign,
    approve_campaign,
    request_approval,
)
from surveys.campaigns.drafts import change_draft, discard_draft, draft_campaign
from surveys.campaigns.life import (
    NotReady,
    WrongState,
    cancel_campaign,
    pause_campaign,
    resume_campaign,
    schedule_campaign,
)
from surveys.models import Campaign, Sender, Survey
from surveys.models.campaigns import MOST_REMINDERS
from surveys.planning.rules import (
    MOST_COMPARED,
    MOST_COMPARING,
    MOST_CONTROL,
    MOST_DAYS,
    MOST_HOURS,
    MOST_WEEKS,
    TRIGGERS,
    problems_of,
)

MOST_NUMBER = 2**31 - 1  # what the database keeps
FILLED_IN = (
    "By language; {first_name} and {organisation} are filled in, and where a campaign asks when something happened, or"
    " by programs, {agent} and {order} too."
)


class CampaignSerializer(serializers.ModelSerializer[Campaign]):
    subject, body, subject_b = texts(), texts(), texts()
    trigger = serializers.CharField(
        read_only=True, help_text="The kind of interaction that is waited for, or empty."
    )
    trigger_compare = serializers.CharField(read_only=True, help_text="As when it was written, or empty.")
    channels = serializers.ListField(
        child=serializers.CharField(),
        read_only=True,
        help_text="In order: the next where one cannot be used.",
    )

    class Meta:
        model = Campaign
        fields = read_only_fields = (
            "id",
            "name",
            "survey",
            "segment",
            "kind",
            "every_weeks",
            "trigger",
            "trigger_touchpoint",
            "trigger_detail",
            "trigger_compare",
            "trigger_value",
            "delay_hours",
            "cooldown_days",
            "channels",
            "sender",
            "subject",
            "body",
            "subject_b",
            "compare_percent",
            "compare_hours",
            "send_at",
            "per_hour",
            "sample_percent",
            "sample_size",
            "control_percent",
            "state",
            "starts_at",
            "ends_at",
            "remind_after_days",
            "reminders",
            "approval_requested_by",
            "approval_requested_at",
            "approved_by",
            "approved_at",
            "held_at",
            "created_by",
            "created_at",
        )


class TextsInput(serializers.DictField):
    """Texts by language."""

    child = serializers.CharField(max_length=10_000)

    def to_internal_value(self, data: Any) -> dict[str, str]:
        texts: dict[str, str] = super().to_internal_value(data)
        if unknown := sorted(texts.keys() - dict(settings.LANGUAGES).keys()):
            raise ValidationError({name: [_("This is not one of our languages.")] for name in unknown})
        return texts


class SubjectsInput(TextsInput):
    child = serializers.RegexField(r"\A[^\r\n]*\Z", max_length=200)


class CampaignInput(Input):
    name = serializers.CharField(
        max_length=120,
        validators=[UniqueValidator(Campaign.objects.all(), _("Another campaign has this name."))],
    )
    survey = serializers.PrimaryKeyRelatedField(queryset=Survey.objects.all())
    segment = serializers.PrimaryKeyRelatedField(
        queryset=Segment.objects.all(),
        required=False,
        allow_null=True,
        help_text="Who is asked; everybody when it is null.",
    )
    kind = serializers.ChoiceField(choices=Campaign.Kind.choices, required=False, help_text="When it asks.")
    every_weeks = serializers.IntegerField(min_value=1, max_value=MOST_WEEKS, required=False)
    trigger = serializers.ChoiceField(
        choices=[(each.value, each.label) for each in TRIGGERS],
        required=False,
        allow_blank=True,
        help_text="What has to happen.",
    )
    trigger_touchpoint = serializers.PrimaryKeyRelatedField(
        queryset=Touchpoint.objects.all(),
        required=False,
        allow_null=True,
        help_text="Anywhere, when it is null.",
    )
    trigger_detail = serializers.CharField(
        max_length=60,
        required=False,
        allow_blank=True,
        help_text="Only where this detail of it compares so with this value: `amount`, or a name in its `detail`.",
    )
    trigger_compare = serializers.ChoiceField(
        choices=Campaign.Compare.choices, required=False, allow_blank=True
    )
    trigger_value = serializers.CharField(max_length=200, required=False, allow_blank=True)
    delay_hours = serializers.IntegerField(min_value=0, max_value=MOST_HOURS, required=False)
    cooldown_days = serializers.IntegerField(min_value=0, max_value=MOST_DAYS, required=False)
    channels = serializers.ListField(
        child=serializers.ChoiceField(choices=Channel.choices),
        required=False,
        min_length=1,
        max_length=len(Channel),
        help_text="In order: the next is tried where one cannot be used.",
    )
    sender = serializers.PrimaryKeyRelatedField(
        queryset=Sender.objects.all(),
        required=False,
        allow_null=True,
        help_text="The house's own, when it is null.",
    )
    subject = SubjectsInput(help_text=FILLED_IN)
    body = TextsInput(help_text=f"{FILLED_IN} An SMS says the subject alone.")
    subject_b = SubjectsInput(required=False, help_text="A second subject to compare, by language.")
    compare_percent = serializers.IntegerField(min_value=1, max_value=MOST_COMPARED, required=False)
    compare_hours = serializers.IntegerField(min_value=1, max_value=MOST_COMPARING, required=False)
    send_at = serializers.TimeField(required=False, allow_null=True, help_text="By the customer's clock.")
    per_hour = serializers.IntegerField(min_value=1, max_value=MOST_NUMBER, required=False, allow_null=True)
    sample_percent = serializers.IntegerField(min_value=1, max_value=100, required=False)
    sample_size = serializers.IntegerField(
        min_value=1, max_value=MOST_NUMBER, required=False, allow_null=True
    )
    control_percent = serializers.IntegerField(min_value=0, max_value=MOST_CONTROL, required=False)
    ends_at = serializers.DateTimeField(required=False, allow_null=True, validators=[validate_moment])
    remind_after_days = serializers.IntegerField(min_value=1, max_value=90, required=False)
    reminders = serializers.IntegerField(min_value=0, max_value=MOST_REMINDERS, required=False)

    def validate(self, given: dict[str, Any]) -> dict[str, Any]:
        """What the fields together mean is judged as the form judges it."""
        campaign = copy(self.instance) if isinstance(self.instance, Campaign) else Campaign()
        for name, value in given.items():
            setattr(campaign, name, value)
        if problems := list(problems_of(campaign)):
            raise ValidationError({problem.field: [problem.sentence] for problem in problems})
        return given


class LaunchInput(Input):
    starts_at = serializers.DateTimeField(
        required=False, validators=[validate_moment], help_text="Now, when it is left out."
    )


def step(summary: str) -> Callable[..., Any]:
    return extend_schema(summary=summary, request=None, responses=CampaignSerializer)


@extend_schema_view(
    list=extend_schema(summary="Campaigns, newest first"),
    retrieve=extend_schema(summary="One campaign"),
)
class CampaignViewSet(ListModelMixin, RetrieveModelMixin, ApiViewSet):
    read_scope = "campaigns:read"
    write_scope = "campaigns:write"
    queryset = Campaign.objects.all()
    serializer_class = CampaignSerializer
    filterset_class = CampaignFilters
    facts = {
        WrongState: Fact(409, "wrong_state"),
        NotReady: Fact(422, "not_ready"),
        ApprovalNeeded: Fact(409, "approval_needed"),
        OwnCampaign: Fact(403, "own_campaign"),
        NothingToApprove: Fact(409, "nothing_to_approve"),
    }

    @extend_schema(summary="Draft a campaign", request=CampaignInput, responses={201: CampaignSerializer})
    def create(self, request: Request) -> Response:
        return self.shown(
            draft_campaign(by=self.person, at=timezone.now(), **self.taken(CampaignInput)), status=201
        )

    @extend_schema(summary="Change a draft", request=CampaignInput, responses=CampaignSerializer)
    def partial_update(self, request: Request, pk: int) -> Response:
        campaign = self.get_object()
        contents = self.taken(CampaignInput, changing=campaign)
        change_draft(campaign=campaign, by=self.person, at=timezone.now(), **contents)
        return self.shown(campaign)

    @extend_schema(summary="Delete a draft")
    def destroy(self, request: Request, pk: int) -> Response:
        discard_draft(campaign=self.get_object(), by=self.person, at=timezone.now())
        return Response(status=204)

    @extend_schema(
        summary="Start it now, or at a time to come", request=LaunchInput, responses=CampaignSerializer
    )
    @action(detail=True, methods=["post"], write_scope="campaigns:launch")
    def launch(self, request: Request, pk: int) -> Response:
        campaign, at = self.get_object(), timezone.now()
        starts_at = self.taken(LaunchInput).get("starts_at", at)
        schedule_campaign(campaign=campaign, starts_at=starts_at, by=self.person, at=at)
        return self.shown(campaign)

    @step("Ask a second person to approve it")
    @action(detail=True, methods=["post"], write_scope="campaigns:write")
    def request_approval(self, request: Request, pk: int) -> Response:
        campaign = self.get_object()
        request_approval(campaign=campaign, by=self.person, at=timezone.now())
        return self.shown(campaign)

    @step("Approve it as it stands; nobody approves their own")
    @action(detail=True, methods=["post"], write_scope="campaigns:launch")
    def approve(self, request: Request, pk: int) -> Response:
        campaign = self.get_object()
        approve_campaign(campaign=campaign, by=self.person, at=timezone.now())
        return self.shown(campaign)

    @step("Stop sending for now")
    @action(detail=True, methods=["post"], write_scope="campaigns:launch")
    def pause(self, request: Request, pk: int) -> Response:
        return self.move(pause_campaign)

    @step("Go on sending")
    @action(detail=True, methods=["post"], write_scope="campaigns:launch")
    def resume(self, request: Request, pk: int) -> Response:
        return self.move(resume_campaign)

    @step("Never send what is left, and take no more answers")
    @action(detail=True, methods=["post"], write_scope="campaigns:launch")
    def cancel(self, request: Request, pk: int) -> Response:
        return self.move(cancel_campaign)

    def move(self, change: Callable[..., None]) -> Response:
        campaign = self.get_object()
        change(campaign=campaign, by=self.person, at=timezone.now())
        return self.shown(campaign)

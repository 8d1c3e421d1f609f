from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.validators import MaxValueValidator
from django.db import transaction
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

from customers.identities import BelongsToSomebodyElse, NotAnIdentity
from customers.known_api import identities_input, waits_for_a_person
from customers.models import Channel, Customer, Segment
from customers.resolving import SeveralPeople, customer_known_by
from events.boundary import validate_moment
from journeys.models import Touchpoint
from staff.access import limit_of
from staff.api.errors import Fact
from staff.api.views import ApiViewSet, Input, VisibleKey
from surveys.campaigns import (
    NotReady,
    WrongState,
    cancel_campaign,
    pause_campaign,
    resume_campaign,
    schedule_campaign,
)
from surveys.drafts import change_draft, discard_draft, draft_campaign
from surveys.filters import CampaignFilters, SurveyFilters, SurveyResponseFilters
from surveys.models import Answer, Campaign, Question, Survey, SurveyResponse
from surveys.responses import COMMENT_LENGTH, AnswersRefused, SurveyClosed, record_response


def texts() -> serializers.DictField:
    return serializers.DictField(
        child=serializers.CharField(), read_only=True, help_text="By language, such as {“en”: “…”}."
    )


class QuestionSerializer(serializers.ModelSerializer[Question]):
    text = texts()

    class Meta:
        model = Question
        fields = read_only_fields = ("id", "position", "kind", "text", "is_required")


class SurveySerializer(serializers.ModelSerializer[Survey]):
    title, intro, thanks = texts(), texts(), texts()
    questions = QuestionSerializer(many=True, read_only=True)

    class Meta:
        model = Survey
        fields = read_only_fields = (
            "id",
            "name",
            "kind",
            "touchpoint",
            "language",
            "title",
            "intro",
            "thanks",
            "is_open",
            "created_at",
            "questions",
        )


@extend_schema_view(
    list=extend_schema(summary="Surveys, newest first"),
    retrieve=extend_schema(summary="One survey with its questions"),
)
class SurveyViewSet(ListModelMixin, RetrieveModelMixin, ApiViewSet):
    read_scope = "surveys:read"
    queryset = Survey.objects.prefetch_related("questions")
    serializer_class = SurveySerializer
    filterset_class = SurveyFilters


class AnswerSerializer(serializers.ModelSerializer[Answer]):
    class Meta:
        model = Answer
        fields = read_only_fields = ("question", "score", "text")


class SurveyResponseSerializer(serializers.ModelSerializer[SurveyResponse]):
    score_kind = serializers.ChoiceField(choices=Question.Kind.choices, allow_blank=True, read_only=True)
    answers = AnswerSerializer(many=True, read_only=True)

    class Meta:
        model = SurveyResponse
        fields = read_only_fields = (
            "id",
            "survey",
            "campaign",
            "customer",
            "touchpoint",
            "channel",
            "language",
            "submitted_at",
            "score_kind",
            "score",
            "has_comment",
            "is_test",
            "answers",
        )


class AnswerInput(Input):
    question = serializers.IntegerField(min_value=1)
    score = serializers.IntegerField(
        min_value=0, max_value=10, required=False, help_text="For a question of scores."
    )
    text = serializers.CharField(
        max_length=COMMENT_LENGTH, required=False, allow_blank=True, help_text="For a comment."
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if len({"score", "text"} & set(attrs)) != 1:
            raise ValidationError(_("Give either a score or a text."))
        return attrs


class ResponseInput(Input):
    survey = serializers.PrimaryKeyRelatedField(queryset=Survey.objects.all())
    customer = VisibleKey(queryset=Customer.objects.all(), required=False, allow_null=True)
    identities = identities_input(
        required=False, help_text="Instead of the customer: how they are known; who is not is added."
    )
    answers = AnswerInput(many=True, allow_empty=False)
    channel = serializers.ChoiceField(choices=Channel.choices, default=Channel.EMAIL)
    touchpoint = serializers.PrimaryKeyRelatedField(
        queryset=Touchpoint.objects.all(), required=False, allow_null=True, default=None
    )
    submitted_at = serializers.DateTimeField(
        required=False,
        validators=[validate_moment, MaxValueValidator(timezone.now)],
        help_text="When it was answered, if that was earlier.",
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if {"customer", "identities"} <= set(attrs):
            raise ValidationError({"customer": [_("Give either a customer or identities.")]})
        return attrs

    def validate_answers(self, answers: list[dict[str, Any]]) -> dict[int, int | str]:
        given: dict[int, int | str] = {
            answer["question"]: answer["score"] if "score" in answer else answer["text"] for answer in answers
        }
        if len(given) < len(answers):
            raise ValidationError(_("A question is answered twice."))
        return given


def unusable_answers(refusal: AnswersRefused) -> ValidationError:
    """Each problem by its question's number: `answers.17`."""
    sentences = {str(question): [str(why)] for question, why in refusal.problems.items()}
    return ValidationError({"answers": sentences or [str(refusal.sentence)]})


@extend_schema_view(
    list=extend_schema(summary="Responses, newest first"),
    retrieve=extend_schema(summary="One response with its answers"),
)
class SurveyResponseViewSet(ListModelMixin, RetrieveModelMixin, ApiViewSet):
    read_scope = "responses:read"
    write_scope = "responses:write"
    queryset = SurveyResponse.objects.prefetch_related("answers")
    serializer_class = SurveyResponseSerializer
    filterset_class = SurveyResponseFilters
    facts = {
        SurveyClosed: Fact(409, "survey_closed", _("The survey takes no answers.")),
        AnswersRefused: unusable_answers,
        NotAnIdentity: Fact(422, "not_an_identity"),
        BelongsToSomebodyElse: Fact(
            409, "belongs_to_somebody_else", _("Another customer is known by this identity.")
        ),
        SeveralPeople: waits_for_a_person,
    }

    @extend_schema(
        summary="Record a response given without an invitation",
        request=ResponseInput,
        responses={201: SurveyResponseSerializer},
    )
    def create(self, request: Request) -> Response:
        given = self.taken(ResponseInput)
        customer, identities = given.pop("customer", None), given.pop("identities", None)
        if customer is None and identities is None and limit_of(self.person):
            raise ValidationError({"customer": [_("Name the customer: you see only those of your unit.")]})
        at = given.pop("submitted_at", None) or timezone.now()
        with transaction.atomic():
            if identities:
                customer, _is_new = customer_known_by(
                    identities=identities, at=timezone.now(), seen_by=self.person
                )
            response = record_response(at=at, customer=customer, **given)
        return self.shown(response, status=201)


class CampaignSerializer(serializers.ModelSerializer[Campaign]):
    subject, body = texts(), texts()

    class Meta:
        model = Campaign
        fields = read_only_fields = (
            "id",
            "name",
            "survey",
            "segment",
            "channel",
            "subject",
            "body",
            "state",
            "starts_at",
            "ends_at",
            "remind_after_days",
            "reminders",
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
    channel = serializers.ChoiceField(choices=Channel.choices, required=False)
    subject = SubjectsInput(help_text="By language.")
    body = TextsInput(help_text="By language.")
    ends_at = serializers.DateTimeField(required=False, allow_null=True, validators=[validate_moment])
    remind_after_days = serializers.IntegerField(min_value=1, max_value=90, required=False)
    reminders = serializers.IntegerField(min_value=0, max_value=5, required=False)


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
    facts = {WrongState: Fact(409, "wrong_state"), NotReady: Fact(422, "not_ready")}

    @extend_schema(summary="Draft a campaign", request=CampaignInput, responses={201: CampaignSerializer})
    def create(self, request: Request) -> Response:
        return self.shown(draft_campaign(by=self.person, **self.taken(CampaignInput)), status=201)

    @extend_schema(summary="Change a draft", request=CampaignInput, responses=CampaignSerializer)
    def partial_update(self, request: Request, pk: int) -> Response:
        campaign = self.get_object()
        change_draft(campaign=campaign, **self.taken(CampaignInput, changing=campaign))
        return self.shown(campaign)

    @extend_schema(summary="Delete a draft")
    def destroy(self, request: Request, pk: int) -> Response:
        discard_draft(campaign=self.get_object())
        return Response(status=204)

    @extend_schema(
        summary="Start it now, or at a time to come", request=LaunchInput, responses=CampaignSerializer
    )
    @action(detail=True, methods=["post"], write_scope="campaigns:launch")
    def launch(self, request: Request, pk: int) -> Response:
        campaign, at = self.get_object(), timezone.now()
        schedule_campaign(campaign=campaign, starts_at=self.taken(LaunchInput).get("starts_at", at), at=at)
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
        change(campaign=campaign)
        return self.shown(campaign)

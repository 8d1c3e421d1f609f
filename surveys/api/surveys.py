from typing import Any

from django.core.validators import MaxValueValidator
from django.db import transaction
from django.db.models import Prefetch
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema, extend_schema_field, extend_schema_view
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from customers.api.known import identities_input, waits_for_a_person
from customers.identities import BelongsToSomebodyElse, NotAnIdentity
from customers.models import Customer
from customers.resolving import SeveralPeople, customer_known_by
from events.boundary import validate_moment
from journeys.models import Touchpoint
from staff.access import limit_of
from staff.api.errors import Fact
from staff.api.views import ApiViewSet, Input, VisibleKey
from surveys.answering.responses import AnswersRefused, SurveyClosed, record_response
from surveys.api.filters import SurveyFilters, SurveyResponseFilters
from surveys.models import Answer, Question, Survey, SurveyResponse
from surveys.models.responses import AnswerChannel
from surveys.questions.checking import COMMENT_LENGTH
from surveys.questions.questionnaires import NotPublished, asked_by, asked_or_draft, without_files


def texts() -> serializers.DictField:
    return serializers.DictField(
        child=serializers.CharField(), read_only=True, help_text="By language, such as {“en”: “…”}."
    )


class QuestionSerializer(serializers.ModelSerializer[Question]):
    text, help = texts(), texts()
    settings = serializers.DictField(read_only=True, help_text="By kind: options, ends of the scale, limits.")
    show_if = serializers.DictField(read_only=True, help_text="A condition; {} is always.")
    ends_if = serializers.DictField(read_only=True, help_text="A condition; {} is never.")

    class Meta:
        model = Question
        fields = read_only_fields = (
            "id",
            "position",
            "key",
            "kind",
            "text",
            "help",
            "is_required",
            "settings",
            "show_if",
            "ends_if",
            "starts_page",
        )


class SurveySerializer(serializers.ModelSerializer[Survey]):
    title, intro, thanks = texts(), texts(), texts()
    questions = serializers.SerializerMethodField(
        help_text="Those of the published version, by which answers are judged; the draft's where nothing was published."
    )

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
            "closes_at",
            "version",
            "created_at",
            "questions",
        )

    @extend_schema_field(QuestionSerializer(many=True))
    def get_questions(self, survey: Survey) -> Any:
        return QuestionSerializer(asked_or_draft(survey).questions, many=True).data


@extend_schema_view(
    list=extend_schema(summary="Surveys, newest first"),
    retrieve=extend_schema(summary="One survey with its questions"),
)
class SurveyViewSet(ListModelMixin, RetrieveModelMixin, ApiViewSet):
    read_scope = "surveys:read"
    queryset = Survey.objects.select_related("version").prefetch_related(
        Prefetch("questions", Question.objects.present())
    )
    serializer_class = SurveySerializer
    filterset_class = SurveyFilters


class AnswerSerializer(serializers.ModelSerializer[Answer]):
    class Meta:
        model = Answer
        fields = read_only_fields = ("question", "score", "text", "value")


class SurveyResponseSerializer(serializers.ModelSerializer[SurveyResponse]):
    score_kind = serializers.ChoiceField(choices=Question.Kind.choices, allow_blank=True, read_only=True)
    context = serializers.DictField(  # type: ignore[assignment]  # a serializer's own word, which the API says otherwise
        read_only=True, help_text="What it is about, such as {“order”: “A-17”}."
    )
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
            "is_complete",
            "seconds",
            "link",
            "version",
            "context",
            "source",
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
    value = serializers.JSONField(
        required=False,
        help_text="For any other kind: an option’s key or a list of them, {row: column}, true or false, a number, "
        "a date.",
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if len({"score", "text", "value"} & set(attrs)) != 1:
            raise ValidationError(_("Give a score, a text or a value."))
        return attrs


class ResponseInput(Input):
    survey = serializers.PrimaryKeyRelatedField(queryset=Survey.objects.all())
    customer = VisibleKey(queryset=Customer.objects.all(), required=False, allow_null=True)
    identities = identities_input(
        required=False, help_text="Instead of the customer: how they are known; who is not is added."
    )
    answers = AnswerInput(many=True, allow_empty=False)
    channel = serializers.ChoiceField(choices=AnswerChannel.choices, default=AnswerChannel.EMAIL)
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

    def validate_answers(self, answers: list[dict[str, Any]]) -> dict[int, Any]:
        given = {
            answer["question"]: next(answer[name] for name in ("score", "text", "value") if name in answer)
            for answer in answers
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
    queryset = SurveyResponse.objects.prefetch_related(
        Prefetch("answers", Answer.objects.order_by("pk"))
    )  # as they were asked
    serializer_class = SurveyResponseSerializer
    filterset_class = SurveyResponseFilters
    facts = {
        SurveyClosed: Fact(409, "survey_closed", _("The survey takes no answers.")),
        NotPublished: Fact(409, "not_published", _("The survey is not published yet.")),
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
            asked = without_files(asked_by(given["survey"]))  # a number alone would name anybody's file
            response = record_response(at=at, customer=customer, questionnaire=asked, **given)
        return self.shown(self.queryset.get(pk=response.pk), status=201)

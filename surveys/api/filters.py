from django.db.models import Exists, OuterRef, QuerySet
from django_filters import rest_framework as filters

from staff.api.filters import Filters, IdFilter, MomentFilter
from surveys.models import Campaign, CommentTopic, Question, Survey, SurveyResponse
from surveys.models.responses import AnswerChannel


class SurveyFilters(Filters):
    kind = filters.ChoiceFilter(choices=Survey.Kind.choices)
    is_open = filters.BooleanFilter()
    touchpoint = IdFilter(field_name="touchpoint_id")

    class Meta(Filters.Meta):
        model = Survey
        fields: tuple[str, ...] = ()


class CampaignFilters(Filters):
    state = filters.ChoiceFilter(choices=Campaign.State.choices)
    survey = IdFilter(field_name="survey_id")
    segment = IdFilter(field_name="segment_id")

    class Meta(Filters.Meta):
        model = Campaign
        fields: tuple[str, ...] = ()


class SurveyResponseFilters(Filters):
    survey = IdFilter(field_name="survey_id")
    campaign = IdFilter(field_name="campaign_id")
    customer = IdFilter(field_name="customer_id")
    touchpoint = IdFilter(field_name="touchpoint_id")
    channel = filters.ChoiceFilter(choices=AnswerChannel.choices)
    score_kind = filters.ChoiceFilter(choices=Question.Kind.choices)
    score_at_least = filters.NumberFilter(field_name="score", lookup_expr="gte", min_value=0, max_value=10)
    score_at_most = filters.NumberFilter(field_name="score", lookup_expr="lte", min_value=0, max_value=10)
    has_comment = filters.BooleanFilter()
    is_complete = filters.BooleanFilter()
    is_test = filters.BooleanFilter()
    source = filters.CharFilter(max_length=30, help_text="The tool that answers were imported from.")
    topic = filters.CharFilter(
        method="speaks_of", max_length=60, help_text="The name of a topic that a comment has."
    )
    submitted_after = MomentFilter(field_name="submitted_at", lookup_expr="gte")
    submitted_before = MomentFilter(field_name="submitted_at", lookup_expr="lt")

    class Meta(Filters.Meta):
        model = SurveyResponse
        fields: tuple[str, ...] = ()

    def speaks_of(
        self, responses: QuerySet[SurveyResponse], _name: str, topic: str
    ) -> QuerySet[SurveyResponse]:
        tags = CommentTopic.objects.filter(topic__name=topic, survey_response=OuterRef("pk"))
        return responses.filter(Exists(tags))

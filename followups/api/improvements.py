"""Improvements in the API: read, and raised by one more follow-up."""

from typing import Any

from django.utils import timezone
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from followups.improvements.raising import count_people, link_follow_ups
from followups.models import FollowUp, Improvement, ImprovementStep
from staff.api.filters import Filters, IdFilter, MomentFilter
from staff.api.views import ApiViewSet, Input, VisibleKey


class ImprovementStepSerializer(serializers.ModelSerializer[ImprovementStep]):
    class Meta:
        model = ImprovementStep
        fields = read_only_fields = ("kind", "author", "text", "at")


class CountedImprovements(serializers.ListSerializer[Any]):
    """Counts who raised them for the whole page at once."""

    def to_representation(self, data: Any) -> list[Any]:
        people = count_people(row.pk for row in data)
        shown = super().to_representation(data)
        return [{**row, "people": people.get(row["id"], 0)} for row in shown]


class ImprovementSerializer(serializers.ModelSerializer[Improvement]):
    you_said = serializers.DictField(child=serializers.CharField(), read_only=True)
    what_we_did = serializers.DictField(child=serializers.CharField(), read_only=True)
    people = serializers.SerializerMethodField(help_text="How many people raised it, everybody once.")
    steps = ImprovementStepSerializer(many=True, read_only=True)

    class Meta:
        model = Improvement
        list_serializer_class = CountedImprovements
        fields = read_only_fields = (
            "id",
            "title",
            "plan",
            "state",
            "unit",
            "root_cause",
            "touchpoint",
            "survey",
            "metric",
            "measured_days",
            "owner",
            "due_date",
            "cost",
            "you_said",
            "what_we_did",
            "is_public",
            "people",
            "proposed_at",
            "done_at",
            "told_at",
            "version",
            "steps",
        )

    def get_people(self, improvement: Improvement) -> int:
        is_one_of_many = isinstance(self.parent, CountedImprovements)
        return 0 if is_one_of_many else count_people([improvement.pk]).get(improvement.pk, 0)


class LinkInput(Input):
    follow_up = VisibleKey(queryset=FollowUp.objects.all())


class ImprovementFilters(Filters):
    state = filters.ChoiceFilter(choices=Improvement.State.choices)
    is_public = filters.BooleanFilter()
    unit = IdFilter(field_name="unit_id")
    owner = IdFilter(field_name="owner_id")
    root_cause = IdFilter(field_name="root_cause_id")
    touchpoint = IdFilter(field_name="touchpoint_id")
    done_after = MomentFilter(field_name="done_at", lookup_expr="gte")
    done_before = MomentFilter(field_name="done_at", lookup_expr="lt")

    class Meta(Filters.Meta):
        model = Improvement
        fields: tuple[str, ...] = ()


@extend_schema_view(
    list=extend_schema(summary="Improvements, newest first"),
    retrieve=extend_schema(summary="One improvement with its history"),
)
class ImprovementViewSet(ListModelMixin, RetrieveModelMixin, ApiViewSet):
    read_scope = "improvements:read"
    write_scope = "improvements:write"
    queryset = Improvement.objects.prefetch_related("steps")
    serializer_class = ImprovementSerializer
    filterset_class = ImprovementFilters

    @extend_schema(
        summary="Let a follow-up stand for somebody who raised it",
        description="Linked again, or of a customer outside of its unit, it changes nothing.",
        request=LinkInput,
        responses=ImprovementSerializer,
    )
    @action(detail=True, methods=["post"])
    def link(self, request: Request, pk: int) -> Response:
        improvement = self.get_object()
        chosen = FollowUp.objects.filter(pk=self.taken(LinkInput)["follow_up"].pk)
        link_follow_ups(improvement=improvement, follow_ups=chosen, by=self.person, at=timezone.now())
        return self.shown(improvement)

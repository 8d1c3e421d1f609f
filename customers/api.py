from typing import Any

from django.db.models import ProtectedError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ModelViewSet

from customers.filters import SegmentFilters
from customers.models import Segment
from customers.segments import RuleError, compile_rule, count_members
from staff.api.errors import Fact
from staff.api.views import ApiViewSet


class SegmentSerializer(serializers.ModelSerializer[Segment]):
    rule = serializers.DictField(
        required=False, help_text="A rule tree; an empty one is everybody. See the guide on segments."
    )

    class Meta:
        model = Segment
        fields = ("id", "name", "description", "rule", "created_at")
        read_only_fields = ("id", "created_at")

    def validate_rule(self, rule: dict[str, Any]) -> dict[str, Any]:
        try:
            compile_rule(rule, at=timezone.now())
        except RuleError as error:
            raise serializers.ValidationError(str(error)) from error
        return rule


class CountSerializer(serializers.Serializer[Any]):
    count = serializers.IntegerField(read_only=True)


SEGMENT_IN_USE = Fact(409, "segment_in_use", _("A campaign uses this segment."))


@extend_schema_view(
    list=extend_schema(summary="Segments, newest first"),
    retrieve=extend_schema(summary="One segment"),
    create=extend_schema(summary="Add a segment"),
    update=extend_schema(summary="Replace a segment"),
    partial_update=extend_schema(summary="Change a segment"),
    destroy=extend_schema(summary="Delete a segment no campaign uses"),
)
class SegmentViewSet(ModelViewSet, ApiViewSet):
    read_scope = "segments:read"
    write_scope = "segments:write"
    queryset = Segment.objects.all()
    serializer_class = SegmentSerializer
    filterset_class = SegmentFilters
    facts = {ProtectedError: SEGMENT_IN_USE}

    @extend_schema(summary="How many customers are in it now", responses=CountSerializer)
    @action(detail=True, methods=["get"])
    def count(self, request: Request, pk: int) -> Response:
        return Response({"count": count_members(segment=self.get_object(), at=timezone.now())})

from typing import Any

from django.db.models import ProtectedError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ModelViewSet

from customers.api.filters import SegmentFilters
from customers.api.known import KnownInput
from customers.lookup import Known, customers_known_as
from customers.models import Customer, Segment
from customers.segments import RuleError, members
from customers.segments.lists import NotAList, add_to_list, remove_from_list
from customers.segments.uses import SegmentInUse, check_rule, delete_segment
from customers.segments.words import Reason, explain
from events.lookups import Among
from staff.access import visible
from staff.api.errors import Fact
from staff.api.views import ApiViewSet, Input, VisibleKey

MOST_AT_ONCE = 1_000


class SegmentSerializer(serializers.ModelSerializer[Segment]):
    rule = serializers.DictField(
        required=False, help_text="A rule tree; an empty one is everybody. See the guide on segments."
    )

    class Meta:
        model = Segment
        fields = ("id", "name", "description", "kind", "rule", "created_at")
        read_only_fields = ("id", "created_at")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        there = self.instance
        kind = attrs.get("kind", there.kind if there else Segment.Kind.RULE)
        if there and kind != there.kind:
            raise serializers.ValidationError({"kind": [_("A rule stays a rule, and a list a list.")]})
        if kind == Segment.Kind.LIST and attrs.get("rule"):
            raise serializers.ValidationError({"rule": [_("A list has no rule.")]})
        return attrs

    def validate_rule(self, rule: dict[str, Any]) -> dict[str, Any]:
        try:
            check_rule(rule, of=self.instance, at=timezone.now())
        except RuleError as error:
            raise serializers.ValidationError(str(error)) from error
        return rule


class MembersInput(Input):
    customers = serializers.ListField(
        child=serializers.IntegerField(min_value=1), required=False, max_length=MOST_AT_ONCE
    )
    identities = serializers.ListField(child=KnownInput(), required=False, max_length=MOST_AT_ONCE)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if not any(attrs.values()):
            raise serializers.ValidationError(_("Give customers or identities."))
        return attrs


class ExplainInput(Input):
    customer = VisibleKey(queryset=Customer.objects.all())


class CountSerializer(serializers.Serializer[Any]):
    count = serializers.IntegerField(read_only=True)


class AddedSerializer(serializers.Serializer[Any]):
    added = serializers.IntegerField(read_only=True)
    unknown = serializers.ListField(child=serializers.CharField(), read_only=True)


class RemovedSerializer(serializers.Serializer[Any]):
    removed = serializers.IntegerField(read_only=True)


class ReasonSerializer(serializers.Serializer[Any]):
    words = serializers.CharField(read_only=True)
    holds = serializers.BooleanField(read_only=True)
    actual = serializers.CharField(read_only=True)
    parts = serializers.ListField(child=serializers.DictField(), read_only=True)


def written(reason: Reason) -> dict[str, Any]:
    return {
        "words": reason.words,
        "holds": reason.holds,
        "actual": reason.actual,
        "parts": [written(part) for part in reason.parts],
    }


@extend_schema_view(
    list=extend_schema(summary="Segments, newest first"),
    retrieve=extend_schema(summary="One segment"),
    create=extend_schema(summary="Add a segment"),
    update=extend_schema(summary="Replace a segment"),
    partial_update=extend_schema(summary="Change a segment"),
    destroy=extend_schema(summary="Delete a segment nothing uses"),
)
class SegmentViewSet(ModelViewSet, ApiViewSet):
    read_scope = "segments:read"
    write_scope = "segments:write"
    queryset = Segment.objects.all()
    serializer_class = SegmentSerializer
    filterset_class = SegmentFilters
    facts = {
        SegmentInUse: Fact(409, "segment_in_use"),
        ProtectedError: Fact(409, "segment_in_use", _("Something began to use this segment just now.")),
        NotAList: Fact(409, "not_a_list"),
        RuleError: Fact(409, "broken_rule"),
    }

    def perform_destroy(self, instance: Segment) -> None:
        delete_segment(segment=instance)

    @extend_schema(summary="How many customers are in it now", responses=CountSerializer)
    @action(detail=True, methods=["get"])
    def count(self, request: Request, pk: int) -> Response:
        found = visible(members(segment=self.get_object(), at=timezone.now()), request.user)
        return Response({"count": found.count()})

    @extend_schema(
        summary="Why a customer is in it, or is not",
        parameters=[OpenApiParameter("customer", int, required=True)],
        responses=ReasonSerializer,
    )
    @action(detail=True, methods=["get"], filterset_class=None, pagination_class=None)
    def explain(self, request: Request, pk: int) -> Response:
        asked = ExplainInput(data=request.query_params, context=self.get_serializer_context())
        asked.is_valid(raise_exception=True)
        reason = explain(
            segment=self.get_object(), customer=asked.validated_data["customer"], at=timezone.now()
        )
        return Response(written(reason))

    @extend_schema(
        summary=f"Put up to {MOST_AT_ONCE} customers on a list",
        request=MembersInput,
        responses=AddedSerializer,
    )
    @action(detail=True, methods=["post"])
    def members(self, request: Request, pk: int) -> Response:
        numbers, unknown = self.meant(self.taken(MembersInput))
        people = visible(Customer.objects.filter(Among("pk", numbers)), request.user)
        unknown += [str(number) for number in sorted(numbers - set(people.values_list("pk", flat=True)))]
        added = add_to_list(segment=self.get_object(), customers=people, by=self.person, at=timezone.now())
        return Response({"added": added.added, "unknown": unknown})

    @extend_schema(
        summary=f"Take up to {MOST_AT_ONCE} customers off a list",
        request=MembersInput,
        responses=RemovedSerializer,
    )
    @members.mapping.delete
    def remove_members(self, request: Request, pk: int) -> Response:
        numbers, _unknown = self.meant(self.taken(MembersInput))
        people = visible(Customer.objects.filter(Among("pk", numbers)), request.user)
        removed = remove_from_list(
            segment=self.get_object(), customers=list(people.values_list("pk", flat=True)), by=self.person,
            at=timezone.now(),
        )  # fmt: skip
        return Response({"removed": removed})

    def meant(self, given: dict[str, Any]) -> tuple[set[int], list[str]]:
        """The customers' numbers, and the identities nobody is known by."""
        told: list[Known] = given.get("identities", [])
        known = customers_known_as(told)
        unknown = [each.value for each in told if each not in known]
        return {*given.get("customers", ()), *known.values()}, unknown

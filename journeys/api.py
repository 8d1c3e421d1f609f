from collections.abc import Sequence
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from customers.lookup import Known, customers_known_as
from customers.models import Customer, Identity
from events.boundary import validate_moment
from journeys.filters import InteractionFilters
from journeys.interactions import ReservedSource, record_interaction, record_interactions
from journeys.models import Interaction, Touchpoint
from staff.access import visible
from staff.api.errors import Fact
from staff.api.views import ApiViewSet, Input
from staff.models import User

MOST_AT_ONCE = 500


class TouchpointSerializer(serializers.ModelSerializer[Touchpoint]):
    class Meta:
        model = Touchpoint
        fields = read_only_fields = ("id", "slug", "name", "description")


class InteractionSerializer(serializers.ModelSerializer[Interaction]):
    touchpoint: Any = serializers.SlugRelatedField(slug_field="slug", read_only=True, allow_null=True)
    detail = serializers.DictField(read_only=True)

    class Meta:
        model = Interaction
        fields = read_only_fields = (
            "id",
            "customer",
            "touchpoint",
            "kind",
            "source",
            "external_id",
            "at",
            "summary",
            "amount",
            "detail",
        )


class KnownInput(Input):
    kind = serializers.ChoiceField(choices=Identity.Kind.choices)
    value = serializers.CharField(max_length=320)
    source: Any = serializers.CharField(max_length=40, required=False, allow_blank=True, default="")


class InteractionInput(Input):
    customer = serializers.IntegerField(min_value=1, required=False, help_text="The customer's number, or")
    identity = KnownInput(required=False, help_text="how the customer is known.")
    touchpoint = serializers.CharField(max_length=60, required=False, help_text="The short name of one.")
    kind = serializers.ChoiceField(choices=Interaction.Kind.choices)
    source: Any = serializers.CharField(
        max_length=40, help_text="The program that knows of it, such as “shop”."
    )
    external_id = serializers.CharField(
        max_length=120, help_text="Its id there: a repeat of source and id changes nothing."
    )
    at = serializers.DateTimeField(validators=[validate_moment])
    summary = serializers.CharField(max_length=300, required=False, allow_blank=True)
    amount = serializers.DecimalField(max_digits=12, decimal_places=2, required=False, allow_null=True)
    detail = serializers.DictField(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if ("customer" in attrs) == ("identity" in attrs):
            raise ValidationError({"customer": [_("Give either a customer or an identity.")]})
        return attrs


class InteractionsInput(Input):
    interactions = serializers.ListField(child=InteractionInput(), allow_empty=False, max_length=MOST_AT_ONCE)


class RecordedSerializer(serializers.Serializer[Any]):
    recorded = serializers.IntegerField(read_only=True)
    repeated = serializers.IntegerField(read_only=True)


class Unresolved(Exception):
    """Some rows name nobody, or no touchpoint: sentences by row and field."""

    def __init__(self, problems: dict[int, dict[str, list[Any]]]) -> None:
        super().__init__(problems)
        self.problems = problems

    def by_row(self) -> dict[str, dict[str, list[Any]]]:
        return {str(row): fields for row, fields in self.problems.items()}


def resolved(rows: Sequence[dict[str, Any]], *, user: User) -> list[dict[str, Any]]:
    """`rows` with their customers and touchpoints, in three queries; raises Unresolved."""
    known = customers_known_as(Known(**row["identity"]) for row in rows if "identity" in row)
    numbers = [row["customer"] if "customer" in row else known.get(Known(**row["identity"])) for row in rows]
    customers = visible(Customer.objects.all(), user).in_bulk([number for number in numbers if number])
    touchpoints = Touchpoint.objects.in_bulk(
        {row["touchpoint"] for row in rows if "touchpoint" in row}, field_name="slug"
    )
    problems: dict[int, dict[str, list[Any]]] = {}
    for position, (row, number) in enumerate(zip(rows, numbers, strict=True)):
        if number not in customers:
            field = "customer" if "customer" in row else "identity"
            problems.setdefault(position, {})[field] = [_("There is no such customer.")]
        if "touchpoint" in row and row["touchpoint"] not in touchpoints:
            problems.setdefault(position, {})["touchpoint"] = [_("There is no such touchpoint.")]
    if problems:
        raise Unresolved(problems)
    return [
        {name: value for name, value in row.items() if name != "identity"}
        | {"customer": customers[number], "touchpoint": touchpoints.get(row.get("touchpoint", ""))}
        for row, number in zip(rows, numbers, strict=True)
        if number
    ]


@extend_schema_view(
    list=extend_schema(summary="Touchpoints"), retrieve=extend_schema(summary="One touchpoint")
)
class TouchpointViewSet(ListModelMixin, RetrieveModelMixin, ApiViewSet):
    read_scope = "interactions:read"
    queryset = Touchpoint.objects.all()
    serializer_class = TouchpointSerializer


@extend_schema_view(
    list=extend_schema(summary="Interactions, newest first"),
    retrieve=extend_schema(summary="One interaction"),
)
class InteractionViewSet(ListModelMixin, RetrieveModelMixin, ApiViewSet):
    read_scope = "interactions:read"
    write_scope = "interactions:write"
    queryset = Interaction.objects.select_related("touchpoint")
    serializer_class = InteractionSerializer
    filterset_class = InteractionFilters
    facts = {
        ReservedSource: Fact(
            409, "reserved_source", _("Sources that begin with “platform:” belong to the platform.")
        )
    }

    @extend_schema(
        summary="Record an interaction",
        request=InteractionInput,
        responses={201: InteractionSerializer},
    )
    def create(self, request: Request) -> Response:
        try:
            [row] = resolved([self.taken(InteractionInput)], user=self.person)
        except Unresolved as error:
            raise ValidationError(error.problems[0]) from error
        return self.shown(record_interaction(**row), status=201)

    @extend_schema(
        summary=f"Record up to {MOST_AT_ONCE} interactions: all of them or none",
        request=InteractionsInput,
        responses=RecordedSerializer,
    )
    @action(detail=False, methods=["post"], filterset_class=None, pagination_class=None)
    def bulk(self, request: Request) -> Response:
        given = self.taken(InteractionsInput)["interactions"]
        try:
            rows = resolved(given, user=self.person)
        except Unresolved as error:
            raise ValidationError({"interactions": error.by_row()}) from error
        recorded = record_interactions([Interaction(**row) for row in rows], at=timezone.now())
        return Response({"recorded": len(recorded), "repeated": len(rows) - len(recorded)})

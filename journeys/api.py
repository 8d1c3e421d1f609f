from collections.abc import Sequence
from typing import Any

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

from customers.api.known import KnownInput, identities_input, waits_for_a_person
from customers.identities import BelongsToSomebodyElse, NotAnIdentity
from customers.lookup import Known, customers_known_as
from customers.models import Customer
from customers.resolving import SeveralPeople, customer_known_by
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


class InteractionInput(Input):
    customer = serializers.IntegerField(min_value=1, required=False, help_text="The customer's number, or")
    identity = KnownInput(required=False, help_text="how the customer is known, or")
    identities = identities_input(
        required=False,
        help_text="all by which the customer is known: the customer is then known by all of them.",
    )
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
        if len({"customer", "identity", "identities"} & set(attrs)) != 1:
            raise ValidationError({"customer": [_("Give either a customer or identities.")]})
        return attrs


class NewInteractionInput(InteractionInput):
    create_customer = serializers.BooleanField(
        default=False, help_text="Add a customer when nobody is known by the identities."
    )


class InteractionsInput(Input):
    create_customers = serializers.BooleanField(
        default=False, help_text="Add a customer for each row whose identities nobody is known by."
    )
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


def told_in(row: dict[str, Any]) -> list[Known]:
    return [row["identity"]] if "identity" in row else row.get("identities", [])


def numbers_of(rows: Sequence[dict[str, Any]], *, user: User, create: bool) -> list[int | None]:
    """The customer of each row, by one query for all whose identities are known already.

    Raises NotAnIdentity, BelongsToSomebodyElse and SeveralPeople.
    """
    known = customers_known_as(each for row in rows for each in told_in(row))
    numbers: list[int | None] = []
    for row in rows:
        told = told_in(row)
        owners = {known.get(each) for each in told}
        if "customer" in row:
            numbers.append(row["customer"])
        elif len(owners) == 1 and (None not in owners or not (create or len(told) > 1)):
            numbers.append(owners.pop())
        else:
            customer, _is_new = customer_known_by(
                identities=told, at=timezone.now(), create=create, seen_by=user
            )
            numbers.append(customer.pk if customer else None)
    return numbers


def resolved(rows: Sequence[dict[str, Any]], *, user: User, create: bool) -> list[dict[str, Any]]:
    """`rows` with their customers and touchpoints, in three queries when all are known; raises Unresolved."""
    numbers = numbers_of(rows, user=user, create=create)
    customers = visible(Customer.objects.all(), user).in_bulk([number for number in numbers if number])
    touchpoints = Touchpoint.objects.in_bulk(
        {row["touchpoint"] for row in rows if "touchpoint" in row}, field_name="slug"
    )
    problems: dict[int, dict[str, list[Any]]] = {}
    for position, (row, number) in enumerate(zip(rows, numbers, strict=True)):
        if number not in customers:
            field = next(name for name in ("customer", "identity", "identities") if name in row)
            problems.setdefault(position, {})[field] = [_("There is no such customer.")]
        if "touchpoint" in row and row["touchpoint"] not in touchpoints:
            problems.setdefault(position, {})["touchpoint"] = [_("There is no such touchpoint.")]
    if problems:
        raise Unresolved(problems)
    return [
        {name: value for name, value in row.items() if name not in {"identity", "identities"}}
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
            409,
            "reserved_source",
            _("Sources that begin with “platform:” or “reply:” belong to the platform."),
        ),
        NotAnIdentity: Fact(422, "not_an_identity"),
        BelongsToSomebodyElse: Fact(
            409, "belongs_to_somebody_else", _("Another customer is known by this identity.")
        ),
        SeveralPeople: waits_for_a_person,
    }

    @extend_schema(
        summary="Record an interaction",
        request=NewInteractionInput,
        responses={201: InteractionSerializer},
    )
    def create(self, request: Request) -> Response:
        given = self.taken(NewInteractionInput)
        create = given.pop("create_customer")
        try:
            with transaction.atomic():
                [row] = resolved([given], user=self.person, create=create)
                interaction = record_interaction(**row)
        except Unresolved as error:
            raise ValidationError(error.problems[0]) from error
        return self.shown(interaction, status=201)

    @extend_schema(
        summary=f"Record up to {MOST_AT_ONCE} interactions: all of them or none",
        request=InteractionsInput,
        responses=RecordedSerializer,
    )
    @action(detail=False, methods=["post"], filterset_class=None, pagination_class=None)
    def bulk(self, request: Request) -> Response:
        given = self.taken(InteractionsInput)
        try:
            with transaction.atomic():
                rows = resolved(given["interactions"], user=self.person, create=given["create_customers"])
                recorded = record_interactions([Interaction(**row) for row in rows], at=timezone.now())
        except Unresolved as error:
            raise ValidationError({"interactions": error.by_row()}) from error
        return Response({"recorded": len(recorded), "repeated": len(rows) - len(recorded)})

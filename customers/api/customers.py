from typing import Any

from django.conf import settings
from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from customers.api.filters import CustomerFilters, PersonaFilters
from customers.api.known import identities_input, waits_for_a_person
from customers.consent import record_consent
from customers.identities import BelongsToSomebodyElse, NotAnIdentity, add_identity
from customers.lookup import Known
from customers.models import Channel, Consent, Customer, Identity, Persona
from customers.personas import lines_of
from customers.profiles import create_customer, update_customer
from customers.resolving import SeveralPeople, customer_known_by, normal_forms, owners_of
from staff.access import limit_of
from staff.api.errors import Fact
from staff.api.views import ApiViewSet, Input
from staff.models import validate_time_zone

FIRST_IDENTITIES = {
    "email": Identity.Kind.EMAIL,
    "phone": Identity.Kind.PHONE,
    "external_id": Identity.Kind.EXTERNAL,
}


class IdentitySerializer(serializers.ModelSerializer[Identity]):
    class Meta:
        model = Identity
        fields = read_only_fields = ("kind", "source", "value", "is_primary")


class ConsentSerializer(serializers.ModelSerializer[Consent]):
    class Meta:
        model = Consent
        fields = read_only_fields = ("purpose", "channel", "state", "source", "at")


class CustomerSerializer(serializers.ModelSerializer[Customer]):
    attributes = serializers.DictField(read_only=True)
    preferred_channel = serializers.CharField(read_only=True, help_text="A channel, or empty.")
    identities = IdentitySerializer(many=True, read_only=True)
    consents = ConsentSerializer(many=True, read_only=True)

    class Meta:
        model = Customer
        fields = read_only_fields = (
            "id",
            "first_name",
            "last_name",
            "language",
            "time_zone",
            "country",
            "customer_since",
            "left_date",
            "attributes",
            "preferred_channel",
            "snoozed_until",
            "identities",
            "consents",
            "created_at",
            "updated_at",
        )


class CustomerInput(Input):
    first_name = serializers.CharField(max_length=100, required=False, allow_blank=True)
    last_name = serializers.CharField(max_length=100, required=False, allow_blank=True)
    language = serializers.ChoiceField(choices=settings.LANGUAGES, required=False)
    time_zone = serializers.CharField(
        max_length=64, required=False, validators=[validate_time_zone], help_text="Such as Europe/Sarajevo."
    )
    country = serializers.RegexField(r"\A[A-Z]{2}\Z", required=False, help_text="Such as BA.")
    customer_since = serializers.DateField(required=False, allow_null=True)
    left_date = serializers.DateField(
        required=False, allow_null=True, help_text="The day on which they stopped being a customer."
    )
    preferred_channel = serializers.ChoiceField(
        choices=Channel.choices,
        required=False,
        allow_blank=True,
        help_text="Which campaigns use first, where they have it; empty: none.",
    )
    attributes = serializers.DictField(
        required=False, help_text="Free facts; a change keeps the others, and null forgets one."
    )


class NewCustomerInput(CustomerInput):
    email = serializers.CharField(max_length=320, required=False, allow_blank=True)
    phone = serializers.CharField(max_length=40, required=False, allow_blank=True)
    external_id = serializers.CharField(max_length=320, required=False, allow_blank=True)


class KnownCustomerInput(CustomerInput):
    identities = identities_input(help_text="All by which the customer is known to you.")
    create: Any = serializers.BooleanField(
        default=True,
        help_text="Add the customer, with the other fields, when nobody is known by any of them.",
    )


class IdentityInput(Input):
    kind = serializers.ChoiceField(choices=Identity.Kind.choices)
    value = serializers.CharField(max_length=320)
    source: Any = serializers.CharField(
        max_length=40, required=False, allow_blank=True, help_text="Whose external id or handle it is."
    )


class ConsentInput(Input):
    purpose = serializers.ChoiceField(choices=Consent.Purpose.choices)
    channel = serializers.ChoiceField(choices=Channel.choices)
    state = serializers.ChoiceField(choices=Consent.State.choices)
    source: Any = serializers.CharField(max_length=120, help_text="How you know.")


@extend_schema_view(
    list=extend_schema(summary="Customers, newest first"),
    retrieve=extend_schema(summary="One customer with identities and consent"),
)
class CustomerViewSet(ListModelMixin, RetrieveModelMixin, ApiViewSet):
    read_scope = "customers:read"
    write_scope = "customers:write"
    queryset = Customer.objects.prefetch_related("identities", "consents")
    serializer_class = CustomerSerializer
    filterset_class = CustomerFilters
    facts = {
        NotAnIdentity: Fact(422, "not_an_identity"),
        BelongsToSomebodyElse: Fact(
            409, "belongs_to_somebody_else", _("Another customer is known by this identity.")
        ),
        SeveralPeople: waits_for_a_person,
    }

    @extend_schema(summary="Add a customer", request=NewCustomerInput, responses={201: CustomerSerializer})
    def create(self, request: Request) -> Response:
        given = self.taken(NewCustomerInput) | {"unit": limit_of(self.person)}
        told = [Known(kind, given.get(field, "")) for field, kind in FIRST_IDENTITIES.items()]
        wanted = normal_forms([known for known in told if known.value], country=given.get("country", ""))
        if len(owners := owners_of(wanted)) > 1:
            raise SeveralPeople(identities=wanted, customers=owners)
        return self.shown(create_customer(at=timezone.now(), **given), status=201)

    @extend_schema(
        summary="Find the customer known by any of these identities, who is then known by all; or add them",
        request=KnownCustomerInput,
        responses={200: CustomerSerializer, 201: CustomerSerializer},
    )
    @action(detail=False, methods=["post"], filterset_class=None, pagination_class=None)
    def resolve(self, request: Request) -> Response:
        given = self.taken(KnownCustomerInput)
        customer, is_new = customer_known_by(at=timezone.now(), seen_by=self.person, **given)
        if customer is None:
            raise Http404
        return self.shown(customer, status=201 if is_new else 200)

    @extend_schema(summary="Change a customer", request=CustomerInput, responses=CustomerSerializer)
    def partial_update(self, request: Request, pk: int) -> Response:
        customer = self.get_object()
        given = self.taken(CustomerInput, changing=customer)
        return self.shown(update_customer(customer=customer, at=timezone.now(), **given))

    @extend_schema(
        summary="Know a customer by one more identity", request=IdentityInput, responses=CustomerSerializer
    )
    @action(detail=True, methods=["post"])
    def identities(self, request: Request, pk: int) -> Response:
        customer = self.get_object()
        add_identity(customer=customer, at=timezone.now(), **self.taken(IdentityInput))
        return self.shown(customer)

    @extend_schema(
        summary="Write down what a customer agreed to or withdrew",
        request=ConsentInput,
        responses=CustomerSerializer,
    )
    @action(detail=True, methods=["post"])
    def consents(self, request: Request, pk: int) -> Response:
        customer = self.get_object()
        record_consent(customer=customer, at=timezone.now(), **self.taken(ConsentInput))
        return self.shown(customer)


class LinesField(serializers.ListField):
    """What stands one on a line."""

    child = serializers.CharField()

    def to_representation(self, value: Any) -> list[str]:
        return lines_of(value)


class PersonaSerializer(serializers.ModelSerializer[Persona]):
    goals = LinesField(read_only=True)
    frustrations = LinesField(read_only=True)
    channels = LinesField(read_only=True)

    class Meta:
        model = Persona
        fields = read_only_fields = (
            "id",
            "name",
            "quote",
            "description",
            "goals",
            "frustrations",
            "channels",
            "segment",
        )


@extend_schema_view(
    list=extend_schema(summary="Personas, newest first"), retrieve=extend_schema(summary="One persona")
)
class PersonaViewSet(ListModelMixin, RetrieveModelMixin, ApiViewSet):
    read_scope = "customers:read"
    queryset = Persona.objects.all()
    serializer_class = PersonaSerializer
    filterset_class = PersonaFilters

from django.conf import settings
from django.db.models import QuerySet
from django_filters import rest_framework as filters

from customers.identities import find_customer
from customers.models import Customer, Identity, Persona, Segment
from staff.api.filters import Filters, MomentFilter


class CustomerFilters(Filters):
    email = filters.CharFilter(method="only_known_as", max_length=320)
    phone = filters.CharFilter(method="only_known_as", max_length=320)
    external_id = filters.CharFilter(method="only_known_as", max_length=320)
    external_source = filters.CharFilter(method="with_external_id", max_length=40)
    language = filters.ChoiceFilter(choices=settings.LANGUAGES)
    country = filters.CharFilter(max_length=2)
    created_after = MomentFilter(field_name="created_at", lookup_expr="gte")
    updated_after = MomentFilter(field_name="updated_at", lookup_expr="gte")

    class Meta(Filters.Meta):
        model = Customer
        fields: tuple[str, ...] = ()

    def only_known_as(self, rows: QuerySet[Customer], name: str, value: str) -> QuerySet[Customer]:
        kind = {"email": Identity.Kind.EMAIL, "phone": Identity.Kind.PHONE}.get(name, Identity.Kind.EXTERNAL)
        source = self.form.cleaned_data["external_source"] if kind == Identity.Kind.EXTERNAL else ""
        customer = find_customer(kind=kind, value=value, source=source)
        return rows.filter(pk=customer.pk) if customer else rows.none()

    def with_external_id(self, rows: QuerySet[Customer], name: str, value: str) -> QuerySet[Customer]:
        """Says whose external ids are meant; `only_known_as` reads it."""
        return rows


class SegmentFilters(Filters):
    name = filters.CharFilter(lookup_expr="icontains", max_length=120)

    class Meta(Filters.Meta):
        model = Segment
        fields: tuple[str, ...] = ()


class PersonaFilters(Filters):
    name = filters.CharFilter(lookup_expr="icontains", max_length=120)
    segment = filters.NumberFilter(min_value=1)

    class Meta(Filters.Meta):
        model = Persona
        fields: tuple[str, ...] = ()

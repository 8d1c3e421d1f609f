from django_filters import rest_framework as filters

from journeys.models import Interaction
from staff.api.filters import Filters, IdFilter, MomentFilter


class InteractionFilters(Filters):
    customer = IdFilter(field_name="customer_id")
    kind = filters.ChoiceFilter(choices=Interaction.Kind.choices)
    touchpoint = filters.CharFilter(field_name="touchpoint__slug", max_length=60)
    source = filters.CharFilter(max_length=40)
    external_id = filters.CharFilter(max_length=120)
    after = MomentFilter(field_name="at", lookup_expr="gte")
    before = MomentFilter(field_name="at", lookup_expr="lt")

    class Meta(Filters.Meta):
        model = Interaction
        fields: tuple[str, ...] = ()

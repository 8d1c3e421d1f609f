from django_filters import rest_framework as filters

from customers.models import Segment
from staff.api.filters import Filters


class SegmentFilters(Filters):
    name = filters.CharFilter(lookup_expr="icontains", max_length=120)

    class Meta(Filters.Meta):
        model = Segment
        fields: tuple[str, ...] = ()

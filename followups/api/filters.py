from django.db.models import QuerySet
from django.utils import timezone
from django_filters import rest_framework as filters

from followups.models import FollowUp, Signal
from staff.api.filters import Filters, IdFilter, MomentFilter


class FollowUpFilters(Filters):
    state = filters.ChoiceFilter(choices=FollowUp.State.choices)
    source = filters.ChoiceFilter(choices=Signal.choices)
    outcome = filters.ChoiceFilter(choices=FollowUp.Outcome.choices)
    team = IdFilter(field_name="team_id")
    owner = IdFilter(field_name="owner_id")
    customer = IdFilter(field_name="customer_id")
    survey = IdFilter(field_name="survey_response__survey_id")
    opened_after = MomentFilter(field_name="opened_at", lookup_expr="gte")
    opened_before = MomentFilter(field_name="opened_at", lookup_expr="lt")
    is_overdue = filters.BooleanFilter(method="only_overdue")

    class Meta(Filters.Meta):
        model = FollowUp
        fields: tuple[str, ...] = ()

    def only_overdue(self, rows: QuerySet[FollowUp], name: str, value: bool) -> QuerySet[FollowUp]:  # noqa: FBT001  django-filter's call
        overdue = FollowUp.objects.overdue(timezone.now())
        return (
            rows.filter(pk__in=overdue.values("pk")) if value else rows.exclude(pk__in=overdue.values("pk"))
        )

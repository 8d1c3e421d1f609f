from django_filters import rest_framework as filters

from loyalty.models import Account, Entry, Reward
from staff.api.filters import Filters, IdFilter, MomentFilter


class AccountFilters(Filters):
    program = IdFilter(field_name="program_id")
    customer = IdFilter(field_name="customer_id")

    class Meta(Filters.Meta):
        model = Account
        fields: tuple[str, ...] = ()


class EntryFilters(Filters):
    account = IdFilter(field_name="account_id")
    customer = IdFilter(field_name="account__customer_id")
    kind = filters.ChoiceFilter(choices=Entry.Kind.choices)
    source = filters.CharFilter(max_length=120)
    reward = IdFilter(field_name="reward_id")
    after = MomentFilter(field_name="at", lookup_expr="gte")
    before = MomentFilter(field_name="at", lookup_expr="lt")

    class Meta(Filters.Meta):
        model = Entry
        fields: tuple[str, ...] = ()


class RewardFilters(Filters):
    program = IdFilter(field_name="program_id")
    is_active = filters.BooleanFilter()

    class Meta(Filters.Meta):
        model = Reward
        fields: tuple[str, ...] = ()

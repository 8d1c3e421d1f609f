"""What a triggered campaign asks about only: a purchase of a hundred or more, a ticket of one type."""

from collections.abc import Iterator
from datetime import UTC, datetime

from django.db.models import Q
from django.utils.translation import gettext as _

from customers.segments import RuleError
from customers.segments.attributes import LONGEST_NAME, attribute, is_name
from customers.segments.values import number
from surveys.models import Campaign

AMOUNT = "amount"  # a column of its own; every other detail is what a program told
Compare = Campaign.Compare
LARGEST = 10**10  # what does not fit its column
NUMBERS = {Compare.AT_LEAST: "gte", Compare.AT_MOST: "lte"}
ANY_TIME = datetime.min.replace(tzinfo=UTC)  # nothing here depends on it


def only_where(campaign: Campaign) -> Q:
    """The condition on interactions; of everything, where none is given. Raises RuleError."""
    name, compare, value = campaign.trigger_detail, campaign.trigger_compare, campaign.trigger_value
    if not name:
        return Q()
    if name != AMOUNT:
        return attribute(name, column="detail")(compare, value, ANY_TIME)
    amount = number(value)
    if abs(amount) >= LARGEST:
        raise RuleError(_("a number is needed."))
    lookup = NUMBERS.get(Compare(compare), "exact")
    condition = Q(**{f"amount__{lookup}": amount}, amount__isnull=False)
    return ~condition if compare == Compare.IS_NOT else condition


def problems_of_detail(campaign: Campaign) -> Iterator[tuple[str, str]]:
    """What is wrong with it: a field, and a sentence."""
    name, compare, value = campaign.trigger_detail, campaign.trigger_compare, campaign.trigger_value
    if not name:
        if compare or value:
            yield "trigger_detail", _("Say which detail is compared, or leave all three empty.")
        return
    if not is_name(name):
        sentence = _("Give the name of a detail: at most %(most)s letters, without quotation marks and “__”.")
        yield "trigger_detail", sentence % {"most": LONGEST_NAME}
        return
    if not compare or (name == AMOUNT and compare == Compare.CONTAINS):
        yield "trigger_compare", _("Choose how it is compared.")
        return
    try:
        only_where(campaign)
    except RuleError:
        is_number = name == AMOUNT or compare in NUMBERS
        yield "trigger_value", _("Give a number.") if is_number else _("Say what it is compared with.")

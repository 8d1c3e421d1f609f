"""Points when two customers turn out to be one: they move by entries of the ledger, and back by their reversal."""

from django.db.models import Sum
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from customers.merging.moves import Belongings, CannotMove, Handover
from customers.models import Customer
from loyalty.ledger import PointsAlreadySpent, adjust_points, enrol, reverse_entry
from loyalty.models import Account, Entry

Moved = list[dict[str, int | None]]


def move_points(handover: Handover) -> Moved:
    """Each balance goes to the kept customer's account of the program; who has none becomes a member."""
    kept = Customer.everybody.get(pk=handover.kept)
    moved: Moved = []
    source, note = f"merge:{handover.number}", gettext("Merged customers")
    accounts = Account.objects.filter(customer__in=[handover.kept, handover.merged])
    locked = list(accounts.order_by("pk").select_for_update().select_related("program"))
    members = {account.program_id for account in locked if account.customer_id == handover.kept}
    for account in locked:
        if account.customer_id != handover.merged:
            continue
        target = enrol(program=account.program, customer=kept, at=account.joined_at)
        taken = given = None
        if account.balance:
            taken = adjust_points(
                account=account, points=-account.balance, source=source, note=note, at=handover.at
            ).pk
            given = adjust_points(
                account=target, points=account.balance, source=source, note=note, at=handover.at
            ).pk
        made = None if account.program_id in members else target.pk
        moved.append({"taken": taken, "given": given, "made": made})
    return moved


def give_points_back(handover: Handover, moved: Moved) -> None:
    source = f"unmerge:{handover.number}"
    for row in moved:
        for entry in Entry.objects.filter(pk__in=[row["given"], row["taken"]]).order_by("points").reverse():
            try:
                reverse_entry(entry=entry, source=source, at=handover.at)
            except PointsAlreadySpent as error:
                raise CannotMove(
                    gettext("Points that came with the merge were spent since: reverse that first.")
                ) from error
        if row["made"]:
            Account.objects.filter(pk=row["made"], entries=None).delete()


def points_of(customer: int) -> int:
    return Account.objects.filter(customer=customer).aggregate(points=Sum("balance"))["points"] or 0


POINTS = Belongings(
    name="points", title=_("Points"), count=points_of, move=move_points, give_back=give_points_back
)

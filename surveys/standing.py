"""How a campaign stands: what became of everybody in its send ledger."""

from dataclasses import dataclass

from django.db.models import Count, Q

from staff.access import within
from staff.models import Unit
from surveys.models import Campaign, Invitation

State = Invitation.State


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """People by what became of them; `states` and `reasons` list (value, label, people), tests left out."""

    planned: int
    asked: int
    answered: int
    states: list[tuple[str, str, int]]
    reasons: list[tuple[str, str, int]]

    @property
    def to_ask(self) -> int:
        """Everybody who is or was to be asked."""
        return self.planned + self.asked

    @property
    def percent(self) -> int:
        return 100 * self.asked // self.to_ask if self.to_ask else 0

    @property
    def unknown(self) -> int:
        return next((people for state, _label, people in self.states if state == State.UNKNOWN), 0)


def standing_of(campaign: Campaign, *, unit: Unit | None = None) -> Standing:
    """One query over the campaign's ledger, or over what stands there of the customers of `unit`."""
    ledger = Invitation.objects.filter(wave__campaign=campaign, is_test=False)
    rows = (
        (ledger if unit is None else within(ledger, unit))
        .values_list("state", "reason")
        .annotate(
            people=Count("pk"),
            asked=Count("pk", filter=Q(sent_at__isnull=False)),
            answered=Count("pk", filter=Q(answered_at__isnull=False)),
        )
        .order_by()
    )
    states: dict[str, int] = {}
    reasons: dict[str, int] = {}
    for state, reason, people, _asked, _answered in rows:
        states[state] = states.get(state, 0) + people
        if reason:
            reasons[reason] = reasons.get(reason, 0) + people
    asked = sum(row[3] for row in rows)
    pending = sum(
        people - row_asked for state, _r, people, row_asked, _a in rows if state in Invitation.PENDING
    )
    return Standing(
        planned=pending,
        asked=asked,
        answered=sum(row[4] for row in rows),
        states=[(state.value, str(state.label), states[state]) for state in State if state in states],
        reasons=[(r.value, str(r.label), reasons[r]) for r in Invitation.Reason if r in reasons],
    )

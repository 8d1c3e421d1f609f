"""Responses and invitations when two customers turn out to be one: nobody is asked a second time."""

from typing import Any

from django.db.models import Case, IntegerField, Q, Value, When
from django.utils.translation import gettext_lazy as _

from customers.merging.moves import Belongings, Handover, rows_of_customer
from events.lookups import Among
from surveys.models import Invitation, SurveyResponse

State = Invitation.State
HOW_FAR = Case(
    When(answered_at__isnull=False, then=Value(6)),
    When(state=State.SENT, then=Value(5)),
    When(sent_at__isnull=False, then=Value(5)),
    When(state__in=[State.SENDING, State.UNKNOWN], then=Value(4)),
    When(state=State.FAILED, then=Value(3)),
    When(state__in=Invitation.WAITING, then=Value(2)),
    default=Value(1),
    output_field=IntegerField(),
)


def move_invitations(handover: Handover) -> dict[str, Any]:
    """Of two invitations of one wave the one that got further stays with the kept person; the other waits no more."""
    theirs = Invitation.objects.filter(customer=handover.merged)
    ours = Invitation.objects.filter(customer=handover.kept, is_test=False)
    mine = {wave: (pk, far) for wave, pk, far in with_progress(ours)}
    given: list[int] = []
    swapped: list[int] = []
    clashing = list(with_progress(theirs.filter(is_test=False).filter(wave__in=mine)))
    for wave, pk, far in clashing:
        if far > mine[wave][1]:
            given.append(pk)
            swapped.append(mine[wave][0])
    in_clash = [pk for _wave, pk, _far in clashing]
    free = list(theirs.exclude(Among("pk", in_clash)).order_by("pk").values_list("pk", flat=True))
    exchange(given, swapped, handover.kept, handover.merged)
    Invitation.objects.filter(Among("pk", free)).update(customer=handover.kept)
    parked = [pk for pk in in_clash if pk not in set(given)] + swapped
    return {"moved": free, "given": given, "swapped": swapped, "parked": park(parked)}


def with_progress(invitations: Any) -> Any:
    return (
        invitations.select_for_update()
        .order_by("pk")
        .annotate(how_far=HOW_FAR)
        .values_list("wave", "pk", "how_far")
    )


def exchange(given: list[int], swapped: list[int], kept: int, merged: int) -> None:
    """Each customer gets the other's rows; meanwhile one side stands as tests, which may be many in a wave."""
    if not given:
        return
    Invitation.objects.filter(Among("pk", swapped)).update(is_test=True)
    Invitation.objects.filter(Among("pk", given)).update(customer=kept)
    Invitation.objects.filter(Among("pk", swapped)).update(customer=merged, is_test=False)


def park(parked: list[int]) -> list[dict[str, Any]]:
    """What is still to come of `parked` does not come; returns what those rows were, to put them back."""
    pending = Invitation.objects.filter(Among("pk", parked)).waiting()
    before = [
        {
            "pk": each.pk,
            "state": State.PLANNED.value,
            "reason": each.reason,
            "was_sent": each.sent_at is not None,
        }
        for each in pending.order_by("pk")
    ]
    pending.filter(sent_at__isnull=False).update(state=State.SENT)
    pending.filter(sent_at=None).update(state=State.EXCLUDED, reason=Invitation.Reason.SAME_PERSON)
    return before


def give_invitations_back(handover: Handover, moved: dict[str, Any]) -> None:
    exchange(moved["swapped"], moved["given"], handover.kept, handover.merged)
    Invitation.objects.filter(Among("pk", moved["moved"]), customer=handover.kept).update(
        customer=handover.merged
    )
    for was_sent, there_now in ((True, State.SENT), (False, State.EXCLUDED)):
        parked = [row["pk"] for row in moved["parked"] if row["was_sent"] is was_sent]
        Invitation.objects.filter(
            Among("pk", parked),
            Q(reason=Invitation.Reason.SAME_PERSON) | Q(sent_at__isnull=False),
            state=there_now,
            answered_at=None,
        ).update(state=State.PLANNED, reason="")


INVITATIONS = Belongings(
    name="invitations",
    title=_("Invitations"),
    count=lambda customer: Invitation.objects.filter(customer=customer).count(),
    move=move_invitations,
    give_back=give_invitations_back,
)
RESPONSES = rows_of_customer(SurveyResponse, name="responses", title=_("Responses"))

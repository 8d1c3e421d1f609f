"""What the rooms above announce, put on the customer's timeline: from the announcement alone."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime

from customers.models import Customer
from events.models import Event
from journeys.interactions import OWN, add_to_timeline
from journeys.models import Interaction, Touchpoint

Kind = Interaction.Kind


def put_on_timeline(events: Sequence[Event]) -> None:
    """Put answers, sent surveys, steps of follow-ups and points on the timelines of the customers they are about."""
    rows = [row for event in events for row in INTERACTIONS[event.type](event)]
    add_to_timeline(still_known(rows))


def survey_answered(event: Event) -> Iterator[Interaction]:
    yield interaction_of(
        event, kind=Kind.SURVEY_ANSWERED, source="response", detail=("score", "score_kind", "language")
    )


def answers_imported(event: Event) -> Iterator[Interaction]:
    for told in event.payload["known"]:
        yield Interaction(
            customer_id=told["customer"],
            touchpoint_id=told["touchpoint"],
            kind=Kind.SURVEY_ANSWERED,
            source=f"{OWN}response",
            external_id=str(told["response"]),
            at=datetime.fromisoformat(told["at"]),
            detail={name: told[name] for name in ("score", "score_kind", "language", "source")},
        )


def surveys_sent(event: Event) -> Iterator[Interaction]:
    is_first = event.payload["first"]
    for invitation, customer in zip(event.payload["invitations"], event.payload["customers"], strict=True):
        yield Interaction(
            customer_id=customer,
            touchpoint_id=event.payload["touchpoint"],
            kind=Kind.SURVEY_SENT,
            source=f"{OWN}invitation",
            external_id=f"{invitation}" if is_first else f"{invitation}:{event.pk}",
            at=event.at,
            summary=event.payload["campaign"][:300],
            detail={"is_reminder": not is_first},
        )


def follow_up_moved(event: Event) -> Iterator[Interaction]:
    step = event.type.removeprefix("followups.follow_up_")
    interaction = interaction_of(event, kind=Kind.FOLLOW_UP, source="follow-up", detail=())
    interaction.external_id = f"{event.subject}:{step}:{event.pk}"
    interaction.detail = {"step": step}
    yield interaction


def points_moved(event: Event) -> Iterator[Interaction]:
    yield interaction_of(event, kind=Kind.LOYALTY, source="entry", detail=("points", "kind"))


INTERACTIONS: dict[str, Callable[[Event], Iterator[Interaction]]] = {
    "surveys.response_submitted": survey_answered,
    "surveys.responses_imported": answers_imported,
    "surveys.invitations_sent": surveys_sent,
    "followups.follow_up_opened": follow_up_moved,
    "followups.follow_up_contacted": follow_up_moved,
    "followups.follow_up_resolved": follow_up_moved,
    "followups.follow_up_escalated": follow_up_moved,
    "loyalty.entry_posted": points_moved,
}


def interaction_of(event: Event, *, kind: Kind, source: str, detail: Iterable[str]) -> Interaction:
    return Interaction(
        customer_id=event.payload.get("customer"),
        touchpoint_id=event.payload.get("touchpoint"),
        kind=kind,
        source=OWN + source,
        external_id=str(event.subject),
        at=event.at,
        detail={name: event.payload.get(name) for name in detail},
    )


def still_known(rows: Sequence[Interaction]) -> list[Interaction]:
    """Without those about nobody or about a customer erased meanwhile; a touchpoint deleted meanwhile is left out."""
    customers = Customer.objects.filter(pk__in={row.customer_id for row in rows if row.customer_id})
    touchpoints = Touchpoint.objects.filter(pk__in={row.touchpoint_id for row in rows if row.touchpoint_id})
    known_customers, known_touchpoints = (
        set(known.order_by().values_list("pk", flat=True)) for known in (customers, touchpoints)
    )
    for row in rows:
        if row.touchpoint_id not in known_touchpoints:
            row.touchpoint_id = None
    return [row for row in rows if row.customer_id in known_customers]

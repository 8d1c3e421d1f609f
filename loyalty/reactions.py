"""What earns points. Points never depend on the score given."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal

from customers.models import Customer
from customers.resolving import present_customer
from events.models import Event
from events.publishing import publish
from journeys.models import Interaction
from loyalty.accrual import Earning, earn_points_for_all, enrol_all
from loyalty.ledger import earn_points, enrol
from loyalty.models import Account, EarnRule, Program
from surveys.models import SurveyResponse

Trigger = EarnRule.Trigger


def earn_for_answer(events: Sequence[Event]) -> None:
    """Points for each answer of a known customer, under every rule for answers."""
    answered_at = {event.subject: event.at for event in events}
    answers = SurveyResponse.objects.counted().filter(pk__in=answered_at, customer__isnull=False)
    customers = dict(answers.order_by().values_list("pk", "customer"))
    for rule in EarnRule.objects.working(Trigger.SURVEY_ANSWERED):
        earn_under(
            rule,
            [
                Earning(customer=customer, points=rule.points, source=f"response:{pk}", at=answered_at[pk])
                for pk, customer in customers.items()
            ],
        )


def earn_for_purchase(events: Sequence[Event]) -> None:
    """Points for each purchase: the rule's points for every whole unit of its amount."""
    bought_at = {event.subject: event.at for event in events}
    purchases = list(
        Interaction.objects.purchases()
        .filter(pk__in=bought_at, amount__gte=Decimal(1))
        .order_by()
        .values_list("pk", "customer", "amount")
    )
    for rule in EarnRule.objects.working(Trigger.PURCHASE) if purchases else ():
        earn_under(
            rule,
            [
                Earning(
                    customer=customer,
                    points=int(amount or 0) * rule.points,
                    source=f"interaction:{pk}",
                    at=bought_at[pk],
                )
                for pk, customer, amount in purchases
            ],
        )


def earn_under(rule: EarnRule, earnings: Iterable[Earning]) -> None:
    rows = list(earnings)
    if not rows:
        return
    if rule.program.auto_enrol:
        first_at = {row.customer: row.at for row in sorted(rows, key=lambda row: row.at, reverse=True)}
        enrol_all(program=rule.program, joined_at=first_at)
    earn_points_for_all(program=rule.program, rows=rows)


def give_goodwill(events: Sequence[Event]) -> None:
    """Points that a colleague granted to make up for something: into the program the customer is in, or the first that
    enrols by itself; it is announced what became of them."""
    for event in events:
        account = account_for(present_customer(event.payload["customer"]), at=event.at)
        if account:
            earn_points(
                account=account,
                points=event.payload["points"],
                source=f"goodwill:{event.subject}",
                note=f"#{event.payload['follow_up']}",
                at=event.at,
            )
        publish("loyalty.goodwill_settled", subject=event.subject, at=event.at, posted=account is not None)


def account_for(customer: int, *, at: datetime) -> Account | None:
    active = Account.objects.filter(customer=customer, program__is_active=True)
    if account := active.order_by("joined_at", "pk").first():
        return account
    program = Program.objects.filter(is_active=True, auto_enrol=True).order_by("pk").first()
    member = Customer.objects.filter(pk=customer).first()
    return enrol(program=program, customer=member, at=at) if program and member else None

from collections.abc import Sequence

from customers.models import Suppression
from events.models import Event
from followups.alerts import alert_of_another_answer, alert_owners
from followups.hearing import hear_customer, message_known_by
from followups.lost_messages import note_arrived, note_returned, stop_writing_to
from followups.matching import facts_of, first_fitting, rules_in_order
from followups.models import FollowUp
from followups.opening import Occasion, open_follow_ups
from mail.incoming.taking import letter_of, mark_read
from mail.models import DeliveryReport, ReceivedLetter
from mail.reading import Kind
from surveys.models import SurveyResponse

RETURNED = (Kind.BOUNCED, Kind.UNDELIVERED, Kind.REJECTED)
ARRIVED = (Kind.SENT, Kind.DELIVERED)


def open_if_unhappy(events: Sequence[Event]) -> None:
    """Open a follow-up for each answer that a rule fits, unless that rule says to thank and not to call."""
    rules = rules_in_order()
    noticed_at = {event.subject: event.at for event in events}
    scored = SurveyResponse.objects.counted().filter(pk__in=noticed_at, score__isnull=False).order_by("pk")
    responses = list(scored) if rules else []
    facts = facts_of(responses, rules, at=max(noticed_at.values())) if responses else {}
    fitting = [(each, first_fitting(rules, facts[each.pk])) for each in responses]
    open_follow_ups(
        [
            Occasion(rule=rule, survey_response=each, at=noticed_at[each.pk])
            for each, rule in fitting
            if rule and rule.opens
        ]
    )


def alert_owner(events: Sequence[Event]) -> None:
    """Tell each new follow-up's owner, in the app and by e-mail."""
    told_at = {event.subject: event.at for event in events}
    alert_owners(follow_ups=FollowUp.objects.filter(pk__in=told_at), told_at=told_at, event="opened")


def alert_of_joined(events: Sequence[Event]) -> None:
    """Tell the owner that their customer answered again."""
    for event in events:
        follow_up = FollowUp.objects.filter(pk=event.subject)
        alert_of_another_answer(follow_up=follow_up, response=event.payload["response"], at=event.at)


def hear_customers(events: Sequence[Event]) -> None:
    """Put what customers answered by mail into its conversation; letters for other rooms are left to them."""
    for event in events:
        letter = ReceivedLetter.objects.filter(pk=event.subject, read_at=None).first()
        if letter and message_known_by(letter.key):
            hear_customer(letter=letter_of(letter), at=letter.received_at)
            mark_read(pk=letter.pk, at=event.at)


def note_what_came_back(events: Sequence[Event]) -> None:
    """A message that came back was no contact; one that arrived was sent."""
    for event in events:
        message = message_known_by(event.payload["key"])
        kind = event.payload["kind"]
        if message and kind in RETURNED:
            report = DeliveryReport.objects.filter(pk=event.subject).first()
            note_returned(
                message=message,
                words=report.words if report else "",
                is_nobody_there=kind == Kind.BOUNCED,
                at=event.at,
            )
        elif message and kind in ARRIVED:
            note_arrived(message=message, at=event.at)
        elif message and kind == Kind.COMPLAINED:
            stop_writing_to(message, reason=Suppression.Reason.COMPLAINED, at=event.at)

from collections.abc import Iterable, Sequence
from datetime import datetime

from customers.models import Suppression
from events.models import Event
from followups.alerts.chats import OPENED, tell_chats
from followups.alerts.owners import alert_of_another, alert_owners
from followups.conversations.hearing import KEY, hear_customer, message_known_by
from followups.conversations.lost_messages import note_arrived, note_returned, stop_writing_to
from followups.conversations.texting import hear_text
from followups.models import FollowUp, FollowUpRule, Signal
from followups.opening import open_follow_ups
from followups.rules.matching import facts_of, facts_of_interactions, first_fitting, rules_in_order
from followups.rules.occasions import Occasion, is_recent
from followups.working.asking import ask_if_solved, hear_if_solved
from followups.working.goodwill import settle_goodwill
from journeys.models import Interaction
from mail.incoming.taking import attached_to, letter_of, mark_read
from mail.models import DeliveryReport, ReceivedLetter
from mail.reading import Kind
from surveys.models import SurveyResponse

SIGNALS = (Signal.REVIEW, Signal.MESSAGE, Signal.CALL_REQUEST)  # kinds of interactions that rules may ask for
RETURNED = (Kind.BOUNCED, Kind.UNDELIVERED, Kind.REJECTED)
ARRIVED = (Kind.SENT, Kind.DELIVERED)


def open_if_unhappy(events: Sequence[Event]) -> None:
    """Open a follow-up for each recent answer that a rule fits, or note why nobody is called."""
    rules = rules_for(Signal.ANSWER)
    told = {event.subject: event for event in events}
    scored = SurveyResponse.objects.counted().filter(pk__in=told, score__isnull=False).order_by("pk")
    responses = [each for each in scored if is_recent(each.submitted_at, told[each.pk])] if rules else []
    facts = facts_of(responses, rules, at=latest(events)) if responses else {}
    open_follow_ups(
        [
            Occasion(rule=rule, survey_response=each, at=told[each.pk].at)
            for each in responses
            if (rule := first_fitting(rules, facts[each.pk]))
        ]
    )


def open_because_of(events: Sequence[Event]) -> None:
    """Open a follow-up for each recent review, message or request to be called that a rule fits."""
    told = {event.subject: event for event in events if event.payload.get("kind") in SIGNALS}
    rules = rules_for(*SIGNALS) if told else []
    found = Interaction.objects.select_related("customer").filter(pk__in=told).order_by("pk")
    interactions = [each for each in found if is_recent(each.at, told[each.pk])] if rules else []
    facts = facts_of_interactions(interactions, rules, at=latest(told.values())) if interactions else {}
    open_follow_ups(
        [
            Occasion(rule=rule, interaction=each, at=told[each.pk].at)
            for each in interactions
            if (rule := first_fitting(rules, facts[each.pk]))
        ]
    )


def latest(events: Iterable[Event]) -> datetime:
    return max(event.at for event in events)


def rules_for(*signals: Signal) -> list[FollowUpRule]:
    return [rule for rule in rules_in_order() if rule.signal in signals]


def alert_owner(events: Sequence[Event]) -> None:
    """Tell each new follow-up's owner, in the app and by e-mail, and the chat of its team."""
    told_at = {event.subject: event.at for event in events}
    new = FollowUp.objects.filter(pk__in=told_at)
    alert_owners(follow_ups=new, told_at=told_at, event="opened")
    tell_chats(follow_ups=new, words=OPENED, at=max(told_at.values()))


def alert_of_joined(events: Sequence[Event]) -> None:
    """Tell the owner that something else came in about their customer."""
    for event in events:
        follow_up = FollowUp.objects.filter(pk=event.subject)
        alert_of_another(follow_up=follow_up, joined=event.payload, at=event.at)


def ask_whether_solved(events: Sequence[Event]) -> None:
    """Ask those whose follow-up was resolved, once for each resolution."""
    ask_if_solved(follow_ups=[event.subject for event in events], at=latest(events))


def hear_whether_solved(events: Sequence[Event]) -> None:
    """A “no” opens the follow-up again."""
    hear_if_solved(responses=[event.subject for event in events], at=latest(events))


def note_goodwill(events: Sequence[Event]) -> None:
    settle_goodwill({event.subject: event.payload["posted"] for event in events})


def hear_customers(events: Sequence[Event]) -> None:
    """Put what customers answered by mail into its conversation; letters for other rooms are left to them. Of an answer
    to what was erased nothing is kept."""
    for event in events:
        letter = ReceivedLetter.objects.filter(pk=event.subject, read_at=None).first()
        if letter and KEY.match(letter.key):
            hear_customer(letter=letter_of(letter), attached=attached_to(letter), at=letter.received_at)
            mark_read(pk=letter.pk, at=event.at)


def hear_texts(events: Sequence[Event]) -> None:
    """Put what people wrote by SMS into its conversation, or onto the timeline of who they are; of strangers nothing is
    kept."""
    for event in events:
        letter = ReceivedLetter.objects.filter(pk=event.subject, read_at=None).first()
        if letter:
            answered = hear_text(letter=letter, at=letter.received_at)
            mark_read(pk=letter.pk, at=event.at, key=answered.key if answered else "")


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

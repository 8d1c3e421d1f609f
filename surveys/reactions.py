"""What this room does when something happens elsewhere."""

from collections.abc import Sequence
from datetime import datetime

from customers.models import Channel
from events.lookups import Among
from events.models import Event
from mail.incoming.taking import letter_of, mark_read
from mail.models import ReceivedLetter
from surveys.answering.closing import campaign_takes_answers
from surveys.answering.responses import responses_in
from surveys.campaigns.outage_alerts import Outage, alert_about_end, alert_about_outage
from surveys.campaigns.second_looks import hold, tell_of_refused_sender, unreadable
from surveys.comments.topics import tag_new_comments
from surveys.models import Campaign, Invitation
from surveys.planning.triggers import invite_because_of, what_triggers
from surveys.sending.deliveries import KEY, Delivery, note_deliveries
from surveys.sending.hearing import hear_recipient


def note_what_arrived(events: Sequence[Event]) -> None:
    """What providers tell of invitations goes into the send ledger."""
    note_deliveries(
        Delivery(
            channel=event.payload["channel"],
            key=event.payload["key"],
            kind=event.payload["kind"],
            at=event.at,
            is_machine=event.payload["is_machine"],
            words=event.payload.get("words", ""),
        )
        for event in events
    )


def hear_recipients(events: Sequence[Event]) -> None:
    """What people answered to the mails of campaigns goes on their timelines; letters for other rooms are left to them."""
    for event in events:
        letter = ReceivedLetter.objects.filter(pk=event.subject, read_at=None).first()
        if letter and KEY.match(letter.key):
            hear_recipient(letter=letter_of(letter), at=letter.received_at)
            mark_read(pk=letter.pk, at=event.at)


def tell_of_outage(events: Sequence[Event]) -> None:
    for event in events:
        alert_about_outage(outage=outage_in(event), at=event.at)


def tell_that_it_goes_on(events: Sequence[Event]) -> None:
    for event in events:
        alert_about_end(outage=outage_in(event), at=event.at)


def tell_that_sender_is_refused(events: Sequence[Event]) -> None:
    campaigns = Campaign.objects.select_related("sender").in_bulk([event.subject for event in events])
    for event in events:
        if (campaign := campaigns.get(event.subject)) and campaign.sender:
            tell_of_refused_sender(campaign, said=event.payload["words"], at=event.at)


def outage_in(event: Event) -> Outage:
    return Outage(
        pk=event.subject,
        channel=Channel(event.payload["channel"]),
        since=datetime.fromisoformat(event.payload["since"]),
        words=event.payload["words"],
    )


def ask_because_of(events: Sequence[Event]) -> None:
    """Ask whoever did what a campaign waits for; each interaction is one occasion, however often it is announced."""
    at = max(event.at for event in events)
    campaigns = Campaign.objects.filter(
        campaign_takes_answers(at=at),
        kind=Campaign.Kind.TRIGGERED,
        state=Campaign.State.SENDING,
        trigger__in={event.payload.get("kind") for event in events},
    )
    for campaign in campaigns.select_related("survey", "segment"):
        if unreadable(campaign, at=at):
            hold(campaign, at=at)  # and asks about this too, once it goes on
            continue
        interactions = what_triggers(campaign).filter(Among("pk", [event.subject for event in events]))
        invite_because_of(interactions.select_related("touchpoint"), campaign=campaign, at=at)


def ask_after_rest(events: Sequence[Event]) -> None:
    """What waited only for the rest somebody asked for is looked at again when they end it early."""
    at = max(event.at for event in events)
    waiting = Invitation.objects.filter(
        Among("customer", [event.subject for event in events]),
        state=Invitation.State.DEFERRED,
        reason=Invitation.Reason.SNOOZED,
        due_at__gt=at,
    )
    waiting.update(due_at=at)


def find_topics(events: Sequence[Event]) -> None:
    """What was written is about something, whether it was answered here or imported."""
    tag_new_comments(responses=[pk for event in events for pk in responses_in(event)])

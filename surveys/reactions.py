"""What this room does when something happens elsewhere."""

from collections.abc import Sequence
from datetime import datetime

from customers.models import Channel
from events.lookups import Among
from events.models import Event
from journeys.models import Interaction
from surveys.closing import survey_takes_answers
from surveys.deliveries import Delivery, note_deliveries
from surveys.models import Campaign, Invitation
from surveys.occasions import Occasion, invite
from surveys.outage_alerts import Outage, alert_about_end, alert_about_outage
from surveys.responses import responses_in
from surveys.topics import tag_new_comments

LONGEST_TOLD = 200


def note_what_arrived(events: Sequence[Event]) -> None:
    """What providers tell of invitations goes into the send ledger."""
    note_deliveries(
        Delivery(
            channel=event.payload["channel"],
            key=event.payload["key"],
            kind=event.payload["kind"],
            at=event.at,
            is_machine=event.payload["is_machine"],
        )
        for event in events
    )


def tell_of_outage(events: Sequence[Event]) -> None:
    for event in events:
        alert_about_outage(outage=outage_in(event), at=event.at)


def tell_that_it_goes_on(events: Sequence[Event]) -> None:
    for event in events:
        alert_about_end(outage=outage_in(event), at=event.at)


def outage_in(event: Event) -> Outage:
    return Outage(
        pk=event.subject,
        channel=Channel(event.payload["channel"]),
        since=datetime.fromisoformat(event.payload["since"]),
        words=event.payload["words"],
    )


def ask_because_of(events: Sequence[Event]) -> None:
    """Ask whoever did what a campaign waits for; each interaction is one occasion, however often it is announced."""
    campaigns = Campaign.objects.filter(
        survey_takes_answers(at=max(event.at for event in events)),
        kind=Campaign.Kind.TRIGGERED,
        state=Campaign.State.SENDING,
        trigger__in={event.payload.get("kind") for event in events},
    )
    for campaign in campaigns.select_related("survey", "segment"):
        told = [event for event in events if is_meant(campaign, event)]
        interactions = Interaction.objects.select_related("touchpoint").in_bulk(
            [event.subject for event in told]
        )
        occasions = [
            Occasion(
                customer=interaction.customer_id,
                key=f"interaction:{interaction.pk}",
                at=interaction.at,
                context=told_in_surveys(interaction),
            )
            for interaction in interactions.values()
            if campaign.starts_at is None or interaction.at >= campaign.starts_at
        ]
        if occasions:
            invite(campaign=campaign, occasions=occasions, at=max(event.at for event in told))


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


def is_meant(campaign: Campaign, event: Event) -> bool:
    place = campaign.trigger_touchpoint_id
    return event.payload.get("kind") == campaign.trigger and place in {None, event.payload.get("touchpoint")}


def told_in_surveys(interaction: Interaction) -> dict[str, str]:
    """Where it happened, and its words and numbers, which the survey's conditions and texts may use."""
    told = {
        str(name)[:40]: str(value)[:LONGEST_TOLD]
        for name, value in interaction.detail.items()
        if isinstance(value, str | int | float) and not isinstance(value, bool)
    }
    return told | ({"touchpoint": interaction.touchpoint.slug} if interaction.touchpoint else {})

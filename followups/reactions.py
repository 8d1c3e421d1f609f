from collections.abc import Sequence

from events.models import Event
from followups.alerts import alert_of_another_answer, alert_owners
from followups.chat_alerts import OPENED, tell_chats
from followups.matching import facts_of, first_fitting, rules_in_order
from followups.models import FollowUp
from followups.opening import Occasion, open_follow_ups
from surveys.models import SurveyResponse


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
    """Tell each new follow-up's owner, in the app and by e-mail, and the chat of its team."""
    told_at = {event.subject: event.at for event in events}
    new = FollowUp.objects.filter(pk__in=told_at)
    alert_owners(follow_ups=new, told_at=told_at, event="opened")
    tell_chats(follow_ups=new, words=OPENED, at=max(told_at.values()))


def alert_of_joined(events: Sequence[Event]) -> None:
    """Tell the owner that their customer answered again."""
    for event in events:
        follow_up = FollowUp.objects.filter(pk=event.subject)
        alert_of_another_answer(follow_up=follow_up, response=event.payload["response"], at=event.at)

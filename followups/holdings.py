"""What we did for an unhappy customer: told to them, and cut down to when and what came of it."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from customers.privacy.personal import Holding, Person, Retention
from events.lookups import Among
from followups.conversations.message_files import throw_away
from followups.models import FollowUp, FollowUpStep, FollowUpTask, Goodwill, Message, MessageFile, NotCalled
from mail.models import ReceivedLetter
from staff.models import ChatMessage, Notification, StaffMail

UNTOLD = "…"  # in place of words that must be something


def tell_follow_ups(person: Person) -> Sequence[Mapping[str, object]]:
    of_them = {"follow_up__customer__in": person.numbers}
    about = ("source", "summary", "score", "state", "outcome")
    told = tuple(f"follow_up__{name}" for name in about)
    return [
        *FollowUpStep.objects.filter(**of_them)
        .order_by("at", "pk")
        .values("follow_up", *told, "kind", "text", "at"),
        *FollowUpTask.objects.filter(**of_them).values("follow_up", "kind", "text", "due_date", "done_at"),
        *Goodwill.objects.filter(**of_them).values("follow_up", "points", "voucher", "state", "at"),
        *NotCalled.objects.filter(customer__in=person.numbers).values("reason", "severity", "value", "at"),
    ]


def erase_follow_ups(person: Person, at: datetime) -> dict[str, int]:
    """Notes and messages about them go; who is erased cannot be called any more, so what is open ends."""
    follow_ups = FollowUp.objects.filter(customer__in=person.numbers)
    of_them = {"follow_up__customer__in": person.numbers}
    messages = sum(forget_messages(pk) for pk in follow_ups.values_list("pk", flat=True))
    written = forget_conversations(person)
    follow_ups.open().update(
        state=FollowUp.State.RESOLVED,
        outcome=FollowUp.Outcome.NOT_REACHED,
        resolved_at=at,
        version=F("version") + 1,
    )
    FollowUpTask.objects.open().filter(**of_them).update(done_at=at)
    forget_left_out(NotCalled.objects.filter(customer__in=person.numbers))
    notes = (
        FollowUpStep.objects.filter(**of_them).exclude(text="").update(text="")
        + FollowUpTask.objects.filter(**of_them).exclude(text=UNTOLD).update(text=UNTOLD)
        + Goodwill.objects.filter(**of_them).exclude(voucher="").update(voucher=UNTOLD)
        + follow_ups.exclude(summary="").update(summary="")
    )
    return {
        "follow_up_notes": notes,
        "messages_about_follow_ups": messages,
        "conversations": written,
    }


def forget_left_out(rows: QuerySet[NotCalled]) -> None:
    """That a rule left them out still counts; what they spent goes, and nobody waits for a call any more."""
    rows.update(value=0)
    rows.filter(reason=NotCalled.Reason.WAITING).update(reason=NotCalled.Reason.CAPACITY)


def tell_conversations(person: Person) -> Sequence[Mapping[str, object]]:
    """Every word that was exchanged with them, and what they sent along; the files themselves stay here."""
    messages = Message.objects.filter(follow_up__customer__in=person.numbers).order_by("at", "pk")
    files = MessageFile.objects.filter(message__in=messages).order_by("message__at", "pk")
    return [
        *messages.values(
            "follow_up",
            "direction",
            "channel",
            "address",
            "subject",
            "text",
            "quoted",
            "attachments",
            "at",
            "state",
        ),
        *files.values("message__follow_up", "message__at", "name", "type", "size", "why_not"),
    ]


def forget_conversations(person: Person) -> int:
    """Messages die with the customer; an answer on its way in finds nothing any more."""
    messages = Message.objects.filter(follow_up__customer__in=person.numbers)
    for pk in messages.outgoing().values_list("pk", flat=True):
        letters = ReceivedLetter.objects.filter(key__startswith=f"followup.{pk}.")
        letters.update(content=b"", sender="", key="")
    throw_away(MessageFile.objects.filter(message__in=messages.values("pk")))
    return messages.delete()[0]


def nothing_more(person: Person, at: datetime) -> dict[str, int]:
    """Conversations go with their follow-ups."""
    return {}


def forget_words(pks: Sequence[int], at: datetime) -> int:
    """That something was written, by whom and when, stays; what was said and sent along goes."""
    blank = {"subject": "", "text": "", "quoted": "", "attachments": [], "address": "", "error": ""}
    throw_away(MessageFile.objects.filter(Among("message", pks)))
    return Message.objects.filter(Among("pk", pks)).update(**blank)


def forget_messages(pk: int) -> int:
    """Notifications, mails and chat messages to staff that are, or link to, the follow-up."""
    about, address = Q(source__startswith=f"follow-up:{pk}:"), reverse("admin:followups_follow_up", args=[pk])
    return sum(
        rows.delete()[0]
        for rows in (
            Notification.objects.filter(about),
            StaffMail.objects.filter(about | Q(body__contains=address)),
            ChatMessage.objects.filter(about | Q(text__contains=address)),
        )
    )


def with_old_notes(before: datetime) -> QuerySet[FollowUp]:
    """Those resolved before, of which words are left: in the history, in a promise that was kept, or of who opened it."""
    resolved = FollowUp.objects.filter(state=FollowUp.State.RESOLVED, resolved_at__lt=before)
    steps = FollowUpStep.objects.filter(follow_up=OuterRef("pk")).exclude(text="")
    promises = kept_promises().filter(follow_up=OuterRef("pk"))
    return resolved.filter(~Q(summary="") | Exists(steps.order_by()) | Exists(promises.order_by()))


def kept_promises() -> QuerySet[FollowUpTask]:
    kept = FollowUpTask.objects.filter(kind=FollowUpTask.Kind.PROMISE, done_at__isnull=False)
    return kept.exclude(text=UNTOLD)


def forget_notes(pks: Sequence[int], at: datetime) -> int:
    of_them = Among("follow_up", pks)
    return (
        FollowUpStep.objects.filter(of_them).exclude(text="").update(text="")
        + kept_promises().filter(of_them).update(text=UNTOLD)
        + FollowUp.objects.filter(Among("pk", pks)).exclude(summary="").update(summary="")
    )


FOLLOW_UPS = Holding(name="follow_ups", title=_("Follow-ups"), tell=tell_follow_ups, erase=erase_follow_ups)
OLD_NOTES = Retention(
    kind="notes",
    title=_("Notes of resolved follow-ups"),
    what_happens=_("the texts go, the steps and the outcome stay"),
    due=with_old_notes,
    forget=forget_notes,
)
CONVERSATIONS = Holding(
    name="conversations", title=_("Conversations"), tell=tell_conversations, erase=nothing_more
)
OLD_CONVERSATIONS = Retention(
    kind="conversations",
    title=_("Conversations of resolved follow-ups"),
    what_happens=_("the words, files and addresses go, who wrote when stays"),
    due=lambda before: Message.objects.filter(
        follow_up__state=FollowUp.State.RESOLVED, follow_up__resolved_at__lt=before
    ).exclude(text="", address=""),
    forget=forget_words,
)

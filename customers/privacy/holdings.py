"""What this room, and the rooms below it, keep about a person."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from email.parser import BytesParser
from email.policy import default
from functools import reduce
from operator import or_
from typing import Any

from django.apps import apps
from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.db.models import Model, Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers.identities import digests_of
from customers.imports.uploads import FileImport, Refusal, forget_file
from customers.models import (
    Consent,
    ConsentProof,
    ConsentRecord,
    Customer,
    Identity,
    IdentityConflict,
    Merge,
    SuggestedDuplicate,
)
from customers.privacy.personal import Holding, Person, rows_naming
from events.models import Event, ReactionRetry
from mail.models import DeliveryReport, KeptMail, ReceivedLetter
from staff.models import AuditEntry, ChatMessage, IdempotencyRecord, Notification, StaffMail, User

State = FileImport.State


class ImportInTheWay(Exception):
    """A file with this person is being imported; when it is done they can be erased."""


def tell_profile(person: Person) -> Sequence[Mapping[str, object]]:
    return [
        {
            "number": row.pk,
            "first_name": row.first_name,
            "last_name": row.last_name,
            "language": row.language,
            "time_zone": row.time_zone,
            "country": row.country,
            "customer_since": row.customer_since,
            "left_date": row.left_date,
            "unit": str(row.unit or ""),
            "preferred_channel": row.preferred_channel,
            "no_surveys_until": row.snoozed_until,
            "attributes": row.attributes,
            "created_at": row.created_at,
        }
        for row in Customer.everybody.filter(pk__in=person.numbers).select_related("unit")
    ]


def erase_profile(person: Person, at: datetime) -> dict[str, int]:
    blank = {
        "first_name": "",
        "last_name": "",
        "language": settings.LANGUAGE_CODE,
        "time_zone": settings.TIME_ZONE,
        "country": settings.COUNTRY,
        "attributes": {},
        "customer_since": None,
        "left_date": None,
        "preferred_channel": "",
        "snoozed_until": None,
        "last_import": None,
    }
    rows = Customer.everybody.filter(pk__in=person.numbers)
    return {"customers": rows.update(**blank, erased_at=at, updated_at=at)}


def tell_identities(person: Person) -> Sequence[Mapping[str, object]]:
    identities = Identity.objects.filter(customer__in=person.numbers).order_by("pk")
    return list(identities.values("kind", "source", "value", "is_primary"))


def erase_identities(person: Person, at: datetime) -> dict[str, int]:
    return {"identities": Identity.objects.filter(customer__in=person.numbers).delete()[0]}


def erase_likenesses(person: Person, at: datetime) -> dict[str, int]:
    """What was noted about them being somebody else: merges, suggestions and conflicts hold names and addresses."""
    numbers = person.numbers
    merges, _merges = Merge.objects.filter(Q(kept__in=numbers) | Q(merged__in=numbers)).delete()
    suggestions = SuggestedDuplicate.objects.filter(Q(first__in=numbers) | Q(second__in=numbers))
    conflicts = IdentityConflict.objects.filter(customers__in=numbers)
    suggestions.delete()
    IdentityConflict.objects.filter(pk__in=conflicts.order_by().values("pk")).delete()
    return {"merges": merges}


def tell_consents(person: Person) -> Sequence[Mapping[str, object]]:
    records = ConsentRecord.objects.filter(customer_number__in=person.numbers).select_related("proof")
    return [
        {
            "purpose": record.purpose,
            "channel": record.channel,
            "state": record.state,
            "at": record.at,
            "how": record.get_source_kind_display(),
            "wording": proof.wording if (proof := getattr(record, "proof", None)) else "",
            "version": proof.version if proof else "",
        }
        for record in records
    ]


def erase_consents(person: Person, at: datetime) -> dict[str, int]:
    """The lines of the ledger hold a number and no person: they stay, the proofs go."""
    Consent.objects.filter(customer__in=person.numbers).delete()
    proofs = ConsentProof.objects.filter(record__customer_number__in=person.numbers)
    return {"proofs_of_consent": proofs.delete()[0]}


def tell_looks(person: Person) -> Sequence[Mapping[str, object]]:
    looks = AuditEntry.objects.filter(subject_kind="customers.customer", subject__in=person.numbers)
    return [
        {"at": look.at, "by": str(look.user or ""), "action": look.get_action_display()}
        for look in looks.select_related("user")
    ]


def tell_mails(person: Person) -> Sequence[Mapping[str, object]]:
    mails = KeptMail.objects.filter(mails_to(person)).order_by("pk")
    return list(mails.values("recipient", "subject", "kept_at"))


def mails_to(person: Person) -> Q:
    condition = Q(pk__in=[])
    for address in person.addresses:
        condition |= Q(recipient__iexact=address)
    return condition


def tell_deliveries(person: Person) -> Sequence[Mapping[str, object]]:
    reports = DeliveryReport.objects.filter(digest__in=digests_in(person)).order_by("at", "pk")
    return [
        {"at": report.at, "channel": report.channel, "what": report.get_kind_display(), "words": report.words}
        for report in reports
    ]


def erase_deliveries(person: Person, at: datetime) -> dict[str, int]:
    """That something was delivered stays counted; to whom is forgotten."""
    reports = DeliveryReport.objects.filter(digest__in=digests_in(person))
    return {"delivery_reports": reports.update(digest="", words="")}


def digests_in(person: Person) -> list[str]:
    return [digest for address in person.addresses for digest in digests_of(address)]


def erase_copies(person: Person, at: datetime) -> dict[str, int]:
    """Whatever quotes the person: kept mails, messages to staff, answers kept for repeats, old events, admin notes."""
    kept, _models = KeptMail.objects.filter(mails_to(person)).delete()
    kept += forget_mails_quoting(person)
    kept += forget_letters_of(person)
    quoted = 0
    for rows in (
        rows_naming(Notification, person.words, "title", "body"),
        rows_naming(StaffMail, person.words, "subject", "body"),
        rows_naming(ChatMessage, person.words, "title", "text"),
    ):
        quoted += rows.delete()[0]
    rows_naming(IdempotencyRecord, person.words, "body").delete()
    rows_naming(Event, person.words, "payload").filter(delivered_at__isnull=False).update(payload={})
    rows_naming(ReactionRetry, person.words, "error").update(error="")
    numbers = [str(number) for number in person.numbers]
    LogEntry.objects.filter(content_type__model="customer", object_id__in=numbers).delete()
    rows_naming(LogEntry, person.words, "object_repr", "change_message").delete()
    return {"kept_mails": kept, "messages_to_staff": quoted}


def forget_mails_quoting(person: Person) -> int:
    """Of the mails to staff on the outbox page, those that name the person, read one by one."""
    to_staff = KeptMail.objects.filter(recipient__in=User.objects.order_by().values("email"))
    words = [word.casefold() for word in person.words]
    quoting = [
        mail.pk for mail in to_staff.iterator(200) if any(word in text_of(mail).casefold() for word in words)
    ]
    return KeptMail.objects.filter(pk__in=quoting).delete()[0]


def forget_letters_of(person: Person) -> int:
    """What they wrote to us and nobody has read into its thread yet; that a mail came stays counted."""
    written = (Q(sender__iexact=address) for address in person.addresses)
    return ReceivedLetter.objects.filter(reduce(or_, written, Q(pk__in=[]))).update(
        sender="", content=b"", key=""
    )


def text_of(mail: KeptMail) -> str:
    body = BytesParser(policy=default).parsebytes(bytes(mail.message)).get_body(("plain", "html"))
    return f"{mail.subject}\n{body.get_content() if body else ''}"


def erase_files(person: Person, at: datetime) -> dict[str, int]:
    """Refused rows of this person, and files not imported to the end that have them. Raises ImportInTheWay."""
    refused = sum(
        rows_naming(model, person.words, "cells", "reason").delete()[0] for model in models_of(Refusal)
    )
    files = files_naming(person)
    if any(each.state in {State.WAITING, State.RUNNING} for each in files):
        raise ImportInTheWay
    for each in files:
        forget_file(each)
        type(each)._default_manager.filter(pk=each.pk).update(
            file="",
            state=State.FAILED,
            failure=_("The file was thrown away: it held a customer who was erased."),
        )
    return {"refused_rows": refused, "import_files": len(files)}


def files_naming(person: Person) -> list[FileImport]:
    """The stored files of any kind that hold one of the person's addresses, or every part of a name in one line."""
    files = (each for model in models_of(FileImport) for each in model._default_manager.exclude(file=""))
    return [each for each in files if holds(each, person)]


def models_of(kind: type[Model]) -> list[type[Any]]:
    """Every room's models of a kind."""
    return [model for model in apps.get_models() if issubclass(model, kind)]


def holds(upload: FileImport, person: Person) -> bool:
    """Read line by line; whatever a file came in as, it is kept in UTF-8."""
    wanted: list[tuple[str, ...]] = [(address.casefold(),) for address in person.addresses]
    wanted += [tuple(name.casefold().split()) for name in person.names]
    try:
        with upload.file.open("rb") as file:
            texts = (line.decode(errors="replace").casefold() for line in file)
            return any(all(part in text for part in parts) for text in texts for parts in wanted)
    except FileNotFoundError:
        return False


def nothing(person: Person) -> Sequence[Mapping[str, object]]:
    return []


def keep(person: Person, at: datetime) -> dict[str, int]:
    """It holds no personal data of the customer."""
    return {}


PROFILE = Holding(name="profile", title=gettext_lazy("Profile"), tell=tell_profile, erase=erase_profile)
IDENTITIES = Holding(
    name="identities", title=gettext_lazy("How to reach them"), tell=tell_identities, erase=erase_identities
)
CONSENTS = Holding(
    name="consents", title=gettext_lazy("What they agreed to"), tell=tell_consents, erase=erase_consents
)
MAILS = Holding(name="mails", title=gettext_lazy("Mails"), tell=tell_mails, erase=erase_copies)
DELIVERIES = Holding(
    name="deliveries",
    title=gettext_lazy("What became of messages"),
    tell=tell_deliveries,
    erase=erase_deliveries,
)
FILES = Holding(name="files", title=gettext_lazy("Import files"), tell=nothing, erase=erase_files)
LIKENESSES = Holding(name="likenesses", title=gettext_lazy("Merges"), tell=nothing, erase=erase_likenesses)
LOOKS = Holding(name="looks", title=gettext_lazy("Who looked at this"), tell=tell_looks, erase=keep)

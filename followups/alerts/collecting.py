"""Who wants a mail about a follow-up now, and for whom it is kept until the one mail of the day."""

from collections.abc import Iterable
from datetime import datetime

from followups.models import DigestEntry
from staff.models import User


def wants_mail_now(user: User, *, is_escalation: bool = False) -> bool:
    return user.mails == User.Mails.AT_ONCE or (is_escalation and user.escalations_at_once)


def collect(pairs: Iterable[tuple[int, User]], *, at: datetime) -> None:
    """Keep follow-ups, by number, for those who want one mail a day; each once until that mail."""
    entries = [
        DigestEntry(follow_up_id=follow_up, user=user, at=at)
        for follow_up, user in pairs
        if user.mails == User.Mails.DAILY
    ]
    if entries:
        DigestEntry.objects.bulk_create(entries, batch_size=500, ignore_conflicts=True)

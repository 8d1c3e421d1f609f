"""Whether the balances are what the ledger says: the sum of each account's entries."""

from datetime import datetime

from django.db.models import F, QuerySet, Sum, Value
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext, ngettext

from loyalty.models import Account
from staff.models import Notification, User
from staff.notifications import post_notifications
from staff.roles import ADMINISTRATORS

NAMED_AT_MOST = 10  # accounts in a notification


def wrong_accounts() -> QuerySet[Account]:
    """Accounts whose balance is not the sum of their entries, with that sum as `posted`; one query."""
    posted = Coalesce(Sum("entries__points"), Value(0))
    return Account.objects.annotate(posted=posted).exclude(balance=F("posted")).order_by("pk")


def check_ledger(*, at: datetime) -> list[Account]:
    """The accounts with a wrong balance; Administrators are told once a day."""
    accounts = list(wrong_accounts())
    if accounts:
        post_notifications(notification_of(user, accounts, at=at) for user in administrators())
    return accounts


def administrators() -> QuerySet[User]:
    return User.objects.filter(is_active=True, groups__name=ADMINISTRATORS)


def notification_of(user: User, accounts: list[Account], *, at: datetime) -> Notification:
    with translation.override(user.language):
        title = ngettext(
            "%(n)s account has a balance that its entries do not explain",
            "%(n)s accounts have a balance that their entries do not explain",
            len(accounts),
        ) % {"n": len(accounts)}
        body = gettext("Accounts: %(numbers)s") % {
            "numbers": ", ".join(str(account.pk) for account in accounts[:NAMED_AT_MOST])
        }
    return Notification(
        user=user,
        source=f"ledger:{at.date().isoformat()}",
        title=title,
        body=body,
        url=reverse("admin:loyalty_account_change", args=[accounts[0].pk]),
        at=at,
    )

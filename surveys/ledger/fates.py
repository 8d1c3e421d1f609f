"""What became of one invitation, in a sentence: sent, deferred until when because of what, excluded why."""

from django.utils.translation import gettext as _

from customers.models import Channel
from events.dates import say_moment
from surveys.models import Invitation

State, Reason = Invitation.State, Invitation.Reason
OF_CHANNEL = {
    Reason.NO_CONSENT,
    Reason.UNSUBSCRIBED,
    Reason.BOUNCED,
    Reason.COMPLAINED,
    Reason.SUPPRESSED,
}  # said of one channel: another may be open


def why(invitation: Invitation) -> str:
    """The reason; of what is deferred with its date and its cap. "" when there is nothing to explain."""
    if invitation.state == State.DEFERRED:
        return _("until %(moment)s because of: %(reason)s") % {
            "moment": say_moment(invitation.due_at),
            "reason": cause(invitation),
        }
    return cause(invitation)


def cause(invitation: Invitation) -> str:
    """“1 message in 30 days”, “unsubscribed (SMS)”, “merged into Ana Kovač”."""
    if invitation.state == State.SENT and invitation.reminders_sent and invitation.error:
        return _("reminder refused")
    if invitation.reason == Reason.CAP and invitation.cap:
        return str(invitation.cap)
    if invitation.reason in {Reason.MERGED, Reason.SAME_PERSON} and invitation.customer.merged_into:
        return _("merged into %(customer)s") % {"customer": invitation.customer.merged_into}
    return reason_in_words(invitation.reason, invitation.channel)


def channel_of_reason(reason: str, channel: str) -> str:
    """The channel where `reason` is said of it alone, else “”."""
    return channel if reason in OF_CHANNEL else ""


def reason_in_words(reason: str, channel: str) -> str:
    """“unsubscribed (SMS)”; without the channel where the reason is not said of it alone."""
    label, theirs = str(Reason(reason).label), channel_of_reason(reason, channel)
    return f"{label} ({Channel(theirs).label})" if theirs else label


def story(invitation: Invitation) -> str:
    """The same for people who read a list: what is planned says when it goes out."""
    if invitation.state == State.PLANNED:
        return _("goes out on %(moment)s") % {"moment": say_moment(invitation.due_at)}
    return why(invitation)

"""What became of one invitation, in a sentence: sent, deferred until when because of what, excluded why."""

from django.utils.translation import gettext as _

from events.dates import say_moment
from surveys.models import Invitation

State, Reason = Invitation.State, Invitation.Reason


def why(invitation: Invitation) -> str:
    """The reason; of what is deferred with its date and its cap. "" when there is nothing to explain."""
    if invitation.state == State.DEFERRED:
        return _("until %(moment)s because of: %(reason)s") % {
            "moment": say_moment(invitation.due_at),
            "reason": cause(invitation),
        }
    return cause(invitation)


def cause(invitation: Invitation) -> str:
    if invitation.state == State.SENT and invitation.reminders_sent and invitation.error:
        return _("reminder refused")
    if invitation.reason == Reason.CAP and invitation.cap:
        return str(invitation.cap)
    return str(invitation.get_reason_display()) if invitation.reason else ""


def story(invitation: Invitation) -> str:
    """The same for people who read a list: what is planned says when it goes out."""
    if invitation.state == State.PLANNED:
        return _("goes out on %(moment)s") % {"moment": say_moment(invitation.due_at)}
    return why(invitation)

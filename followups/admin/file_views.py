"""Files that customers sent along, for the staff who may read the conversation."""

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils import timezone

from followups.admin.follow_up_views import FollowUpView
from followups.models import FollowUp, MessageFile
from staff.access import visible
from staff.audit import audit
from staff.given_files import file_to_keep
from staff.models import AuditEntry
from staff.views import member


def message_file_view(request: HttpRequest, pk: int) -> HttpResponseBase:
    """One file of a conversation, to keep; it is written to the audit trail."""
    if not request.user.has_perm(FollowUpView.permission_required):
        raise PermissionDenied
    seen = visible(MessageFile.objects.kept().select_related("message"), request.user)
    given = get_object_or_404(seen, pk=pk)
    page = file_to_keep(given.file, name=given.name, content_type=given.type)
    audit(
        user=member(request),
        action=AuditEntry.Action.EXPORTED,
        subject=FollowUp(pk=given.message.follow_up_id),
        at=timezone.now(),
        file=given.pk,
    )
    return page

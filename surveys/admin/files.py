"""Files that customers gave with an answer, for the staff who may read it."""

from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404, HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from staff.access import visible
from staff.audit import audit
from staff.models import AuditEntry
from staff.views import member
from surveys.models import Answer, SurveyResponse, Upload

MAY_READ = ("surveys.view_surveyresponse", "surveys.view_answer")
HEADERS = {  # whatever is in it, a browser keeps it as a file and runs nothing
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "Cache-Control": "private, no-store",
}


def file_view(request: HttpRequest, pk: int) -> HttpResponseBase:
    """One file of an answer, to keep; it is written to the audit trail."""
    if not request.user.has_perms(MAY_READ):
        raise PermissionDenied
    given = visible(Upload.objects.filter(survey_response__isnull=False), request.user)
    upload = get_object_or_404(given, pk=pk)
    try:
        file = upload.file.open()
    except FileNotFoundError as error:
        raise Http404 from error
    audit(
        user=member(request),
        action=AuditEntry.Action.EXPORTED,
        subject=SurveyResponse(pk=upload.survey_response_id),
        at=timezone.now(),
        file=upload.pk,
    )
    return FileResponse(
        file, as_attachment=True, filename=upload.name, content_type=upload.type, headers=HEADERS
    )


def link_to_file(answer: Answer) -> SafeString:
    address = reverse("admin:surveys_surveyresponse_file", args=[answer.value["upload"]])
    return format_html('<a class="cx-link" href="{}">{}</a>', address, answer.value["name"])

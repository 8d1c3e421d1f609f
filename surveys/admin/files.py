"""Files that customers gave with an answer, for the staff who may read it."""

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from staff.access import visible
from staff.audit import audit
from staff.given_files import file_to_keep
from staff.models import AuditEntry
from staff.views import member
from surveys.models import Answer, SurveyResponse, Upload

MAY_READ = ("surveys.view_surveyresponse", "surveys.view_answer")


def file_view(request: HttpRequest, pk: int) -> HttpResponseBase:
    """One file of an answer, to keep; it is written to the audit trail."""
    if not request.user.has_perms(MAY_READ):
        raise PermissionDenied
    given = visible(Upload.objects.filter(survey_response__isnull=False), request.user)
    upload = get_object_or_404(given, pk=pk)
    page = file_to_keep(upload.file, name=upload.name, content_type=upload.type)
    audit(
        user=member(request),
        action=AuditEntry.Action.EXPORTED,
        subject=SurveyResponse(pk=upload.survey_response_id),
        at=timezone.now(),
        file=upload.pk,
    )
    return page


def link_to_file(answer: Answer) -> SafeString:
    address = reverse("admin:surveys_surveyresponse_file", args=[answer.value["upload"]])
    return format_html('<a class="cx-link" href="{}">{}</a>', address, answer.value["name"])

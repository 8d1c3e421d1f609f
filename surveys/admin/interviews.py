"""The survey as a customer would see it, in the frame of the page where a member of staff types what they say."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from secrets import token_hex
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone, translation

from customers.models import Customer
from events.boundary import id_from
from staff.models import User
from staff.views import member
from surveys.admin.asking import MAY_TYPE, customer_shown_to
from surveys.answering.forms import answers_in
from surveys.answering.interviewing import NotTheirs, sitting_with, take_interview
from surveys.answering.responses import AlreadyAnswered, AnswersRefused
from surveys.answering.sitting import Sent, Sitting, Turn, seconds_taken
from surveys.models import Survey, SurveyResponse
from surveys.public.pages import REFUSED, with_headers
from surveys.public.survey import (
    LANGUAGE,
    LATEST_MOMENT,
    Place,
    closed,
    form_of,
    language_for,
    show_survey,
    show_thanks,
)
from surveys.questions.questionnaires import NotPublished

KEY = re.compile(r"\A[0-9a-f]{32}\Z")
OWN_SITE = ("'self'",)  # the page that frames the form


@dataclass(frozen=True)
class Interview:
    """One customer, one survey, and what was typed so far."""

    request: HttpRequest
    customer: Customer
    sitting: Sitting
    language: str
    at: datetime

    @property
    def typed(self) -> dict[int, Any]:
        is_sent = self.request.method == "POST"
        return answers_in(self.request.POST, self.sitting.questionnaire.questions) if is_sent else {}

    @property
    def seconds(self) -> int | None:
        begun = id_from(self.request.POST.get("begun"))
        begun_at = datetime.fromtimestamp(begun, tz=UTC) if 0 < begun < LATEST_MOMENT else None
        return seconds_taken(self.sitting, Sent(answers={}, begun_at=begun_at), at=self.at)

    def place(self, **extra: Any) -> Place:
        invitation = self.sitting.invitation
        carried = {
            "csrfmiddlewaretoken": get_token(self.request),
            "key": self.sitting.key or "",
            "invitation": str(invitation.pk) if invitation else "",
        }
        address = reverse(
            "admin:surveys_surveyresponse_interview", args=[self.customer.pk, self.sitting.survey.pk]
        )
        return Place(
            address=address,
            thanks="",
            frames=OWN_SITE,
            extra={"occasion": {name: value for name, value in carried.items() if value}} | extra,
        )

    def answer(self) -> HttpResponse:
        """The form, the form with what is wrong, or the thanks."""
        turn = Turn(0, self.sitting.answers | self.typed)
        form = form_of(self.sitting, turn, language=self.language)
        if closing := self.sitting.closing(self.at):
            return closed(self.sitting, closing, form, self.place(), language=self.language)
        if self.request.method != "POST" or LANGUAGE in self.request.POST:
            return show_survey(form, self.sitting, self.place(), language=self.language)
        try:
            response = self.take(member(self.request))
        except AlreadyAnswered:
            response = self.taken_before()
        except AnswersRefused as refusal:
            form.refuse(refusal)
            return show_survey(form, self.sitting, self.place(), language=self.language, status=REFUSED)
        stored = reverse("admin:surveys_surveyresponse_change", args=[response.pk])
        return show_thanks(self.sitting, response, self.place(stored=stored), language=self.language)

    def take(self, by: User) -> SurveyResponse:
        return take_interview(
            sitting=self.sitting,
            customer=self.customer,
            answers=self.typed,
            language=self.language,
            typed_by=by,
            at=self.at,
            seconds=self.seconds,
        )

    def taken_before(self) -> SurveyResponse:
        """A double click, or the customer was quicker by themselves."""
        if self.sitting.invitation:
            return SurveyResponse.objects.get(invitation=self.sitting.invitation)
        return SurveyResponse.objects.get(key=self.sitting.key)


def interview_view(request: HttpRequest, pk: int, survey: int) -> HttpResponse:
    """The form of one interview; only what its button sends is stored."""
    if not request.user.has_perm(MAY_TYPE):
        raise PermissionDenied
    customer, at = customer_shown_to(request, pk), timezone.now()
    key = request.POST.get("key", "")
    try:
        sitting = sitting_with(
            customer,
            get_object_or_404(Survey.objects.select_related("theme").defer("theme__logo"), pk=survey),
            key=key if KEY.match(key) else token_hex(16),
            invitation=id_from(request.POST.get("invitation")),
            at=at,
        )
    except (NotPublished, NotTheirs) as error:
        raise Http404 from error
    chosen = request.POST.get(LANGUAGE)
    language = language_for(request, sitting.questionnaire, customer.language, chosen=chosen)
    with translation.override(language):
        page = Interview(request, customer, sitting, language, at).answer()
    with_headers(page)
    return page

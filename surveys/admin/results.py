"""The results of one survey, for staff."""

from datetime import datetime, time, timedelta
from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import (
    FileResponse,
    Http404,
    HttpRequest,
    HttpResponseBase,
    QueryDict,
    StreamingHttpResponse,
)
from django.shortcuts import get_object_or_404
from django.utils import timezone, translation
from django.utils.formats import localize
from django.utils.functional import cached_property
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import TemplateView
from unfold.views import UnfoldModelAdminViewMixin

from events.boundary import Unstorable, clean_text, id_from, validate_moment
from staff.access import limit_of, visible
from staff.admin.downloads import WORKBOOK_TYPE, csv_lines, in_language, workbook_of
from staff.audit import audit
from staff.models import AuditEntry, User
from staff.views import member
from surveys.admin.results_shown import ShownResult, ShownSteps
from surveys.metrics import SHOWN_FROM
from surveys.models import Survey, Topic
from surveys.models.responses import AnswerChannel
from surveys.questions.wording import LANGUAGES, Voice, own_name
from surveys.results.choosing import FILTERS, Chosen
from surveys.results.comments import comments_of
from surveys.results.exporting import json_lines, table_of
from surveys.results.funnel import funnel_of
from surveys.results.questions import results_of
from surveys.results.steps import steps_of
from surveys.results.topics import count_topics

MAY_IMPORT = "surveys.add_responseimport"
OF_COMMENTS = ("before", "band", "words")  # what of the address narrows the comments alone
BANDS = {
    "bad": gettext_lazy("Low scores"),
    "middle": gettext_lazy("Middle scores"),
    "good": gettext_lazy("High scores"),
}
MOST_ROWS_OF_A_WORKBOOK = 100_000


class ResultsForm(forms.Form):
    """What is looked at. Whatever it cannot read is left out, and said beside the field."""

    since = forms.DateField(
        label=gettext_lazy("From"),
        required=False,
        validators=[validate_moment],
        widget=forms.DateInput({"type": "date"}),
    )
    until = forms.DateField(
        label=gettext_lazy("To"),
        required=False,
        validators=[validate_moment],
        widget=forms.DateInput({"type": "date"}),
    )
    campaign: Any = forms.ModelChoiceField(None, label=gettext_lazy("Campaign"), required=False)
    link: Any = forms.ModelChoiceField(None, label=gettext_lazy("Way to ask"), required=False)
    channel = forms.ChoiceField(label=gettext_lazy("Channel"), required=False)
    language = forms.ChoiceField(label=gettext_lazy("Language"), required=False)
    version: Any = forms.ModelChoiceField(None, label=gettext_lazy("Version"), required=False)
    source = forms.ChoiceField(label=gettext_lazy("Source"), required=False)
    topic: Any = forms.TypedChoiceField(
        label=gettext_lazy("Topic of comments"), required=False, coerce=int, empty_value=None
    )

    def __init__(self, *args: Any, survey: Survey, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.unit = limit_of(user)
        fields: dict[str, Any] = self.fields
        anything = [("", _("All"))]
        fields["campaign"].queryset = survey.campaigns.all()
        fields["link"].queryset = visible(survey.links.all(), user)
        fields["version"].queryset = survey.versions.all()
        fields["version"].label_from_instance = lambda version: str(version.number)
        for name in ("campaign", "link", "version"):
            fields[name].empty_label = _("All")
        fields["channel"].choices = anything + AnswerChannel.choices
        sources = sources_of(survey, user)
        fields["source"].choices = anything + [(source, source) for source in sources]
        if not sources:
            del fields["source"]
        self.topics = list(Topic.objects.values_list("pk", "name"))
        fields["topic"].choices = anything + self.topics
        if not self.topics:
            del fields["topic"]
        fields["language"].choices = anything + [(code, own_name(code)) for code in LANGUAGES]

    def count_topics(self, chosen: Chosen) -> list[tuple[int, str, int]]:
        """Say beside each topic how many speak of it; returns number, name and count of each."""
        if not self.topics:
            return []
        people = count_topics(chosen)
        counted = [(pk, name, people.get(pk, 0)) for pk, name in self.topics]
        choices = [(pk, f"{name} ({localize(count)})") for pk, name, count in counted]
        self.fields["topic"].choices = [("", _("All")), *choices]  # type: ignore[attr-defined]  # of its class
        return counted

    def chosen(self, survey: Survey) -> Chosen:
        self.is_valid()
        given = self.cleaned_data
        until = given.get("until")
        return Chosen(
            survey=survey,
            since=midnight(given.get("since")),
            until=midnight(until + timedelta(days=1) if until else None),
            equal={name: given[name] for name in FILTERS if given.get(name)},
            unit=self.unit,
        )


def sources_of(survey: Survey, user: User) -> list[str]:
    """The other tools of which answers were imported, as far as `user` sees the imports."""
    imported = visible(survey.response_imports.filter(taken_count__gt=0), user).order_by("source")
    return list(imported.values_list("source", flat=True).distinct())


def midnight(day: Any) -> datetime | None:
    return timezone.make_aware(datetime.combine(day, time.min)) if day else None


def words_in(text: str) -> str:
    """What is looked for; nothing, where no database could hold it."""
    try:
        return clean_text(text).strip()
    except Unstorable:
        return ""


class ResultsView(UnfoldModelAdminViewMixin, TemplateView):
    """Per question, as a funnel, and in customers' own words."""

    title = gettext_lazy("Results")
    permission_required = "surveys.view_surveyresponse"
    template_name = "surveys/results.html"

    @cached_property
    def survey(self) -> Survey:
        return get_object_or_404(Survey, pk=self.kwargs["pk"])

    def form(self) -> ResultsForm:
        return ResultsForm(self.request.GET, survey=self.survey, user=member(self.request))

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if export := request.GET.get("export"):
            return self.export(export)
        return super().get(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        form = self.form()
        chosen = form.chosen(self.survey)
        voice = self.voice
        asked = self.request.GET.copy()
        for name in ("export", *OF_COMMENTS):
            asked.pop(name, None)
        filters, funnel = asked.urlencode(), funnel_of(chosen)
        return super().get_context_data(
            survey=self.survey,
            form=form,
            funnel=funnel,
            steps=ShownSteps(steps_of(chosen, funnel), funnel, voice),
            results=[ShownResult(result, voice) for result in results_of(chosen)],
            comments=self.comments(chosen, asked),
            topics=form.count_topics(chosen),
            filters=filters,
            shown_from=SHOWN_FROM,
            unit=chosen.unit,
            may_import=self.request.user.has_perm(MAY_IMPORT),
            **kwargs,
        )

    @property
    def voice(self) -> Voice:
        return Voice(translation.get_language() or "", self.survey.language)

    def comments(self, chosen: Chosen, filters: QueryDict) -> dict[str, Any]:
        """What was written: a page of it, and how it is narrowed."""
        of_any_topic = filters.copy()
        of_any_topic.pop("topic", None)
        asked = self.request.GET
        band = asked.get("band", "") if asked.get("band") in BANDS else ""
        words = words_in(asked.get("words", ""))
        page = comments_of(chosen, band=band, words=words, before=id_from(asked.get("before")))
        return {
            "page": page,
            "band": band,
            "words": words,
            "bands": [("", _("All")), *BANDS.items()],
            "topic": chosen.equal.get("topic"),
            "filters": filters.items(),
            "of_any_topic": of_any_topic.urlencode(),
            "narrowed": urlencode({"band": band, "words": words}),
        }

    def export(self, form: str) -> HttpResponseBase:
        """The chosen responses in full, as CSV, a workbook or JSON, in a stream."""
        chosen = self.form().chosen(self.survey)
        if form not in {"csv", "xlsx", "json"}:
            raise Http404
        if form == "xlsx" and chosen.responses()[MOST_ROWS_OF_A_WORKBOOK:].exists():
            raise PermissionDenied(_("A workbook takes 100,000 rows here. Choose fewer, or CSV."))
        audit(
            user=member(self.request),
            action=AuditEntry.Action.EXPORTED,
            subject=self.survey,
            at=timezone.now(),
            filters=sorted(self.request.GET),
            form=form,
        )
        name = f"survey-{self.survey.pk}-{timezone.localdate():%Y-%m-%d}.{form}"
        head = {"Content-Disposition": f'attachment; filename="{name}"'}
        if form == "json":
            return StreamingHttpResponse(json_lines(chosen), content_type="application/json", headers=head)
        table = in_language(translation.get_language(), table_of(chosen, self.voice))
        if form == "csv":
            return StreamingHttpResponse(
                csv_lines(table), content_type="text/csv; charset=utf-8", headers=head
            )
        return FileResponse(workbook_of(table), as_attachment=True, filename=name, content_type=WORKBOOK_TYPE)

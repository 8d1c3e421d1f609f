"""The staff page where a survey is translated: here, or in a file that goes to translators and comes back."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.text import slugify
from django.utils.translation import get_language_info, gettext_lazy, ngettext
from django.utils.translation import gettext as _
from django.views.generic import TemplateView
from unfold.views import UnfoldModelAdminViewMixin

from surveys.models import Survey
from surveys.questions.questionnaires import contents_of, draft_of
from surveys.questions.settings import LONGEST
from surveys.questions.wording import own_name
from surveys.translations.applying import Receipt, apply_translations
from surveys.translations.files import LARGEST, Translated, UnreadableFile, read_file
from surveys.translations.po import PO
from surveys.translations.progress import count_missing, rows_of
from surveys.translations.texts import Entry, texts_of
from surveys.translations.xliff import XLIFF

FORMATS = (PO, XLIFF)
FIELD = "text:"  # before the id of a text, in the name of its field
REFUSED = 422


class TranslationsView(UnfoldModelAdminViewMixin, TemplateView):
    """All texts of the draft beside one other language."""

    title = gettext_lazy("Translations")
    permission_required = "surveys.view_survey"
    template_name = "surveys/translations.html"

    @cached_property
    def survey(self) -> Survey:
        survey = Survey.objects.filter(pk=self.kwargs["pk"]).first()
        if survey is None:
            raise Http404
        return survey

    @cached_property
    def contents(self) -> dict[str, Any]:
        return contents_of(draft_of(self.survey))

    @cached_property
    def missing(self) -> dict[str, int]:
        return count_missing(self.contents)

    @property
    def language(self) -> str:
        """The one asked for, else the one that misses most."""
        wanted = self.request.GET.get("language", "")
        return wanted if wanted in self.missing else max(self.missing, key=lambda code: self.missing[code])

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        format_ = next((each for each in FORMATS if each.ending == request.GET.get("file")), None)
        if format_ is None:
            return self.render_to_response(self.get_context_data())
        survey, language = self.survey, self.language
        content = format_.write(
            texts_of(self.contents, language), source=survey.language, target=language, name=survey.name
        )
        name = f"{slugify(survey.name) or 'survey'}-{language}.{format_.ending}"
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return HttpResponse(content, content_type=format_.media_type, headers=headers)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Takes what was typed, or a file; what was refused is shown again beside the reason."""
        if not request.user.has_perm("surveys.change_survey"):
            raise PermissionDenied
        if "upload" in request.POST:
            return self.take_file(request)
        receipt = self.apply(self.typed(), takes_out=True)
        if receipt.refused:
            return self.show(receipt)
        tell(request, receipt)
        return redirect(self.address())

    def take_file(self, request: HttpRequest) -> HttpResponse:
        try:
            translated = self.sent_file()
        except UnreadableFile as error:
            messages.error(request, str(error))
            return redirect(self.address())
        return self.show(self.apply(translated.entries), is_file=True)

    def sent_file(self) -> Translated:
        """Raises UnreadableFile, also for a file in another language than the one on the page."""
        file = self.request.FILES.get("file")
        if file is None:
            raise UnreadableFile(_("Choose a file first."))
        found = read_file(file.read(LARGEST + 1), FORMATS, name=file.name or "")
        if found.language not in {"", self.language}:
            raise UnreadableFile(
                _("This file is in %(theirs)s. Choose that language above, then upload it again.")
                % {"theirs": own_name(found.language)}
            )
        return found

    def typed(self) -> list[Entry]:
        posted = self.request.POST
        return [
            Entry(row.text.id, row.source, posted[FIELD + row.text.id])
            for row in rows_of(self.contents, self.language)
            if not row.is_standard and FIELD + row.text.id in posted
        ]

    def apply(self, entries: list[Entry], *, takes_out: bool = False) -> Receipt:
        return apply_translations(
            survey=self.survey,
            language=self.language,
            entries=entries,
            at=timezone.now(),
            takes_out=takes_out,
        )

    def show(self, receipt: Receipt, *, is_file: bool = False) -> HttpResponse:
        """The page as it is after `receipt`, with what was refused typed into it again."""
        language = self.language
        del self.survey, self.contents, self.missing
        context = self.get_context_data(receipt=receipt, is_file=is_file, language=language)
        return self.render_to_response(context, status=REFUSED if receipt.refused else 200)

    def address(self) -> str:
        page = reverse("admin:surveys_survey_translations", args=[self.survey.pk])
        return f"{page}?language={self.language}"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        language = kwargs.pop("language", None) or self.language
        refused = {each.id: each for each in kwargs["receipt"].refused} if "receipt" in kwargs else {}
        rows = [
            {"row": row, "field": FIELD + row.text.id, "refused": refused.get(row.text.id)}
            for row in rows_of(self.contents, language)
        ]
        context: dict[str, Any] = super().get_context_data(
            survey=self.survey,
            rows=rows,
            language=described(language),
            main=described(self.survey.language),
            languages=[described(code) | {"missing": count} for code, count in self.missing.items()],
            formats=[("po", "PO"), ("xlf", "XLIFF")],
            longest=LONGEST,
            may_change=self.request.user.has_perm("surveys.change_survey"),
            **kwargs,
        )
        return context


def described(code: str) -> dict[str, Any]:
    direction = "rtl" if get_language_info(code)["bidi"] else "ltr"
    return {"code": code, "name": own_name(code), "direction": direction}


def tell(request: HttpRequest, receipt: Receipt) -> None:
    count = len(receipt.taken)
    if not count:
        messages.info(request, _("Nothing was changed."))
        return
    words = ngettext(
        "%(count)d text saved in the draft. Customers see it once the survey is published.",
        "%(count)d texts saved in the draft. Customers see them once the survey is published.",
        count,
    )
    messages.success(request, words % {"count": count})

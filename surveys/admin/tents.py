"""Table tents to print: a sheet for each code, folded so that both sides of the table can read it."""

from dataclasses import dataclass
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest
from django.utils import translation
from django.utils.functional import cached_property
from django.utils.translation import get_language_bidi
from django.utils.translation import gettext as _
from django.views.generic import TemplateView

from events.boundary import id_from
from staff.access import visible
from surveys.models import SurveyLink, Theme
from surveys.questions.questionnaires import asked_by
from surveys.questions.wording import languages_of, own_name, survey_text, voice_of
from surveys.themes.theming import light_properties, logo_address
from surveys.ways.links import address_of

MOST_AT_ONCE = 100


@dataclass(frozen=True, kw_only=True)
class Side:
    """What one side of a tent says, in one language."""

    language: str
    direction: str
    title: str
    asks: str


@dataclass(frozen=True, kw_only=True)
class Tent:
    link: SurveyLink
    address: str
    logo: str
    accent: str
    sides: list[Side]


class TentsView(TemplateView):
    """The sheets of the links that the address names, each side in the language chosen for it."""

    template_name = "surveys/tents.html"

    @cached_property
    def links(self) -> list[SurveyLink]:
        """In the order in which they are named. Raises Http404 when there is none."""
        if not self.request.user.has_perm("surveys.view_surveylink"):
            raise PermissionDenied
        wanted = [id_from(pk) for pk in self.request.GET.getlist("link")][:MOST_AT_ONCE]
        links = printable(visible(SurveyLink.objects.all(), self.request.user)).in_bulk(wanted)
        if not links:
            raise Http404
        return [links[pk] for pk in dict.fromkeys(wanted) if pk in links]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        spoken = languages_of(asked_by(self.links[0].survey))
        main = self.links[0].survey.language
        front, back = (chosen(self.request, name, spoken, main) for name in ("front", "back"))
        return super().get_context_data(
            tents=[tent_of(link, (front, back)) for link in self.links],
            languages=[(code, own_name(code)) for code in spoken],
            front=front,
            back=back,
            **kwargs,
        )


def printable(links: QuerySet[SurveyLink]) -> QuerySet[SurveyLink]:
    """Those with a code, to a survey that was published."""
    wanted = links.filter(kind__in=[SurveyLink.Kind.OPEN, SurveyLink.Kind.QR]).exclude(survey__version=None)
    return wanted.select_related("survey__theme", "unit").defer("survey__theme__logo")


def chosen(request: HttpRequest, name: str, spoken: list[str], main: str) -> str:
    wanted = request.GET.get(name, main)
    return wanted if wanted in spoken else main


def tent_of(link: SurveyLink, languages: tuple[str, str]) -> Tent:
    theme = link.survey.theme or Theme()
    return Tent(
        link=link,
        address=address_of(link).partition("://")[2].rstrip("/"),
        logo=logo_address(theme),
        accent=light_properties(theme.accent, theme.ground)["accent"],
        sides=[side_of(link, language) for language in languages],
    )


def side_of(link: SurveyLink, language: str) -> Side:
    questionnaire = asked_by(link.survey)
    with translation.override(language):
        return Side(
            language=language,
            direction="rtl" if get_language_bidi() else "ltr",
            title=survey_text(questionnaire.survey, "title", voice_of(questionnaire, language)),
            asks=_("Point your telephone's camera here and tell us."),
        )

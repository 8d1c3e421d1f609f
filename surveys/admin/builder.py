"""The survey builder: questions as cards, each edited in place, beside the page customers will see.

Every change is one action; the answer to it brings the heads of all cards up to date, never the fields somebody is
typing in. Templates: surveys/builder*.html, script: cx/builder.js.
"""

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import wraps
from typing import Any

from django.core.exceptions import PermissionDenied
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.functional import Promise, cached_property
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe
from django.views.generic import TemplateView
from unfold.admin import ModelAdmin
from unfold.views import UnfoldModelAdminViewMixin

from customers.admin.rules import known_attributes
from events.boundary import id_from
from journeys.models import Touchpoint
from staff.views import member
from surveys.admin.builder_forms import PARTS, QuestionForm, TextsForm
from surveys.cautions import cautions_about
from surveys.condition_words import ConditionWords, band_words, op_words, subjects_offered
from surveys.drafting import (
    KindIsFixed,
    add_question,
    change_question,
    change_texts,
    duplicate_question,
    option_keys,
    place_question,
    remove_question,
    was_published,
)
from surveys.kinds import GROUPS, GUIDES, KindGuide, first_settings
from surveys.models import Question, Survey
from surveys.publishing import NotPublishable, flaws_of, has_unpublished_changes, publish_survey
from surveys.question_settings import SettingsRefused, is_asked
from surveys.questionnaires import Questionnaire, draft_of
from surveys.wording import Voice, languages_of, own_name, question_text, voice_of

MAY_VIEW, MAY_CHANGE = "surveys.view_survey", "surveys.change_survey"
REFUSED = 422
NUMBERED_KEY = re.compile(r"\w+-(\d{1,6})")
Door = Callable[..., HttpResponse]


@dataclass
class Card:
    """One question as the list shows it."""

    question: Question
    number: int
    text: str
    guide: KindGuide
    is_asked: bool
    page: int  # the number of its page
    starts_page: bool  # whether a page begins with it, where there are several
    show_if: str = ""
    ends_if: str = ""
    flaws: list[str | Promise] = field(default_factory=list)


@dataclass
class Desk:
    """A survey's draft with all that the builder's page says of it."""

    survey: Survey

    @cached_property
    def draft(self) -> Questionnaire:
        return draft_of(self.survey)

    @cached_property
    def voice(self) -> Voice:
        return voice_of(self.draft, self.survey.language)

    @cached_property
    def words(self) -> ConditionWords:
        return ConditionWords(self.draft.questions, self.voice)

    @cached_property
    def flaws(self) -> list[Any]:
        return list(flaws_of(self.draft))

    @property
    def cards(self) -> list[Card]:
        pages = self.draft.pages
        page_of = {question.pk: number for number, page in enumerate(pages, start=1) for question in page}
        starts = {page[0].pk for page in pages if page and len(pages) > 1}
        return [
            Card(
                question,
                number,
                text=question_text(question, self.voice),
                guide=GUIDES[question.kind],
                is_asked=is_asked(question),
                page=page_of[question.pk],
                starts_page=question.pk in starts,
                show_if=self.words.say(question.show_if),
                ends_if=self.words.say(question.ends_if),
                flaws=[flaw.sentence for flaw in self.flaws if flaw.question is question],
            )
            for number, question in enumerate(self.draft.questions, start=1)
        ]

    @property
    def news(self) -> dict[str, Any]:
        """What the page's script must know after a change."""
        return {
            "order": [question.pk for question in self.draft.questions],
            "pages": len(self.draft.pages),
            "languages": [(code, own_name(code)) for code in languages_of(self.draft)],
        }

    @property
    def context(self) -> dict[str, Any]:
        numbers = {question.pk: number for number, question in enumerate(self.draft.questions, start=1)}
        return {
            "survey": self.survey,
            "cards": self.cards,
            "to_publish": has_unpublished_changes(self.survey, self.draft),
            "flaws": [
                {"sentence": flaw.sentence, "pk": flaw.question.pk, "number": numbers[flaw.question.pk]}
                if flaw.question
                else {"sentence": flaw.sentence}
                for flaw in self.flaws
            ],
            "cautions": list(cautions_about(self.survey, at=timezone.now())),
        }

    @property
    def ways(self) -> dict[str, Sequence[tuple[str, str]]]:
        """By which ways customers may come to this survey, besides channels."""
        names = self.survey.campaigns.order_by("name").values_list("name", flat=True)
        return {
            "campaign": [(name, name) for name in names],
            "touchpoint": list(Touchpoint.objects.values_list("slug", "name")),
        }

    def question(self, pk: int) -> Question:
        """One of the draft; raises Http404."""
        question = next((each for each in self.draft.questions if each.pk == pk), None)
        if question is None:
            raise Http404
        return question

    def editor(self, question: Question, form: QuestionForm) -> dict[str, Any]:
        questions = self.draft.questions
        before = questions[: questions.index(question)]
        offered = subjects_offered([*before, question], self.voice, known_attributes(), self.ways)
        own = [each for each in offered if each["about"] == "question" and each["name"] == question.key]
        numbers = (NUMBERED_KEY.fullmatch(key) for key in option_keys(question))
        return {
            "survey": self.survey,
            "question": question,
            "guide": GUIDES[form.kind_chosen],
            "form": form,
            "offer": {"subjects": [each for each in offered if each not in own], "own": own},
            "show_if": self.words.say(question.show_if),
            "ends_if": self.words.say(question.ends_if),
            "next_option": 1 + max((int(number[1]) for number in numbers if number), default=0),
            "direction": direction_of(self.survey),
        }


def direction_of(survey: Survey) -> str:
    return "rtl" if survey.language == "fa" else "ltr"


def desk_of(pk: int) -> Desk:
    survey = Survey.objects.select_related("version", "theme", "origin").filter(pk=pk).first()
    if survey is None:
        raise Http404
    return Desk(survey)


class BuilderView(UnfoldModelAdminViewMixin, TemplateView):
    permission_required = MAY_VIEW
    template_name = "surveys/builder.html"

    @property
    def title(self) -> str:
        return self.desk.survey.name

    @cached_property
    def desk(self) -> Desk:
        return desk_of(self.kwargs["pk"])

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        desk = self.desk
        context: dict[str, Any] = super().get_context_data(
            **desk.context,
            news=desk.news,
            before=PARTS["before"](desk.survey),
            after=PARTS["after"](desk.survey),
            direction=direction_of(desk.survey),
            groups=[(name, [(kind, kind.label, GUIDES[kind]) for kind in kinds]) for name, kinds in GROUPS],
            words=script_words(),
            may_change=self.request.user.has_perm(MAY_CHANGE),
            **kwargs,
        )
        return context


def script_words() -> dict[str, Any]:
    """What the page's script says."""
    return {
        "ops": op_words(),
        "bands": band_words(),
        "all": _("All of these hold"),
        "any": _("Any of these holds"),
        "always": _("Always"),
        "never": _("Never"),
        "subject": _("What is looked at"),
        "comparison": _("How it is compared"),
        "value": _("Compared with"),
        "match": _("How many must hold"),
        "add": _("Add a condition"),
        "remove": _("Remove the condition"),
        "nested": _("Conditions stand within one another here; this page shows them as they are."),
        "clear": _("Remove it and start anew"),
        "page": _("Page %(number)s"),
        "saving": _("Saving…"),
        "saved": _("Saved"),
        "notSaved": _("Not saved. What you typed is still here: correct it or try again."),
        "removeQuestion": _("Remove this question?"),
    }


def changes(door: Door) -> Door:
    """A door that changes the draft: by POST, and only for those who may."""

    @require_POST
    @wraps(door)
    def guarded(request: HttpRequest, pk: int, **names: Any) -> HttpResponse:
        if not member(request).has_perm(MAY_CHANGE):
            raise PermissionDenied
        return door(request, desk_of(pk), **names)

    return guarded


def changed(
    request: HttpRequest, desk: Desk, *, said: str | Promise, status: int = 200, **shown: Any
) -> HttpResponse:
    """What the page brings up to date after a change. `form` and `place` name the editor that sent it."""
    now = desk_of(desk.survey.pk)
    reply = render(
        request,
        "surveys/builder_changed.html",
        {**now.context, "may_change": True, "said": said, "is_refused": status == REFUSED, **shown},
        status=status,
    )
    reply["HX-Trigger-After-Settle"] = json.dumps({"builder": {**now.news, "saved": status != REFUSED}})
    return reply


def refused(request: HttpRequest, desk: Desk, form: Form, place: str) -> HttpResponse:
    return changed(
        request,
        desk,
        said=_("Not saved. What you typed is still here: correct it or try again."),
        status=REFUSED,
        form=form,
        place=place,
    )


@require_safe
def show_editor(request: HttpRequest, pk: int, question: int) -> HttpResponse:
    """The fields of one question."""
    user = member(request)
    if not user.has_perm(MAY_VIEW):
        raise PermissionDenied
    desk = desk_of(pk)
    chosen = desk.question(question)
    form = QuestionForm(chosen, kind_is_fixed=was_published(chosen))
    shown = desk.editor(chosen, form) | {"may_change": user.has_perm(MAY_CHANGE)}
    return render(request, "surveys/builder_editor.html", shown)


@changes
def add(request: HttpRequest, desk: Desk) -> HttpResponse:
    """A new question behind the one named `after`, or at the end."""
    kind = request.POST.get("kind", "")
    if kind not in Question.Kind.values:
        raise Http404
    after = request.POST.get("after", "")
    behind = next((each for each in desk.draft.questions if str(each.pk) == after), None)
    question = add_question(survey=desk.survey, kind=kind, after=behind, settings=first_settings(kind))
    return changed(request, desk, said=_("Question added"), new=question.pk)


@changes
def change(request: HttpRequest, desk: Desk, question: int) -> HttpResponse:
    chosen = desk.question(question)
    kind = chosen.kind
    form, place = QuestionForm(chosen, request.POST, kind_is_fixed=was_published(chosen)), f"q{chosen.pk}"
    if not form.is_valid():
        return refused(request, desk, form, place)
    try:
        change_question(question=chosen, **form.contents())
    except SettingsRefused as refusal:
        form.add_error(None, str(refusal.sentence))
        return refused(request, desk, form, place)
    except KindIsFixed:
        form.add_error("kind", _("Customers were asked this question: its kind stays."))
        return refused(request, desk, form, place)
    shown: dict[str, Any] = {"form": form, "place": place}
    if kind != chosen.kind:  # other fields: the editor is shown anew
        now = desk_of(desk.survey.pk)
        shown["editor"] = now.editor(now.question(chosen.pk), QuestionForm(chosen))
    return changed(request, desk, said=_("Saved"), **shown)


@changes
def move(request: HttpRequest, desk: Desk, question: int) -> HttpResponse:
    """To a place counted from 0 (`position`), or one up or down (`by`)."""
    chosen = desk.question(question)
    here, by, wanted = (
        desk.draft.questions.index(chosen),
        request.POST.get("by"),
        request.POST.get("position", ""),
    )
    position = id_from(wanted) if wanted.isdecimal() else here + {"up": -1, "down": 1}.get(by or "", 0)
    position = min(max(position, 0), len(desk.draft.questions) - 1)
    place_question(question=chosen, position=position)
    return changed(
        request,
        desk,
        said=_("Question moved to place %(place)d of %(all)d")
        % {"place": position + 1, "all": len(desk.draft.questions)},
    )


@changes
def duplicate(request: HttpRequest, desk: Desk, question: int) -> HttpResponse:
    copy = duplicate_question(question=desk.question(question))
    return changed(request, desk, said=_("Question duplicated"), new=copy.pk)


@changes
def remove(request: HttpRequest, desk: Desk, question: int) -> HttpResponse:
    remove_question(question=desk.question(question), at=timezone.now())
    return changed(request, desk, said=_("Question removed"))


@changes
def write(request: HttpRequest, desk: Desk, part: str) -> HttpResponse:
    """The survey's own texts, before the questions or after them."""
    if part not in PARTS:
        raise Http404
    form: TextsForm = PARTS[part](desk.survey, request.POST)
    if not form.is_valid():
        return refused(request, desk, form, part)
    change_texts(survey=desk.survey, **form.texts())
    return changed(request, desk, said=_("Saved"), form=form, place=part)


@changes
def publish(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Make the draft what customers see, or say at which questions it cannot be."""
    try:
        version = publish_survey(survey=desk.survey, by=member(request), at=timezone.now())
    except NotPublishable:
        return changed(
            request,
            desk,
            said=_("It cannot be published yet. Above the questions stands what is missing."),
            status=REFUSED,
        )
    said = _("Version %(number)d is what customers see now.") % {"number": version.number}
    return changed(request, desk, said=said)


def builder_urls(admin: ModelAdmin) -> list[URLPattern]:
    """Below surveys/survey/."""
    one = "<int:pk>/build/questions/<int:question>/"
    doors: dict[str, tuple[str, Door]] = {
        "build": ("<int:pk>/build/", BuilderView.as_view(model_admin=admin)),
        "build_publish": ("<int:pk>/build/publish/", publish),
        "build_add": ("<int:pk>/build/questions/", add),
        "build_editor": (one, show_editor),
        "build_change": (f"{one}change/", change),
        "build_move": (f"{one}move/", move),
        "build_duplicate": (f"{one}duplicate/", duplicate),
        "build_remove": (f"{one}remove/", remove),
        "build_write": ("<int:pk>/build/texts/<slug:part>/", write),
    }
    return [
        path(route, admin.admin_site.admin_view(view), name=f"surveys_survey_{name}")
        for name, (route, view) in doors.items()
    ]

"""What the builder's editors send: one language, the survey's main one; the others stay as they are."""

import json
from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import validate_slug
from django.utils.translation import gettext_lazy as _

from events.boundary import Unstorable, clean_json, validate_text
from surveys.models import Question, Survey
from surveys.questions.conditions import BANDS, ConditionRefused, check_condition
from surveys.questions.kinds import first_settings
from surveys.questions.settings import (
    CHECKS,
    LONGEST,
    MOST_MEGABYTES,
    MOST_OPTIONS,
    STYLES,
    Settings,
)
from surveys.questions.wording import HIGHEST, LOWEST, QUESTIONS, SURVEY, Texts

Kind = Question.Kind
LONGEST_KEY = 30
STYLE_WORDS = {"stars": _("Stars"), "faces": _("Faces"), "numbers": _("Numbers")}
BAND_LABELS = {
    "bad": _("Wording after a low score"),
    "middle": _("Wording after a score in the middle"),
    "good": _("Wording after a high score"),
}


class SentLists(Protocol):
    """What a browser sent: Django's QueryDict."""

    def getlist(self, name: str, /) -> list[str]: ...


class OptionsInput(forms.Widget):
    """Two fields for each option, its short name and its wording; templates/surveys/builder_options.html shows them."""

    def value_from_datadict(self, data: SentLists, files: object, name: str) -> list[tuple[str, str]]:  # type: ignore[override]  # a form's is wider
        return list(zip(data.getlist(f"{name}-key"), data.getlist(f"{name}-text"), strict=False))

    def value_omitted_from_data(self, data: SentLists, files: object, name: str) -> bool:  # type: ignore[override]  # a form's is wider
        return False


class OptionsField(forms.Field):
    """[(key, text), …], in order."""

    widget = OptionsInput

    def clean(self, value: list[tuple[str, str]]) -> list[tuple[str, str]]:
        if len(value) > MOST_OPTIONS:
            raise ValidationError(_("There are at most %(most)d options."), params={"most": MOST_OPTIONS})
        for key, text in value:
            validate_slug(key)
            validate_text(text)
            if len(key) > LONGEST_KEY or len(text) > LONGEST:
                raise ValidationError(_("An option is too long."))
        if len({key for key, _text in value}) < len(value):
            raise ValidationError(_("Two options have the same short name."))
        return [(key, text.strip()) for key, text in value]


class ConditionField(forms.CharField):
    """The rows of a condition, as the page's script writes them down."""

    widget = forms.HiddenInput

    def to_python(self, value: Any) -> Any:
        try:
            condition = clean_json(json.loads(value or "{}"))
            check_condition(condition)
        except (ValueError, RecursionError) as error:
            sentence = error.sentence if isinstance(error, ConditionRefused | Unstorable) else None
            raise ValidationError(str(sentence or _("This is no condition."))) from error
        return condition


def wording(label: Any, **attributes: Any) -> forms.CharField:
    """A text in the main language."""
    return forms.CharField(
        label=label,
        required=False,
        max_length=LONGEST,
        validators=[validate_text],
        widget=forms.Textarea(attrs={"rows": 1, "maxlength": LONGEST, **attributes}),
    )


def limit(label: Any) -> forms.FloatField:
    bound = 10**12
    return forms.FloatField(
        label=label,
        required=False,
        min_value=-bound,
        max_value=bound,
        widget=forms.NumberInput(attrs={"step": "any"}),
    )


def settings_fields(kind: str, language: str) -> dict[str, forms.Field]:
    """A field for each setting the kind has."""
    every: Mapping[str, Any] = {
        "low": lambda: wording(_("What the lowest number means"), placeholder=said(LOWEST, kind, language)),
        "high": lambda: wording(
            _("What the highest number means"), placeholder=said(HIGHEST, kind, language)
        ),
        "style": lambda: forms.ChoiceField(
            label=_("Shown as"), required=False, choices=[(style, STYLE_WORDS[style]) for style in STYLES]
        ),
        "rows": lambda: OptionsField(label=_("Rows"), required=False),
        "options": lambda: OptionsField(
            label=_("Columns") if kind == Kind.MATRIX else _("Options"), required=False
        ),
        "other": lambda: forms.BooleanField(label=_("“Other”, with words of their own"), required=False),
        "shuffle": lambda: forms.BooleanField(label=_("In another order for each customer"), required=False),
        "most": lambda: forms.IntegerField(
            label=_("Options chosen at most"), required=False, min_value=1, max_value=MOST_OPTIONS
        ),
        "lowest": lambda: limit(_("Lowest number allowed")),
        "highest": lambda: limit(_("Highest number allowed")),
        "megabytes": lambda: forms.IntegerField(
            label=_("Megabytes at most"), required=False, min_value=1, max_value=MOST_MEGABYTES
        ),
    }
    fields: dict[str, forms.Field] = {}
    for name in CHECKS.get(kind, {}):
        if name == "bands":
            fields |= {f"band_{band}": wording(BAND_LABELS[band]) for band in BANDS}
        else:
            fields[name] = every[name]()
    return fields


def said(standard: Mapping[str, Texts], kind: str, language: str) -> str:
    """The standard wording, for a field left empty."""
    return standard.get(kind, {}).get(language, "")


def describe(form: forms.Form, place: str) -> None:
    """Ties each field to the line below it that says what is wrong with it."""
    for name, each in form.fields.items():
        each.widget.attrs["aria-describedby"] = f"{place}_{name}-problem"


class QuestionForm(forms.Form):
    """The draft of one question."""

    use_required_attribute = False

    text = wording(_("Wording"))
    help = wording(_("Explanation below it"))
    kind = forms.ChoiceField(label=_("Kind"), choices=Kind.choices)
    is_required = forms.BooleanField(label=_("Must be answered"), required=False)
    starts_page = forms.BooleanField(label=_("Starts a new page"), required=False)
    show_if = ConditionField(label=_("Asked only if"), required=False)
    ends_if = ConditionField(label=_("Ends the survey if"), required=False)

    def __init__(self, question: Question, sent: Any = None, *, kind_is_fixed: bool = False) -> None:
        self.question = question
        self.language = question.survey.language
        super().__init__(sent, auto_id=f"q{question.pk}_%s", initial=written(question, self.language))
        self.fields["kind"].disabled = kind_is_fixed
        chosen = self["kind"].value()
        self.kind_chosen = chosen if chosen in CHECKS or chosen in Kind.values else question.kind
        self.fields |= settings_fields(self.kind_chosen, self.language)
        self.fields["text"].widget.attrs["placeholder"] = said(QUESTIONS, self.kind_chosen, self.language)
        if self.kind_chosen == Kind.STATEMENT:
            del self.fields["is_required"], self.fields["ends_if"]
        describe(self, f"q{question.pk}")

    def clean(self) -> dict[str, Any]:
        cleaned = self.cleaned_data
        lowest, highest = cleaned.get("lowest"), cleaned.get("highest")
        if lowest is not None and highest is not None and lowest > highest:
            self.add_error("highest", _("The lowest number allowed is above the highest."))
        return cleaned

    def contents(self) -> dict[str, Any]:
        """For `change_question`."""
        question, cleaned = self.question, self.cleaned_data
        return {
            "kind": cleaned["kind"],
            "text": self.merged(question.text, cleaned["text"]),
            "help": self.merged(question.help, cleaned["help"]),
            "is_required": cleaned.get("is_required", False),
            "starts_page": cleaned["starts_page"],
            "show_if": cleaned["show_if"],
            "ends_if": cleaned.get("ends_if", {}),
            "settings": self.settings(),
        }

    def settings(self) -> Settings:
        """What was sent; options that a new kind needs are begun."""
        was, cleaned = self.question.settings, self.cleaned_data
        settings: Settings = {}
        for name in CHECKS.get(cleaned["kind"], {}):
            if name in {"low", "high"}:
                settings[name] = self.merged(was.get(name, {}), cleaned[name])
            elif name == "bands":
                bands = was.get(name, {})
                settings[name] = {
                    band: self.merged(bands.get(band, {}), cleaned[f"band_{band}"]) for band in BANDS
                }
            elif name in {"options", "rows"}:
                settings[name] = self.merged_options(was.get(name, []), cleaned[name])
            elif cleaned[name] not in (None, ""):
                settings[name] = cleaned[name]
        if cleaned["kind"] != self.question.kind:
            begun = first_settings(cleaned["kind"])
            settings |= {name: value for name, value in begun.items() if not settings.get(name)}
        return settings

    def merged(self, texts: Texts, text: str) -> dict[str, str]:
        return with_text(texts, self.language, text)

    def merged_options(
        self, options: Iterable[Mapping[str, Any]], sent: Iterable[tuple[str, str]]
    ) -> list[dict[str, Any]]:
        texts = {option["key"]: option["text"] for option in options}
        return [{"key": key, "text": self.merged(texts.get(key, {}), text)} for key, text in sent]


def written(question: Question, language: str) -> dict[str, Any]:
    """What the editor shows of a question."""
    settings = question.settings
    shown = {
        "kind": question.kind,
        "text": question.text.get(language, ""),
        "help": question.help.get(language, ""),
        "is_required": question.is_required,
        "starts_page": question.starts_page,
        "show_if": json.dumps(question.show_if),
        "ends_if": json.dumps(question.ends_if),
    }
    for name in CHECKS.get(question.kind, {}):
        value = settings.get(name)
        if name in {"low", "high"}:
            shown[name] = (value or {}).get(language, "")
        elif name == "bands":
            shown |= {f"band_{band}": (value or {}).get(band, {}).get(language, "") for band in BANDS}
        elif name in {"options", "rows"}:
            shown[name] = [(each["key"], each["text"].get(language, "")) for each in value or []]
        else:
            shown[name] = value
    return shown


class TextsForm(forms.Form):
    """The survey's own texts: what stands before the questions, or what follows them."""

    use_required_attribute = False
    part = ""

    def __init__(self, survey: Survey, sent: Any = None) -> None:
        self.survey = survey
        super().__init__(sent, auto_id=f"{self.part}_%s", initial=self.shown())
        describe(self, self.part)

    def shown(self) -> dict[str, Any]:
        raise NotImplementedError

    def texts(self) -> dict[str, Any]:
        """For `change_texts`."""
        raise NotImplementedError

    def of_language(self, name: str) -> str:
        text: str = getattr(self.survey, name).get(self.survey.language, "")
        return text

    def merged(self, name: str) -> dict[str, str]:
        return with_text(getattr(self.survey, name), self.survey.language, self.cleaned_data[name])


def with_text(texts: Texts, language: str, text: str) -> dict[str, str]:
    """`texts` with another wording in one language; an empty one is left out."""
    others = {code: each for code, each in texts.items() if code != language}
    return {language: text, **others} if text else others


class BeforeForm(TextsForm):
    part = "before"

    title = wording(_("Title"))
    intro = wording(_("Introduction"))

    def __init__(self, survey: Survey, sent: Any = None) -> None:
        super().__init__(survey, sent)
        self.fields["title"].widget.attrs["placeholder"] = SURVEY["title"].get(survey.language, "")
        self.fields["intro"].widget.attrs["placeholder"] = SURVEY["intro"].get(survey.language, "")

    def shown(self) -> dict[str, Any]:
        return {name: self.of_language(name) for name in ("title", "intro")}

    def texts(self) -> dict[str, Any]:
        return {name: self.merged(name) for name in ("title", "intro")}


class AfterForm(TextsForm):
    part = "after"

    thanks = wording(_("Thank-you text"))
    band_bad = wording(_("After a low score"))
    band_middle = wording(_("After a score in the middle"))
    band_good = wording(_("After a high score"))
    review_url = forms.URLField(
        label=_("Where happy customers may write a review"),
        required=False,
        assume_scheme="https",
        max_length=200,
        widget=forms.URLInput(attrs={"dir": "ltr", "placeholder": "https://"}),
    )

    def __init__(self, survey: Survey, sent: Any = None) -> None:
        super().__init__(survey, sent)
        self.fields["thanks"].widget.attrs["placeholder"] = SURVEY["thanks"].get(survey.language, "")

    def shown(self) -> dict[str, Any]:
        language, bands = self.survey.language, self.survey.thanks_by_band
        return {
            "thanks": self.of_language("thanks"),
            "review_url": self.survey.review_url,
            **{f"band_{band}": bands.get(band, {}).get(language, "") for band in BANDS},
        }

    def texts(self) -> dict[str, Any]:
        language, was = self.survey.language, self.survey.thanks_by_band
        bands = {
            band: with_text(was.get(band, {}), language, self.cleaned_data[f"band_{band}"]) for band in BANDS
        }
        return {
            "thanks": self.merged("thanks"),
            "thanks_by_band": {band: texts for band, texts in bands.items() if texts},
            "review_url": self.cleaned_data["review_url"],
        }


PARTS: Mapping[str, type[TextsForm]] = {"before": BeforeForm, "after": AfterForm}

"""What staff fill in for a way to ask: who may show it, when it shows itself, for which places it is printed."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from staff.access import visible
from staff.models import Unit
from surveys.admin.moments import guard_moment
from surveys.admin.texts import TextsField
from surveys.models import Survey, SurveyLink
from surveys.ways.link_rules import USUAL_DAYS, USUAL_REST, RulesRefused, check_rules, check_sites

Kind = SurveyLink.Kind
OWN_RULES: Mapping[str, Mapping[str, str]] = {  # of each kind: the form's field, and the rule it is
    Kind.EMBED: {
        "button": "button",
        "label": "label",
        "opens_after": "delay",
        "scroll": "scroll",
        "exit": "exit",
        "path": "path",
        "every_days": "every_days",
        "share": "share",
    },
    Kind.KIOSK: {"rest": "rest"},
}
WORK = ((0, _("None")), (15, _("A moment")), (18, _("A few seconds")), (20, _("Half a minute")))


def number(label: Any, help_text: Any = "", **attrs: Any) -> forms.IntegerField:
    return forms.IntegerField(
        label=label, help_text=help_text, required=False, widget=UnfoldAdminIntegerFieldWidget(attrs)
    )


class LinkForm(forms.ModelForm):
    """The rules of a link are one JSON value; here each has a field, and those of other kinds are left out."""

    work = forms.TypedChoiceField(
        label=_("Proof of work"),
        coerce=int,
        choices=WORK,
        initial=0,
        widget=UnfoldAdminSelectWidget,
        help_text=_(
            "The visitor's browser computes before its answer is taken: a thousand forged answers then take hours. "
            "It needs JavaScript."
        ),
    )
    sites = forms.CharField(
        label=_("Allowed sites"),
        required=False,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3, "dir": "ltr"}),
        help_text=_("One a line, such as https://shop.example. Browsers refuse the survey anywhere else."),
    )
    button = forms.BooleanField(
        label=_("A button in the corner"), required=False, initial=True, widget=UnfoldBooleanSwitchWidget
    )
    label = TextsField(label=_("Words on the button"), help_text=_("Left empty it says: Feedback."))
    opens_after = number(_("Opens after seconds"))
    scroll = number(_("Opens when so many percent of the page were seen"))
    exit = forms.BooleanField(
        label=_("Opens when the mouse leaves the page"), required=False, widget=UnfoldBooleanSwitchWidget
    )
    path = forms.CharField(
        label=_("Only on pages"),
        required=False,
        widget=UnfoldAdminTextInputWidget(attrs={"dir": "ltr", "placeholder": "/shop/*"}),
    )
    share = number(_("For so many percent of visitors"), placeholder="100")
    every_days = number(_("Again after days"), placeholder=USUAL_DAYS)
    rest = number(
        _("Starts over after seconds"),
        _("When nobody touched it for so long."),
        placeholder=USUAL_REST,
    )

    class Meta:
        model = SurveyLink
        fields = (
            "survey", "kind", "name", "unit", "touchpoint", "is_active", "closes_at", "per_device", "work", "sites",
        )  # fmt: skip
        help_texts = {
            "kind": _("A kiosk and a website need a kind of their own; a printed code is a QR code."),
            "unit": _("The place it belongs to."),
            "touchpoint": _("What is answered here counts for it; empty: for the survey's."),
            "per_device": _("Remembered in the browser that answered: no lock, but a hint to honest people."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        guard_moment(self, "closes_at")
        if self.instance.pk:
            rules = self.instance.rules
            own = OWN_RULES.get(self.instance.kind, {})
            self.initial.update({field: rules[rule] for field, rule in own.items() if rule in rules})
            self.initial["sites"] = "\n".join(self.instance.sites)
            self.initial.setdefault("button", not self.instance.rules)

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or self.cleaned_data
        kind = given.get("kind")
        sites = self.sites_given(given.get("sites", "")) if kind == Kind.EMBED else []
        given["sites"] = self.instance.sites = sites
        self.instance.rules = self.rules_given(kind, given)
        return given

    def sites_given(self, typed: str) -> list[str]:
        try:
            sites = check_sites(typed.splitlines())
        except RulesRefused as refusal:
            self.add_error("sites", str(refusal.sentence))
            return []
        if not sites:
            self.add_error("sites", _("Name at least one site: nobody else may show the survey."))
        return sites

    def rules_given(self, kind: str | None, given: Mapping[str, Any]) -> dict[str, Any]:
        """Each rule is checked by itself, so that what is wrong stands beside its field."""
        rules: dict[str, Any] = {}
        for field, rule in OWN_RULES.get(kind or "", {}).items():
            try:
                if says_anything(given.get(field)):
                    rules |= check_rules(kind or "", {rule: given[field]})
            except RulesRefused as refusal:
                self.add_error(field, str(refusal.sentence))
        if kind == Kind.EMBED:
            rules["button"] = bool(given.get("button"))
        return rules


def says_anything(value: Any) -> bool:
    """A 0 does; an empty field and a switch that is off do not."""
    return value is not False and value not in (None, "", {})


class CodesForm(forms.Form):
    """For which places a survey gets a code."""

    survey: Any = forms.ModelChoiceField(
        Survey.objects.exclude(version=None).order_by("name"),
        label=_("Survey"),
        empty_label=None,
        widget=forms.Select(attrs={"class": "cx-input"}),
    )
    units: Any = forms.ModelMultipleChoiceField(
        None,
        label=_("Places"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose at least one place.")},
    )

    def __init__(self, *args: Any, user: AbstractBaseUser | AnonymousUser, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        places = visible(Unit.objects.filter(kind=Unit.Kind.LOCATION), user)
        self.fields["units"].queryset = places.order_by("path")  # type: ignore[attr-defined]  # of its class

"""The staff page where a brand's look is chosen, with what it looks like beside it."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import URLPattern, path
from django.utils.html import format_html
from django.utils.translation import gettext_lazy
from django.views.decorators.clickjacking import xframe_options_sameorigin
from unfold.decorators import display
from unfold.widgets import UnfoldAdminColorInputWidget, UnfoldAdminFileFieldWidget

from events.boundary import id_from
from staff.limited import LimitedAdmin
from surveys.models import Survey, Theme
from surveys.public.personal_links import preview_survey
from surveys.questions.questionnaires import draft_of
from surveys.themes.logos import UnreadableLogo, small_logo
from surveys.themes.theming import drawn_otherwise, logo_address

MAY_VIEW = "surveys.view_theme"
LOOK = ("accent", "ground", "font", "corners")
SURVEYS_OFFERED = 50


class ThemeForm(forms.ModelForm):
    logo_file = forms.FileField(
        label=gettext_lazy("Logo"),
        required=False,
        max_length=255,
        help_text=gettext_lazy(
            "PNG or JPEG, 100 KB at most. It is shown 80 pixels high at most; a PNG with a transparent background "
            "looks well in dark too."
        ),
        widget=UnfoldAdminFileFieldWidget(attrs={"accept": "image/png,image/jpeg"}),
    )
    takes_logo_away = forms.BooleanField(label=gettext_lazy("Take the logo away"), required=False)

    class Meta:
        model = Theme
        fields = ("name", "unit", *LOOK)
        widgets = {"accent": UnfoldAdminColorInputWidget, "ground": UnfoldAdminColorInputWidget}
        help_texts = {
            "accent": gettext_lazy("Of buttons and of what is chosen."),
            "ground": gettext_lazy("Behind the survey; in dark, a dark one of the same hue."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.instance.logo_type:
            self.fields["takes_logo_away"].widget = forms.HiddenInput()

    def clean_logo_file(self) -> None:
        chosen = self.cleaned_data["logo_file"]
        if not isinstance(chosen, UploadedFile) or chosen.file is None:
            return
        try:
            logo = small_logo(chosen.file, size=chosen.size or 0)
        except UnreadableLogo as error:
            raise ValidationError(str(error)) from error
        self.instance.logo, self.instance.logo_type = logo.content, logo.media_type

    def clean(self) -> dict[str, Any] | None:
        if self.cleaned_data.get("takes_logo_away") and not self.files.get("logo_file"):
            self.instance.logo, self.instance.logo_type = None, ""
        return super().clean()


class LookForm(forms.ModelForm):
    """What a theme being written would look like, as its address tells."""

    class Meta:
        model = Theme
        fields = LOOK

    def __init__(self, given: QueryDict, theme: Theme) -> None:
        lowered = {name: given.get(name, getattr(theme, name)).lower() for name in LOOK}
        super().__init__(lowered, instance=theme)


@admin.register(Theme)
class ThemeAdmin(LimitedAdmin):
    form = ThemeForm
    fieldsets = [
        (None, {"fields": [("name", "unit")]}),
        (gettext_lazy("Look"), {"fields": [("accent", "ground"), ("font", "corners")]}),
        (gettext_lazy("Logo"), {"fields": ["shown_logo", "logo_file", "takes_logo_away"]}),
    ]
    readonly_fields = ["shown_logo"]
    list_display = ["name", "shown_colours", "unit", "font", "corners"]
    list_select_related = ["unit"]
    search_fields = ["name"]
    show_full_result_count = False
    change_form_outer_after_template = "surveys/theme_look.html"
    warn_unsaved_form = True

    class Media:
        css = {"all": ("cx/themes.css",)}

    def get_queryset(self, request: HttpRequest) -> QuerySet[Theme]:
        themes: QuerySet[Theme] = super().get_queryset(request)
        return themes.defer("logo")

    def get_urls(self) -> list[URLPattern]:
        door = self.admin_site.admin_view
        return [
            path("look/", door(look_view), name="surveys_theme_look"),
            path("preview/", door(xframe_options_sameorigin(preview_view)), name="surveys_theme_preview"),
            *super().get_urls(),
        ]

    @display(description=gettext_lazy("colours"))
    def shown_colours(self, theme: Theme) -> str:
        swatch = '<svg class="th-swatch" viewBox="0 0 1 1" aria-hidden="true"><rect width="1" height="1" fill="{}"/></svg>'
        return format_html(
            f'{swatch}{swatch} <span dir="ltr">{{}} {{}}</span>',
            theme.accent,
            theme.ground,
            theme.accent,
            theme.ground,
        )

    @display(description=gettext_lazy("in use"))
    def shown_logo(self, theme: Theme) -> str:
        address = logo_address(theme)
        return format_html('<img class="th-logo" src="{}" alt="">', address) if address else "–"


def look_view(request: HttpRequest) -> HttpResponse:
    """What the colours in the form come to, and a survey in them; the page asks again whenever they change."""
    theme, surveys = theme_asked_for(request), Survey.objects.order_by("-pk")[:SURVEYS_OFFERED]
    form = LookForm(request.GET, theme)
    context = {
        "form": form,
        "drawn_otherwise": drawn_otherwise(theme) if form.is_valid() else [],
        "query": request.GET.urlencode(),
        "surveys": surveys,
        "survey": survey_asked_for(request),
        "schemes": [("light", gettext_lazy("Light")), ("dark", gettext_lazy("Dark"))],
    }
    return render(request, "surveys/theme_look_shown.html", context)


def preview_view(request: HttpRequest) -> HttpResponse:
    """A survey in the look that the form has now; it takes no answer."""
    if not request.user.has_perm("surveys.view_survey"):
        raise PermissionDenied
    theme, survey = theme_asked_for(request), survey_asked_for(request)
    if survey is None or not LookForm(request.GET, theme).is_valid():
        raise Http404
    survey.theme = theme
    return preview_survey(request, survey, draft_of(survey))


def theme_asked_for(request: HttpRequest) -> Theme:
    if not request.user.has_perm(MAY_VIEW):
        raise PermissionDenied
    kept = Theme.objects.defer("logo").filter(pk=id_from(request.GET.get("theme"))).first()
    return kept or Theme()


def survey_asked_for(request: HttpRequest) -> Survey | None:
    """The one chosen, else one that has the theme, else the newest."""
    surveys = Survey.objects.order_by("-pk")
    return (
        surveys.filter(pk=id_from(request.GET.get("survey"))).first()
        or surveys.filter(theme=id_from(request.GET.get("theme"))).first()
        or surveys.first()
    )

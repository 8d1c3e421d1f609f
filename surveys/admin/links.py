"""The staff pages of the ways to ask that are open to all: links, QR codes, kiosks, and the company's own site."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Model, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy, ngettext
from django.views.generic import TemplateView
from unfold.decorators import action, display
from unfold.views import UnfoldModelAdminViewMixin

from staff.access import limit_of, visible
from staff.limited import LimitedAdmin
from staff.unit_filter import UnitFilter
from surveys.admin.link_forms import CodesForm, LinkForm
from surveys.admin.tents import TentsView
from surveys.models import SurveyLink
from surveys.ways.links import address_of, new_code, put_up_codes, script_address_of
from surveys.ways.qr import qr_png, qr_svg

Kind = SurveyLink.Kind
KIND_COLOURS = {Kind.OPEN: "info", Kind.QR: "success", Kind.KIOSK: "warning", Kind.EMBED: "primary"}
HAS_CODE = (
    Kind.OPEN,
    Kind.QR,
)  # what a telephone can open: nobody carries a kiosk's page or a website's away

WRITTEN = (*LinkForm.Meta.fields, "rules")


class LinkView(UnfoldModelAdminViewMixin, TemplateView):
    """What to do with a link: its address, its QR code to print, the tag for the website, how to set a kiosk up."""

    permission_required = "surveys.view_surveylink"
    template_name = "surveys/link.html"

    @property
    def title(self) -> str:
        return self.link.name

    @property
    def link(self) -> SurveyLink:
        return link_shown_to(self.request, self.kwargs["pk"])

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        link = self.link
        return super().get_context_data(
            link=link,
            address=address_of(link),
            script_address=script_address_of(link),
            has_code=link.kind in HAS_CODE,
            answers=link.responses.filter(is_test=False).count(),
            may_change=self.request.user.has_perm("surveys.change_surveylink"),
            **kwargs,
        )


class CodesView(UnfoldModelAdminViewMixin, TemplateView):
    """A QR code for each of many places at once."""

    title = gettext_lazy("A QR code for each place")
    permission_required = "surveys.add_surveylink"
    template_name = "surveys/codes.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        form = kwargs.pop("form", None) or CodesForm(user=self.request.user)
        return super().get_context_data(form=form, **kwargs)

    def post(self, request: HttpRequest) -> HttpResponse:
        form = CodesForm(request.POST, user=request.user)
        if not form.is_valid():
            return self.render_to_response(self.get_context_data(form=form))
        codes = put_up_codes(survey=form.cleaned_data["survey"], units=form.cleaned_data["units"])
        messages.success(
            request,
            ngettext(
                "%(count)d place has its code. Print it here.",
                "%(count)d places have their codes. Print them here.",
                len(codes),
            )
            % {"count": len(codes)},
        )
        return redirect(tents_of(code.pk for code in codes))


def tents_of(links: Any) -> str:
    return reverse("admin:surveys_surveylink_tents") + "?" + "&".join(f"link={pk}" for pk in links)


def link_shown_to(request: HttpRequest, pk: int) -> SurveyLink:
    """Raises Http404."""
    links = SurveyLink.objects.select_related("survey__theme", "unit", "touchpoint")
    link = visible(links.defer("survey__theme__logo"), request.user).filter(pk=pk).first()
    if link is None:
        raise Http404
    return link


@admin.register(SurveyLink)
class SurveyLinkAdmin(LimitedAdmin):
    form = LinkForm
    fieldsets = [
        (None, {"fields": [("survey", "kind"), "name", ("unit", "touchpoint")]}),
        (gettext_lazy("Taking answers"), {"fields": ["is_active", "closes_at", ("per_device", "work")]}),
        (
            gettext_lazy("On your website"),
            {
                "fields": ["sites", "button", "label", ("opens_after", "scroll", "exit"), ("path", "share", "every_days")],
                "classes": ["sv-only-embed"],
            },
        ),
        (gettext_lazy("Kiosk"), {"fields": ["rest"], "classes": ["sv-only-kiosk"]}),
    ]  # fmt: skip
    list_display = [
        "shown_name",
        "shown_kind",
        "survey",
        "unit",
        "opened",
        "shown_answers",
        "shown_active",
    ]
    list_display_links = None
    list_filter = ["kind", "survey", UnitFilter, "is_active"]
    list_select_related = ["survey", "unit"]
    search_fields = ["name", "=code"]
    show_full_result_count = False
    actions = ["print_tents"]
    actions_list = ["put_up_codes"]
    actions_detail = ["open_link"]
    warn_unsaved_form = True

    class Media:
        css = {"all": ("cx/surveys.css", "cx/links.css")}

    def get_queryset(self, request: HttpRequest) -> QuerySet[SurveyLink]:
        counted = Count("responses", filter=Q(responses__is_test=False))
        links: QuerySet[SurveyLink] = super().get_queryset(request)
        return links.annotate(answers=counted)

    def get_urls(self) -> list[URLPattern]:
        door = self.admin_site.admin_view
        return [
            path("codes/", door(CodesView.as_view(model_admin=self)), name="surveys_surveylink_codes"),
            path("tents/", door(TentsView.as_view()), name="surveys_surveylink_tents"),
            path("<int:pk>/look/", door(LinkView.as_view(model_admin=self)), name="surveys_surveylink_look"),
            path("<int:pk>/code.svg", door(self.svg), name="surveys_surveylink_svg"),
            path("<int:pk>/code.png", door(self.png), name="surveys_surveylink_png"),
            *super().get_urls(),
        ]

    def save_model(self, request: HttpRequest, obj: SurveyLink, form: Any, change: bool) -> None:  # noqa: FBT001  Django's
        """A new one gets its code; who sees one unit only makes links of that unit, or of one below it.

        Of one that is changed the looks are left alone: they are counted meanwhile.
        """
        obj.code = obj.code or new_code()
        obj.unit = obj.unit or limit_of(request.user)
        obj.save(update_fields=WRITTEN if change else None)

    def response_add(
        self, request: HttpRequest, obj: SurveyLink, post_url_continue: str | None = None
    ) -> HttpResponse:
        return self.response_change(request, obj)

    def response_change(self, request: HttpRequest, obj: SurveyLink) -> HttpResponse:
        if {"_continue", "_addanother"} & request.POST.keys():
            return super().response_change(request, obj)
        return redirect("admin:surveys_surveylink_look", obj.pk)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """One that was answered stays; it can be switched off."""
        may_delete: bool = super().has_delete_permission(request, obj)
        return may_delete and (not isinstance(obj, SurveyLink) or not obj.responses.exists())

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        return {
            name: each for name, each in super().get_actions(request).items() if name != "delete_selected"
        }

    def svg(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The QR code as a drawing, for print of any size."""
        link = self.link_with_code(request, pk)
        return code_file(request, qr_svg(address_of(link)), "image/svg+xml", f"qr-{link.code}.svg")

    def png(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The QR code as a picture."""
        link = self.link_with_code(request, pk)
        return code_file(request, qr_png(address_of(link)), "image/png", f"qr-{link.code}.png")

    def link_with_code(self, request: HttpRequest, pk: int) -> SurveyLink:
        if not self.has_view_permission(request):
            raise PermissionDenied
        link = link_shown_to(request, pk)
        if link.kind not in HAS_CODE:
            raise Http404
        return link

    @action(
        description=gettext_lazy("A QR code for each place"), url_path="put-up-codes", permissions=["add"]
    )
    def put_up_codes(self, request: HttpRequest) -> HttpResponse:
        return redirect("admin:surveys_surveylink_codes")

    @action(description=gettext_lazy("Use it"), url_path="open-link")
    def open_link(self, request: HttpRequest, object_id: int) -> HttpResponse:
        return redirect("admin:surveys_surveylink_look", object_id)

    @action(description=gettext_lazy("Print table tents"))
    def print_tents(self, request: HttpRequest, queryset: QuerySet[SurveyLink]) -> HttpResponse:
        return redirect(tents_of(queryset.filter(kind__in=HAS_CODE).values_list("pk", flat=True)))

    @display(description=gettext_lazy("name"), ordering="name")
    def shown_name(self, link: SurveyLink) -> str:
        address = reverse("admin:surveys_surveylink_look", args=[link.pk])
        return format_html('<a class="cx-link" dir="auto" href="{}">{}</a>', address, link.name)

    @display(description=gettext_lazy("kind"), ordering="kind", label=KIND_COLOURS)
    def shown_kind(self, link: SurveyLink) -> tuple[str, str]:
        return link.kind, link.get_kind_display()

    @display(description=gettext_lazy("answers"))
    def shown_answers(self, link: Any) -> int:
        return int(link.answers)

    @display(description=gettext_lazy("takes answers"), boolean=True, ordering="is_active")
    def shown_active(self, link: SurveyLink) -> bool:
        return link.is_active


def code_file(request: HttpRequest, content: str | bytes, media_type: str, name: str) -> HttpResponse:
    """Shown in a page; with `?download` saved as a file."""
    kept = "attachment" if "download" in request.GET else "inline"
    return HttpResponse(
        content,
        content_type=media_type,
        headers={
            "Content-Disposition": f'{kept}; filename="{name}"',
            "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
        },
    )

"""Staff pages about personas: all of them side by side, each on a page of its own, and the form."""

from typing import Any
from uuid import uuid4

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import UploadedFile
from django.core.paginator import Paginator
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy
from django.views.generic import TemplateView
from unfold.admin import ModelAdmin
from unfold.views import UnfoldModelAdminViewMixin
from unfold.widgets import UnfoldAdminTextareaWidget

from customers.models import Persona
from customers.personas import delete_persona, initials_of, lent_figures, lines_of, save_persona
from customers.pictures import UnreadablePicture, small_picture
from staff.access import limit_of
from staff.views import member
from staff.widgets import FromOurTemplates

MAY_VIEW = "customers.view_persona"
CARDS_SHOWN = 12


class PictureWidget(FromOurTemplates, forms.ClearableFileInput):
    template_name = "customers/widgets/picture.html"

    class Media:
        js = ("cx/personas.js",)
        css = {"all": ("cx/personas.css",)}


class PersonaForm(forms.ModelForm):
    picture = forms.FileField(
        label=gettext_lazy("Picture"),
        required=False,
        max_length=255,
        help_text=gettext_lazy("JPEG, PNG or WebP, 5 MB at most. The middle of it is shown, as a circle."),
        widget=PictureWidget(attrs={"class": "cx-input", "accept": "image/jpeg,image/png,image/webp"}),
    )

    class Meta:
        model = Persona
        fields = (
            "name",
            "picture",
            "segment",
            "quote",
            "description",
            "goals",
            "frustrations",
            "channels",
        )

    def clean_picture(self) -> Any:
        """A new one made small; what was there, or False to take it away, is left as it is."""
        chosen = self.cleaned_data["picture"]
        if not isinstance(chosen, UploadedFile) or chosen.file is None:
            return chosen
        try:
            small = small_picture(chosen.file, size=chosen.size or 0)
        except UnreadablePicture as error:
            raise ValidationError(str(error)) from error
        return ContentFile(small, name=f"{uuid4().hex}.webp")


class GalleryView(UnfoldModelAdminViewMixin, TemplateView):
    """A card for each; the figures come after the page, one card at a time."""

    title = gettext_lazy("Personas")
    permission_required = MAY_VIEW
    template_name = "customers/personas.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        personas = Paginator(Persona.objects.select_related("segment"), CARDS_SHOWN)
        page = personas.get_page(self.request.GET.get("page"))
        context: dict[str, Any] = super().get_context_data(
            cards=[{"persona": each, "initials": initials_of(each)} for each in page],
            page=page,
            unit=limit_of(self.request.user),
            may_add=self.request.user.has_perm("customers.add_persona"),
            **kwargs,
        )
        return context


class PersonaView(UnfoldModelAdminViewMixin, TemplateView):
    permission_required = MAY_VIEW
    template_name = "customers/persona.html"

    @property
    def title(self) -> str:
        return self.persona.name

    @cached_property
    def persona(self) -> Persona:
        return get_object_or_404(Persona.objects.select_related("segment"), pk=self.kwargs["pk"])

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        user, figures = member(self.request), lent_figures()
        context: dict[str, Any] = super().get_context_data(
            persona=self.persona,
            initials=initials_of(self.persona),
            goals=lines_of(self.persona.goals),
            frustrations=lines_of(self.persona.frustrations),
            channels=lines_of(self.persona.channels),
            story_template=figures.story_template,
            may_change=user.has_perm("customers.change_persona"),
            **figures.story(self.persona, user, timezone.now()),
            **kwargs,
        )
        return context


@admin.register(Persona)
class PersonaAdmin(ModelAdmin):
    form = PersonaForm
    autocomplete_fields = ["segment"]
    search_fields = ["name"]  # for those who pick one
    warn_unsaved_form = True
    compressed_fields = False

    def get_urls(self) -> list[URLPattern]:
        door = self.admin_site.admin_view
        gallery, page = GalleryView.as_view(model_admin=self), PersonaView.as_view(model_admin=self)
        return [
            path("", door(gallery), name="customers_persona_changelist"),
            path("<int:pk>/", door(page), name="customers_persona"),
            path("<int:pk>/figures/", door(figures_view), name="customers_persona_figures"),
            path("<int:pk>/picture/", door(picture_view), name="customers_persona_picture"),
            *super().get_urls(),
        ]

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **options: Any) -> Any:
        if db_field.name in {"description", "goals", "frustrations", "channels"}:
            options["widget"] = UnfoldAdminTextareaWidget(attrs={"rows": 4, "dir": "auto"})
        field = super().formfield_for_dbfield(db_field, request, **options)
        if field and db_field.name in {"goals", "frustrations", "channels"}:
            field.help_text = gettext_lazy("One on a line.")
        return field

    def save_model(self, request: HttpRequest, obj: Persona, form: Any, change: Any) -> None:
        save_persona(persona=obj, by=member(request), at=timezone.now())

    def delete_model(self, request: HttpRequest, obj: Persona) -> None:
        delete_persona(persona=obj, by=member(request), at=timezone.now())

    def response_post_save_add(self, request: HttpRequest, obj: Persona) -> HttpResponse:
        return redirect("admin:customers_persona", obj.pk)

    def response_post_save_change(self, request: HttpRequest, obj: Persona) -> HttpResponse:
        return redirect("admin:customers_persona", obj.pk)


def figures_view(request: HttpRequest, pk: int) -> HttpResponse:
    """What a card says about how many they are and how they score."""
    persona, figures = found(request, pk), lent_figures()
    shown = {"persona": persona} | figures.summary(persona, member(request), timezone.now())
    return render(request, figures.summary_template, shown)


def picture_view(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The picture, for those who may see personas; its address changes with it, so it may be kept."""
    persona = found(request, pk)
    if not persona.picture:
        raise Http404
    try:
        file = persona.picture.open()
    except FileNotFoundError as error:
        raise Http404 from error
    headers = {"Cache-Control": "private, max-age=86400", "Content-Security-Policy": "default-src 'none'"}
    return FileResponse(file, content_type="image/webp", headers=headers)


def found(request: HttpRequest, pk: int) -> Persona:
    if not request.user.has_perm(MAY_VIEW):
        raise PermissionDenied
    return get_object_or_404(Persona.objects.select_related("segment"), pk=pk)

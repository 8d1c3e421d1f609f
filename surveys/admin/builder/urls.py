"""Where the builder's pages and changes are found."""

from django.urls import URLPattern, path
from unfold.admin import ModelAdmin

from surveys.admin.builder.changes import Door, add, change, duplicate, move, publish, remove, write
from surveys.admin.builder.pages import BuilderView, show_editor


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

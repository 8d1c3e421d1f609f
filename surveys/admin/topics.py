"""The staff page of topics: their words, how many comments have each, and what a sentence would be about."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Count, IntegerField, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.text import Truncator
from django.utils.translation import get_language, gettext_lazy, ngettext, pgettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST
from unfold.admin import ModelAdmin
from unfold.decorators import display

from events.boundary import id_from
from staff.access import visible
from staff.views import member
from surveys.admin.texts import TextsField
from surveys.comments.topics import add_starter_topics, drop_topic, keep_topic, topics_in
from surveys.comments.words import sought, words_for
from surveys.models import CommentTopic, Topic
from surveys.questions.checking import COMMENT_LENGTH
from surveys.questions.wording import LANGUAGES, own_name

MAY_VIEW, MAY_ADD = "surveys.view_topic", "surveys.add_topic"
LONGEST = 4_000  # characters of all words in a language
SHOWN = 120
EXAMPLE = {
    "en": "deliver*\ncourier\ntook ages",
    "ru": "достав*\nкурьер*\nпункт выдачи",
    "bs": "dostav*\nkurir*\npošilj*",
    "fa": "تحویل*\nپیک\nبسته پستی",
    "zh-hans": "快递\n送货\n物流",
}


class TopicForm(forms.ModelForm):
    words = TextsField(
        label=pgettext_lazy("topic of comments", "Words"),
        standard=EXAMPLE,
        longest=LONGEST,
        rows=8,
        help_text=gettext_lazy(
            "One a line. A comment has the topic when one of them occurs in it as a whole word; several words on a "
            "line must follow each other. A star at the end takes any ending: deliver* finds delivery and delivered. "
            "Capitals and accents make no difference, and in Chinese a word is found anywhere. A comment is judged by "
            "the words of its own language; where you leave that empty, by those of all languages."
        ),
    )

    class Meta:
        model = Topic
        fields = ("name", "words")

    def clean_words(self) -> dict[str, str]:
        """One a line, each once, in the order they were written."""
        given: dict[str, str] = self.cleaned_data["words"]
        words = {
            language: "\n".join(dict.fromkeys(filter(None, map(str.strip, text.splitlines()))))
            for language, text in given.items()
        }
        if empty := [line for text in words.values() for line in text.splitlines() if not sought(line)]:
            raise ValidationError(
                _("“%(line)s” has no letter or digit that could be found.") % {"line": empty[0]}
            )
        if not any(words.values()):
            raise ValidationError(_("Write at least one word, in one language."))
        return words


class SentenceForm(forms.Form):
    """What is tried with the words as they stand in the form."""

    sentence = forms.CharField(max_length=COMMENT_LENGTH, required=False)
    language = forms.ChoiceField(choices=[(code, own_name(code)) for code in LANGUAGES])
    words = TextsField(longest=LONGEST)


@admin.register(Topic)
class TopicAdmin(ModelAdmin):
    form = TopicForm
    list_display = ["name", "shown_words", "shown_comments", "shown_reading"]
    search_fields = ["name"]
    show_full_result_count = False
    compressed_fields = False
    warn_unsaved_form = True
    change_list_template = "surveys/topics.html"
    list_before_template = "surveys/topics_note.html"
    change_form_outer_before_template = "surveys/topics_reading.html"
    change_form_outer_after_template = "surveys/topic_try.html"

    class Media:
        css = {"all": ("cx/surveys.css",)}

    def get_queryset(self, request: HttpRequest) -> QuerySet[Topic]:
        """With the number of comments of each that this member of staff may see."""
        topics: QuerySet[Topic] = super().get_queryset(request)
        comments = visible(CommentTopic.objects.filter(topic=OuterRef("pk")), request.user)
        counted = comments.order_by().values("topic").annotate(people=Count("pk")).values("people")
        return topics.annotate(comment_count=Coalesce(Subquery(counted, output_field=IntegerField()), 0))

    def get_urls(self) -> list[URLPattern]:
        door = self.admin_site.admin_view
        return [
            path("starters/", door(starters_view), name="surveys_topic_starters"),
            path("reading/", door(reading_view), name="surveys_topic_reading"),
            path("try/", door(try_view), name="surveys_topic_try"),
            *super().get_urls(),
        ]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        return super().changelist_view(
            request,
            {"has_topics": Topic.objects.exists(), "unread": list(Topic.objects.unread())}
            | (extra_context or {}),
        )

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        shown = {
            "languages": [(code, own_name(code)) for code in LANGUAGES],
            "language": get_language(),
            "unread": list(Topic.objects.unread().filter(pk=id_from(object_id))),
        }
        return super().changeform_view(request, object_id, form_url, shown | (extra_context or {}))

    def save_model(self, request: HttpRequest, obj: Topic, form: Any, change: bool) -> None:  # noqa: FBT001  Django's
        keep_topic(topic=obj, by=member(request), at=timezone.now())

    def delete_model(self, request: HttpRequest, obj: Topic) -> None:
        drop_topic(topic=obj, by=member(request), at=timezone.now())

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Topic]) -> None:
        for topic in queryset:
            drop_topic(topic=topic, by=member(request), at=timezone.now())

    def get_deleted_objects(
        self, objs: Any, request: HttpRequest
    ) -> tuple[list[str], dict[str, int], set[str], list[str]]:
        """A topic may be in a million comments: they are counted, not listed."""
        tags = CommentTopic.objects.filter(topic__in=[topic.pk for topic in objs]).count()
        names = [str(topic) for topic in objs]
        counts = {
            str(Topic._meta.verbose_name_plural): len(names),
            str(CommentTopic._meta.verbose_name_plural): tags,
        }
        return names, counts, set(), []

    @display(description=pgettext_lazy("topic of comments", "words"))
    def shown_words(self, topic: Topic) -> str:
        words = words_for(topic.words, get_language() or "")
        return Truncator(words.replace("\n", " · ")).chars(SHOWN)

    @display(description=gettext_lazy("comments"), ordering="comment_count")
    def shown_comments(self, topic: Any) -> int:
        count: int = topic.comment_count
        return count

    @display(
        description=pgettext_lazy("topic of comments", "read"), label={True: "success", False: "warning"}
    )
    def shown_reading(self, topic: Topic) -> tuple[bool, str]:
        is_read = topic.reading_from is not None and not topic.unread_below
        return is_read, _("All comments") if is_read else f"{topic.percent}%"


@require_POST
def starters_view(request: HttpRequest) -> HttpResponse:
    """Begin with the topics most organisations need."""
    if not request.user.has_perm(MAY_ADD):
        raise PermissionDenied
    added = add_starter_topics(by=member(request), at=timezone.now())
    messages.success(
        request,
        ngettext("%(count)d topic was added.", "%(count)d topics were added.", added) % {"count": added},
    )
    return redirect("admin:surveys_topic_changelist")


def reading_view(request: HttpRequest) -> HttpResponse:
    """How far the reading is: of all topics, or of the one in the address."""
    if not request.user.has_perm(MAY_VIEW):
        raise PermissionDenied
    unread, topic = Topic.objects.unread(), id_from(request.GET.get("topic"))
    context = {
        "unread": list(unread.filter(pk=topic) if topic else unread),
        "only": topic,
        "asked_again": True,
    }
    return render(request, "surveys/topics_reading.html", context)


@require_POST
def try_view(request: HttpRequest) -> HttpResponse:
    """What a sentence is about, with the words in the form and those of the other topics."""
    if not request.user.has_perm(MAY_VIEW):
        raise PermissionDenied
    form = SentenceForm(request.POST)
    if not form.is_valid() or not form.cleaned_data["sentence"]:
        return HttpResponse()
    given, this = form.cleaned_data, id_from(request.POST.get("topic"))
    tried = Topic(
        pk=this, name=request.POST.get("name", "").strip()[:60] or _("This topic"), words=given["words"]
    )
    others = Topic.objects.exclude(pk=this)
    found = topics_in(given["sentence"], given["language"], [tried, *others])
    context = {
        "is_found": tried in found,
        "tried": tried,
        "others": [each for each in found if each is not tried],
    }
    return render(request, "surveys/topic_tried.html", context)

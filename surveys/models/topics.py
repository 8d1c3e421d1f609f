from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from surveys.models.responses import Answer, SurveyResponse
from surveys.models.surveys import Survey


class TopicQuerySet(models.QuerySet["Topic"]):
    def unread(self) -> Self:
        """Those with whose words not every comment was read yet."""
        return self.filter(Q(reading_from=None) | Q(unread_below__gt=0))


class Topic(models.Model):
    """What comments are about, as the organisation names it: {language: words, one a line; a star ends a beginning}.

    When its words change, workers read all comments again, the newest first, and keep the place they reached.
    """

    name = models.CharField(_("name"), max_length=60, unique=True)
    words = models.JSONField(pgettext_lazy("topic of comments", "words"), default=dict)
    reading_from = models.BigIntegerField(null=True, editable=False)  # an answer's number; None: not begun
    unread_below = models.BigIntegerField(default=0, editable=False)  # 0: nothing is left to read

    objects = TopicQuerySet.as_manager()

    class Meta:
        verbose_name = _("topic")
        verbose_name_plural = _("topics")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    @property
    def percent(self) -> int:
        """How much was read with its words, 0 to 100."""
        if self.reading_from is None:
            return 0
        read = self.reading_from - self.unread_below
        return 100 * read // self.reading_from


class CommentTopic(models.Model):
    """A comment that has a topic: derived from its text, and gone with it. Its survey and response are the answer's."""

    answer = models.ForeignKey(
        Answer,
        on_delete=models.CASCADE,
        related_name="topics",
        db_index=False,  # one_topic_per_comment begins with it
        verbose_name=_("answer"),
    )
    topic = models.ForeignKey(
        Topic, on_delete=models.CASCADE, related_name="comments", verbose_name=_("topic")
    )
    survey = models.ForeignKey(
        Survey,
        on_delete=models.CASCADE,
        related_name="+",
        db_index=False,  # comment_topic_survey begins with it
        verbose_name=_("survey"),
    )
    survey_response = models.ForeignKey(
        SurveyResponse, on_delete=models.CASCADE, related_name="topics", verbose_name=_("response")
    )

    class Meta:
        verbose_name = _("topic of a comment")
        verbose_name_plural = _("topics of comments")
        constraints = [models.UniqueConstraint(fields=["answer", "topic"], name="one_topic_per_comment")]
        indexes = [
            models.Index(fields=["survey", "topic", "-survey_response"], name="comment_topic_survey"),
        ]

    def __str__(self) -> str:
        return f"{self.answer_id} {self.topic_id}"

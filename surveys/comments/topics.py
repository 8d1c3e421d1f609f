"""What comments are about: topics with words of their own, and which comments have them.

A new comment is read by a reaction, right after it came. When a topic's words change, workers read all comments again.
They begin after the change is committed, so whatever was read before it with the old words lies below the place where
they begin; what comes later is read with the new ones.
"""

import time
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Protocol, TypeVar

from django.db import transaction
from django.db.models import Max, QuerySet

from events.doorbell import ring
from events.lookups import Among
from staff.audit import audit
from staff.models import AuditEntry, User
from surveys.comments.starter_topics import STARTER_TOPICS
from surveys.comments.words import occurs, spoken, words_for
from surveys.models import Answer, CommentTopic, Topic

Action = AuditEntry.Action
AT_ONCE = 2_000  # comments
WORK_AT_MOST = 30.0  # seconds a task keeps its worker

Comment = tuple[int, str, str, int, int]  # answer, text, language, survey, response


class HasWords(Protocol):
    words: Mapping[str, str]


Worded = TypeVar("Worded", bound=HasWords)


def topics_in(text: str, language: str, topics: Iterable[Worded]) -> list[Worded]:
    """Those of `topics` that have a word in `text`: a word of its language, where the topic has such."""
    said = spoken(text)
    return [topic for topic in topics if occurs(words_for(topic.words, language), said)]


@transaction.atomic
def keep_topic(*, topic: Topic, by: User | None, at: datetime) -> Topic:
    """Keep a topic that was written or changed; with other words all comments are read again."""
    before = Topic.objects.select_for_update().filter(pk=topic.pk).first()
    names = [name for name in ("name", "words") if before and getattr(before, name) != getattr(topic, name)]
    if before is None:
        topic.save()
    elif names:
        topic.save(update_fields=names)
    if before is None or "words" in names:
        Topic.objects.filter(pk=topic.pk).update(reading_from=None, unread_below=0)
        transaction.on_commit(wake, robust=True)
    audit(user=by, action=Action.CHANGED if before else Action.CREATED, subject=topic, at=at, fields=names)
    return topic


@transaction.atomic
def drop_topic(*, topic: Topic, by: User, at: datetime) -> None:
    """Take a topic away, and from all comments that have it."""
    audit(user=by, action=Action.DELETED, subject=topic, at=at, topic=topic.name)
    topic.delete()


@transaction.atomic
def add_starter_topics(*, by: User | None, at: datetime) -> int:
    """The topics that most organisations need first, but for those whose names are taken; returns how many."""
    taken = set(Topic.objects.values_list("name", flat=True))
    fresh = [
        Topic(name=str(name), words=dict(words)) for name, words in STARTER_TOPICS if str(name) not in taken
    ]
    for topic in fresh:
        keep_topic(topic=topic, by=by, at=at)
    return len(fresh)


def wake() -> None:
    from surveys.tasks import read_comments_task  # noqa: PLC0415  tasks import this file

    ring(read_comments_task)


def tag_new_comments(*, responses: Sequence[int]) -> None:
    """Find the topics of what was just written in `responses`.

    Words that were changed meanwhile would leave behind what the old ones found: then it is read once more. Now nobody
    can change them before this is committed, for each new tag holds its topic.
    """
    comments = list(comments_among(Answer.objects.filter(Among("survey_response", responses))))
    topics = list(Topic.objects.all()) if comments else []
    if topics and tag_comments(comments=comments, topics=topics):
        now = list(Topic.objects.all())
        if [topic.words for topic in now] != [topic.words for topic in topics]:
            tag_comments(comments=comments, topics=now)


def comments_among(answers: QuerySet[Answer]) -> QuerySet[Answer, Comment]:
    """Texts that count: not those of tests."""
    comments = answers.filter(survey_response__is_test=False).exclude(text="")
    return comments.values_list(
        "pk", "text", "survey_response__language", "survey_response__survey", "survey_response"
    )


@transaction.atomic
def tag_comments(*, comments: Sequence[Comment], topics: Sequence[Topic]) -> int:
    """Find which of `topics` the comments have, and keep just that; returns how many tags are new."""
    found = {
        (answer, topic.pk): {"survey_id": survey, "survey_response_id": response}
        for answer, text, language, survey, response in comments
        for topic in topics_in(text, language, topics)
    }
    tags = CommentTopic.objects.filter(
        Among("answer", [comment[0] for comment in comments]), topic__in=[topic.pk for topic in topics]
    )
    there = {(answer, topic): pk for pk, answer, topic in tags.values_list("pk", "answer", "topic")}
    missing = found.keys() - there.keys()
    still = still_said({answer for answer, _topic in missing}) if missing else set()
    new = CommentTopic.objects.bulk_create(
        (
            CommentTopic(answer_id=answer, topic_id=topic, **found[answer, topic])
            for answer, topic in sorted(missing)
            if answer in still
        ),
        batch_size=1_000,
        ignore_conflicts=True,
    )
    if gone := [there[pair] for pair in there.keys() - found.keys()]:
        CommentTopic.objects.filter(Among("pk", gone)).delete()
    return len(new)


def still_said(answers: Iterable[int]) -> set[int]:
    """Those whose text was not erased meanwhile; an erasure now waits, and then takes the topics too."""
    said = Answer.objects.filter(Among("pk", sorted(answers))).exclude(text="").order_by("pk")
    return set(said.select_for_update(no_key=True, of=("self",)).values_list("pk", flat=True))


def read_comments(*, seconds: float = WORK_AT_MOST) -> bool:
    """What a worker does when the bell rings; False when it stopped with comments left over."""
    stop_at = time.monotonic() + seconds
    while time.monotonic() < stop_at:
        if not read_some():
            return True
    return False


@transaction.atomic
def read_some() -> bool:
    """Read some comments with the words of those topics that are furthest back; False when nothing is left to read.

    What another worker reads is left to it.

    The tags and the place that was reached are committed together.
    """
    found = Topic.objects.unread().order_by("pk")
    unread = list(found.select_for_update(no_key=True, skip_locked=True, of=("self",)))
    if not unread:
        return False
    begin([topic for topic in unread if topic.reading_from is None])
    place = max(topic.unread_below for topic in unread)
    reading = [topic for topic in unread if topic.unread_below == place]
    older = comments_among(Answer.objects.filter(pk__lt=place)).order_by("-pk")
    comments = list(older[:AT_ONCE])
    tag_comments(comments=comments, topics=reading)
    Topic.objects.filter(pk__in=[topic.pk for topic in reading]).update(
        unread_below=comments[-1][0] if len(comments) == AT_ONCE else 0
    )
    return True


def begin(topics: Sequence[Topic]) -> None:
    """Begin with the newest comment there is now."""
    if not topics:
        return
    above = (Answer.objects.aggregate(newest=Max("pk"))["newest"] or 0) + 1
    for topic in topics:
        topic.reading_from = topic.unread_below = above
    Topic.objects.filter(pk__in=[topic.pk for topic in topics]).update(reading_from=above, unread_below=above)

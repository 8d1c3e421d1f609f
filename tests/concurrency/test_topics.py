"""Comments are read by several workers while customers answer, staff change words, and somebody is erased."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection

from events.delivery import deliver_events
from surveys.answering.responses import record_response
from surveys.comments.topics import keep_topic, read_comments, topics_in
from surveys.holdings import forget_comments
from surveys.models import Answer, CommentTopic, Topic
from tests.conftest import NOON
from tests.factories.surveys import SurveyFactory, TopicFactory

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
COMMENTS = 60


def at_once(*works):
    """Run all `works` at the same moment."""
    start = Barrier(len(works))

    def run(work):
        try:
            start.wait()
            work()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(works)) as pool:
        list(pool.map(run, works))


def test_after_all_of_it_each_comment_has_just_what_its_words_say(monkeypatch):
    monkeypatch.setattr("surveys.comments.topics.AT_ONCE", 7)
    survey = SurveyFactory()
    comment = survey.questions.get(kind="comment")
    changed = TopicFactory(words={"en": "delivery"}, reading_from=None)
    TopicFactory(words={"en": "price"}, reading_from=None)

    def answer(numbers):
        for number in numbers:
            text = ("Late delivery", "Fair price", "Rude courier", "Price and delivery")[number % 4]
            record_response(survey=survey, customer=None, answers={comment.pk: text}, at=NOON)

    def change():
        for words in ("courier", "price", "courier\nlate"):
            keep_topic(topic=Topic(pk=changed.pk, name=changed.name, words={"en": words}), by=None, at=NOON)

    answer(range(COMMENTS))
    erased = list(Answer.objects.order_by("pk").values_list("pk", flat=True)[::3])

    at_once(
        read_comments,
        read_comments,
        lambda: deliver_events(at=NOON),
        lambda: answer(range(COMMENTS, COMMENTS + 20)),
        change,
        lambda: forget_comments(erased, NOON),
    )
    deliver_events(at=NOON)
    assert read_comments()

    topics = list(Topic.objects.all())
    assert set(CommentTopic.objects.values_list("answer", "topic")) == {
        (answer.pk, topic.pk)
        for answer in Answer.objects.exclude(text="")
        for topic in topics_in(answer.text, "en", topics)
    }
    assert Answer.objects.filter(text="").count() == len(erased)
    assert not CommentTopic.objects.filter(answer__text="").exists()

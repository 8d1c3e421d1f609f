"""Comments get the topics whose words they say: when they come, when words change, and only while they are there."""

from dataclasses import dataclass, field

import pytest
from django.utils import translation

from customers.merging.merges import merge
from events.delivery import deliver_events
from staff.models import AuditEntry
from surveys.answering.responses import record_response, submit_response
from surveys.comments import topics as reading
from surveys.comments.starter_topics import STARTER_TOPICS
from surveys.comments.topics import (
    add_starter_topics,
    drop_topic,
    keep_topic,
    read_comments,
    read_some,
    tag_new_comments,
    topics_in,
)
from surveys.holdings import forget_comments
from surveys.models import Answer, CommentTopic, SurveyResponse, Topic
from surveys.questions.wording import LANGUAGES
from surveys.tasks import read_comments_task
from tests.conftest import NOON
from tests.factories.customers import CustomerFactory
from tests.factories.staff import UserFactory
from tests.factories.surveys import InvitationFactory, SurveyFactory, TopicFactory
from tests.surveys.switching.answers import hotel_survey, imported

pytestmark = pytest.mark.django_db


@pytest.fixture
def survey():
    return SurveyFactory()


def say(survey, text, language="en", customer=None):
    comment = survey.questions.get(kind="comment")
    return record_response(
        survey=survey, customer=customer, answers={comment.pk: text}, language=language, at=NOON
    )


def tagged():
    """What was said, with the topics it has."""
    tags = CommentTopic.objects.order_by("answer", "topic__name")
    return list(tags.values_list("answer__text", "topic__name"))


@dataclass
class Thing:
    """Whatever has words: followups' own, say."""

    words: dict[str, str] = field(default_factory=dict)


@pytest.mark.parametrize(
    ("text", "language", "found"),
    [
        ("Late delivery", "en", [0, 1]),
        ("Late delivery", "ru", [1]),  # Russian has words of its own in the first
        ("Доставка", "ru", [0]),
        ("Late delivery", "fa", [0, 1]),  # no words there: those of all
        ("Fine", "en", []),
        ("", "en", []),
    ],
)
def test_a_text_has_the_topics_with_a_word_of_its_language(text, language, found):
    topics = [Thing({"en": "deliver*", "ru": "достав*"}), Thing({"en": "late"}), Thing()]

    assert topics_in(text, language, topics) == [topics[number] for number in found]


def test_an_answer_gets_its_topics_after_it_was_taken_and_once(survey):
    TopicFactory(name="Delivery")
    TopicFactory(name="Price", words={"en": "price"})
    invitation = InvitationFactory(wave__campaign__survey=survey)
    comment = survey.questions.get(kind="comment")
    submit_response(
        invitation=invitation, answers={comment.pk: "Fair price, fast delivery"}, language="en", at=NOON
    )
    say(survey, "All fine")
    assert tagged() == []

    deliver_events(at=NOON)
    tag_new_comments(responses=list(SurveyResponse.objects.values_list("pk", flat=True)))

    assert tagged() == [("Fair price, fast delivery", "Delivery"), ("Fair price, fast delivery", "Price")]
    tag = CommentTopic.objects.first()
    assert (tag.survey, tag.survey_response) == (survey, invitation.survey_response)


def test_an_answer_without_words_asks_for_no_topics(survey, django_assert_num_queries):
    TopicFactory()
    score = survey.questions.get(kind="nps")
    response = record_response(survey=survey, customer=None, answers={score.pk: 9}, at=NOON)

    with django_assert_num_queries(1):
        tag_new_comments(responses=[response.pk])


@pytest.mark.parametrize("responses", [1, 30])
def test_many_answers_cost_what_one_does(survey, responses, django_assert_num_queries):
    TopicFactory()
    said = [say(survey, f"Delivery {number}").pk for number in range(responses)]

    with django_assert_num_queries(8):  # two savepoints among them
        tag_new_comments(responses=said)

    assert CommentTopic.objects.count() == responses


def test_imported_answers_get_their_topics_too(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    TopicFactory(name="Delivery")
    lines = "2024-03-01 10:00,0,Late delivery,1\n2024-03-01 10:00,9,Fine,2\n"
    imported(f"Date,nps,why,Id\n{lines}".encode(), survey=hotel_survey())

    deliver_events(at=NOON)

    assert tagged() == [("Late delivery", "Delivery")]


def test_tests_are_about_nothing(survey):
    TopicFactory()
    response = say(survey, "Late delivery")
    SurveyResponse.objects.update(is_test=True)

    tag_new_comments(responses=[response.pk])

    assert tagged() == []


def test_other_words_are_looked_for_in_all_comments_again(survey, django_capture_on_commit_callbacks):
    topic = TopicFactory(name="Delivery")
    say(survey, "Late delivery")
    say(survey, "Rude courier")
    say(survey, "Broken box")
    deliver_events(at=NOON)
    assert [text for text, _name in tagged()] == ["Late delivery", "Rude courier"]

    topic.words = {"en": "courier\nbox"}
    with django_capture_on_commit_callbacks(execute=True) as rung:
        keep_topic(topic=topic, by=UserFactory(), at=NOON)

    assert len(rung) == 1
    assert read_comments()
    assert [text for text, _name in tagged()] == ["Rude courier", "Broken box"]
    assert not Topic.objects.unread().exists()


def test_another_name_reads_nothing_again_and_the_same_words_neither(
    survey, django_capture_on_commit_callbacks
):
    topic = TopicFactory(name="Delivery")
    topic.name = "Shipping"

    with django_capture_on_commit_callbacks() as rung:
        keep_topic(topic=topic, by=UserFactory(), at=NOON)

    assert rung == []
    assert Topic.objects.get().name == "Shipping"
    assert not Topic.objects.unread().exists()
    assert list(AuditEntry.objects.values_list("action", "detail")) == [("changed", {"fields": ["name"]})]


def test_a_new_topic_is_found_in_what_was_said_before_and_tells_how_far_it_is(survey, monkeypatch):
    monkeypatch.setattr(reading, "AT_ONCE", 2)
    for number in range(5):
        say(survey, f"Delivery {number}")
    topic = keep_topic(topic=Topic(name="Delivery", words={"en": "deliver*"}), by=None, at=NOON)
    assert (topic.percent, tagged()) == (0, [])

    steps = []
    while read_some():
        topic.refresh_from_db()
        steps.append((len(tagged()), topic.unread_below))

    assert [count for count, _place in steps] == [2, 4, 5]
    assert steps[0][1] > steps[1][1] > steps[2][1] == 0
    assert topic.percent == 100
    assert read_comments()
    assert len(tagged()) == 5


def test_a_worker_goes_on_where_the_one_before_was_killed(survey, monkeypatch):
    monkeypatch.setattr(reading, "AT_ONCE", 2)
    for number in range(5):
        say(survey, f"Delivery {number}")
    keep_topic(topic=Topic(name="Delivery", words={"en": "deliver*"}), by=None, at=NOON)
    read_some()
    assert not read_comments(seconds=0)
    place = Topic.objects.get().unread_below

    def killed(**_batch):
        raise RuntimeError

    with monkeypatch.context() as patch:
        patch.setattr(reading, "tag_comments", killed)
        with pytest.raises(RuntimeError):
            read_some()
    assert (Topic.objects.get().unread_below, len(tagged())) == (place, 2)

    read_comments_task()

    assert len(tagged()) == 5


def test_words_that_change_while_comments_are_read_begin_anew(survey, monkeypatch):
    monkeypatch.setattr(reading, "AT_ONCE", 2)
    for text in ("Delivery", "Courier", "Delivery", "Courier"):
        say(survey, text)
    topic = keep_topic(topic=Topic(name="Delivery", words={"en": "delivery"}), by=None, at=NOON)
    read_some()
    other = keep_topic(topic=Topic(name="Other", words={"en": "courier"}), by=None, at=NOON)

    topic.words = {"en": "courier"}
    keep_topic(topic=topic, by=None, at=NOON)
    assert read_comments()

    assert tagged() == [("Courier", "Delivery"), ("Courier", "Other")] * 2
    assert other.comments.count() == 2


def test_words_that_change_between_reading_and_writing_leave_nothing_of_the_old_ones(survey, monkeypatch):
    topic = TopicFactory(name="Delivery")
    response = say(survey, "Late delivery")
    write = reading.tag_comments

    def change_first(**batch):
        Topic.objects.filter(pk=topic.pk, words={"en": "deliver*\ncourier"}).update(words={"en": "courier"})
        return write(**batch)

    monkeypatch.setattr(reading, "tag_comments", change_first)
    tag_new_comments(responses=[response.pk])

    assert tagged() == []


def test_a_text_that_is_erased_while_it_is_read_gets_no_topic(survey, monkeypatch):
    TopicFactory()
    response = say(survey, "Late delivery")
    match = reading.topics_in

    def erase_first(*given):
        forget_comments([response.answers.get().pk], NOON)
        return match(*given)

    monkeypatch.setattr(reading, "topics_in", erase_first)
    tag_new_comments(responses=[response.pk])

    assert tagged() == []


def test_an_erased_comment_loses_its_topics_and_no_other_does(survey):
    TopicFactory(name="Delivery")
    erased, _stays = say(survey, "My delivery"), say(survey, "Your delivery")
    deliver_events(at=NOON)

    forget_comments([erased.answers.get().pk], NOON)

    assert tagged() == [("Your delivery", "Delivery")]


def test_a_merge_takes_the_topics_along(survey):
    TopicFactory(name="Delivery")
    kept, merged = CustomerFactory(), CustomerFactory()
    say(survey, "My delivery", customer=merged)
    deliver_events(at=NOON)

    merge(kept=kept, merged=merged, by=UserFactory(), at=NOON)

    assert CommentTopic.objects.get().survey_response.customer == kept


def test_a_topic_taken_away_leaves_the_comments(survey):
    topic = TopicFactory()
    say(survey, "My delivery")
    deliver_events(at=NOON)

    drop_topic(topic=topic, by=UserFactory(), at=NOON)

    assert (CommentTopic.objects.count(), Topic.objects.count(), Answer.objects.count()) == (0, 0, 1)
    assert AuditEntry.objects.get().detail["topic"] == topic.name


def test_starters_have_words_in_every_language_and_keep_what_is_there():
    TopicFactory(name="Price", words={"en": "mine"})

    assert (add_starter_topics(by=None, at=NOON), add_starter_topics(by=None, at=NOON)) == (5, 0)

    assert set(Topic.objects.values_list("name", flat=True)) == {
        "Delivery", "Price", "Staff", "Product", "Website and app", "Waiting",
    }  # fmt: skip
    assert Topic.objects.get(name="Price").words == {"en": "mine"}
    assert all(set(words) == set(LANGUAGES) for _name, words in STARTER_TOPICS)


@pytest.mark.parametrize(
    ("language", "text", "names"),
    [
        ("en", "The parcel arrived late and broken", ["Delivery", "Product", "Waiting"]),
        ("en", "Friendly staff, but the app is expensive", ["Price", "Staff", "Website and app"]),
        ("en", "I feel fine and happy, the broker sits in the packed centre", []),
        ("ru", "Курьер привёз сломанный товар", ["Delivery", "Product"]),
        ("ru", "Очень дорого, а приложение тормозит", ["Price", "Website and app"]),
        ("ru", "По дороге в центр", []),
        ("bs", "Racun je velik, cekala sam dugo", ["Price", "Waiting"]),
        ("bs", "Sve je u redu, računar radi", []),
        ("fa", "قیمت‌ها گران است و کارکنان مودب نیستند", ["Price", "Staff"]),
        ("fa", "پشت خط ماندم", ["Waiting"]),
        ("zh-hans", "快递等了三天,产品坏了", ["Delivery", "Product", "Waiting"]),
        ("zh-hans", "客服态度好,价格便宜", ["Price", "Staff"]),
    ],
)
def test_starters_find_what_people_say(language, text, names):
    with translation.override("en"):
        add_starter_topics(by=None, at=NOON)

    assert [topic.name for topic in topics_in(text, language, Topic.objects.all())] == names


@pytest.mark.parametrize(
    ("reading_from", "unread_below", "percent"),
    [(None, 0, 0), (200, 200, 0), (200, 199, 0), (200, 50, 75), (200, 1, 99), (200, 0, 100), (1, 1, 0)],
)
def test_how_far_it_is(reading_from, unread_below, percent):
    assert Topic(reading_from=reading_from, unread_below=unread_below).percent == percent

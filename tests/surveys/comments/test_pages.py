"""Topics as marketing sets them up, and who else reads them."""

import pytest
from django.urls import reverse

from events.delivery import deliver_events
from staff.models import AuditEntry
from staff.units import create_unit
from surveys.answering.responses import record_response
from surveys.comments.topics import read_comments
from surveys.models import CommentTopic, Topic
from tests.conftest import NOON
from tests.factories.customers import CustomerFactory
from tests.factories.staff import UserFactory
from tests.factories.surveys import SurveyFactory, TopicFactory

pytestmark = pytest.mark.django_db
LIST, ADD = reverse("admin:surveys_topic_changelist"), reverse("admin:surveys_topic_add")
STARTERS, TRY = reverse("admin:surveys_topic_starters"), reverse("admin:surveys_topic_try")
READING = reverse("admin:surveys_topic_reading")


@pytest.fixture
def marketing(client):
    client.force_login(UserFactory(roles=["Marketing"]))
    return client


def written(name="Delivery", *, en="deliver*", ru="", **changes):
    return {"name": name, "words_en": en, "words_ru": ru, **changes}


def say(survey, text, customer=None):
    comment = survey.questions.get(kind="comment")
    record_response(survey=survey, customer=customer, answers={comment.pk: text}, at=NOON)


def change(topic):
    return reverse("admin:surveys_topic_change", args=[topic.pk])


def test_a_topic_is_written_changed_and_taken_away_each_with_its_entry(marketing):
    say(SurveyFactory(), "Late delivery")
    assert marketing.post(ADD, written(en=" deliver* \n\ncourier\ndeliver*", ru="достав*")).url == LIST
    topic = Topic.objects.get()
    assert topic.words == {"en": "deliver*\ncourier", "ru": "достав*"}
    assert "Comments are being read for “Delivery”: 0%" in marketing.get(LIST).content.decode()
    read_comments()
    html = marketing.get(LIST).content.decode()
    assert "deliver* · courier" in html
    assert "being read" not in html
    assert marketing.get(LIST).context["cl"].result_list[0].comment_count == 1

    marketing.post(change(topic), written(name="Shipping", en="courier"))
    assert "being read for “Shipping”" in marketing.get(change(topic)).content.decode()
    read_comments()
    assert not CommentTopic.objects.exists()

    asked = marketing.post(reverse("admin:surveys_topic_delete", args=[topic.pk])).content.decode()
    assert "Shipping" in asked
    marketing.post(reverse("admin:surveys_topic_delete", args=[topic.pk]), {"post": "yes"})
    assert not Topic.objects.exists()
    entries = AuditEntry.objects.filter(subject_kind="surveys.topic").order_by("pk")
    assert list(entries.values_list("action", "detail")) == [
        ("created", {"fields": []}),
        ("changed", {"fields": ["name", "words"]}),
        ("deleted", {"topic": "Shipping"}),
    ]


def test_several_are_taken_away_at_once_and_their_comments_only_counted(marketing):
    topics = [TopicFactory(), TopicFactory()]
    say(SurveyFactory(), "Late delivery")
    deliver_events(at=NOON)
    chosen = {"action": "delete_selected", "_selected_action": [topic.pk for topic in topics]}

    asked = marketing.post(LIST, chosen)
    assert asked.context["model_count"] == [("topics", 2), ("topics of comments", 2)] or dict(
        asked.context["model_count"]
    ) == {"topics": 2, "topics of comments": 2}
    marketing.post(LIST, chosen | {"post": "yes"})

    assert (Topic.objects.count(), CommentTopic.objects.count()) == (0, 0)


@pytest.mark.parametrize(
    ("given", "field", "said"),
    [
        ({"name": ""}, "name", "This field is required."),
        ({"name": "Price"}, "name", "Topic with this Name already exists."),
        ({"en": " \n "}, "words", "Write at least one word, in one language."),
        ({"en": "late\n*"}, "words", "“*” has no letter or digit that could be found."),
        ({"ru": "…"}, "words", "“…” has no letter or digit that could be found."),
        ({"en": "x" * 4001}, "words", "Ensure this value has at most 4000 characters (it has 4001)."),
    ],
)
def test_a_topic_that_cannot_be_is_refused_at_its_field(marketing, given, field, said):
    TopicFactory(name="Price")

    page = marketing.post(ADD, written(**given))

    assert page.context["adminform"].form.errors == {field: [said]}
    assert Topic.objects.count() == 1


def test_an_empty_page_says_what_a_topic_is_good_for_and_offers_a_start(marketing):
    html = marketing.get(LIST).content.decode()
    assert "No topics yet. A topic is a name" in html
    assert f'formaction="{STARTERS}"' in html

    assert marketing.post(STARTERS).url == LIST

    html = marketing.get(LIST).content.decode()
    assert "6 topics were added." in html
    assert "No topics yet" not in html
    assert marketing.get(STARTERS).status_code == 405
    assert Topic.objects.count() == 6


@pytest.mark.parametrize("topics", [1, 3])
def test_the_list_costs_the_same_for_any_number(marketing, topics, django_assert_num_queries):
    TopicFactory.create_batch(topics)
    say(SurveyFactory(), "Late delivery")
    deliver_events(at=NOON)
    marketing.get(LIST)

    with django_assert_num_queries(8):
        page = marketing.get(LIST)

    assert [topic.comment_count for topic in page.context["cl"].result_list] == [1] * topics


def test_a_sentence_is_tried_before_anything_is_kept(marketing):
    own = TopicFactory(name="Delivery", words={"en": "parcel"})
    TopicFactory(name="Price", words={"en": "price"})
    form = written(en="deliver*", topic=own.pk, language="en")

    found = marketing.post(TRY, form | {"sentence": "Late delivery, high price"}).content.decode()
    other = marketing.post(TRY, form | {"sentence": "My parcel <b>"}).content.decode()
    new = marketing.post(TRY, written(name="") | {"sentence": "Delivery", "language": "en"}).content.decode()

    assert ("has it" in found, "<bdi>Price</bdi>" in found) == (True, True)
    assert ("does not have it" in other, "Price" in other, "<b>" in other) == (True, False, False)
    assert "This topic" in new
    assert "Other topics" not in new
    assert Topic.objects.get(pk=own.pk).words == {"en": "parcel"}


@pytest.mark.parametrize(
    "given", [{}, {"sentence": ""}, {"sentence": "x", "language": "xx"}, {"sentence": "x", "topic": "y"}]
)
def test_nothing_to_try_shows_nothing(marketing, given):
    assert marketing.post(TRY, given).content == b""


def test_a_page_that_is_open_tells_how_far_the_reading_is(marketing):
    topic = TopicFactory(name="Delivery", reading_from=200, unread_below=50)
    other = TopicFactory(reading_from=None)

    one = marketing.get(READING, {"topic": topic.pk}).content.decode()
    both = marketing.get(READING).content.decode()
    Topic.objects.update(reading_from=1, unread_below=0)
    done = marketing.get(READING).content.decode()

    assert ("75%, the newest first" in one, other.name in one, f"?topic={topic.pk}" in one) == (
        True,
        False,
        True,
    )
    assert other.name in both
    assert "All comments are read." in done
    assert "hx-get" not in done


@pytest.mark.parametrize(("role", "reads"), [("Analysts", 200), ("Support", 200), ("Loyalty", 403)])
def test_others_read_them_or_not_and_change_nothing(client, role, reads):
    topic = TopicFactory(name="Delivery", words={"en": "late"})
    client.force_login(UserFactory(roles=[role]))

    looks = [
        client.get(LIST),
        client.get(change(topic)),
        client.get(READING),
    ]
    assert {page.status_code for page in looks} == {reads}
    tried = client.post(TRY, written() | {"sentence": "x", "language": "en"})
    assert tried.status_code == reads
    refused = [
        client.post(ADD, written("Other")),
        client.post(STARTERS),
        client.post(change(topic), written()),
        client.post(reverse("admin:surveys_topic_delete", args=[topic.pk]), {"post": "yes"}),
    ]
    assert {page.status_code for page in refused} == {403}
    assert list(Topic.objects.values_list("name", "words")) == [("Delivery", {"en": "late"})]


def test_who_sees_one_unit_counts_its_comments_and_changes_no_topic(client):
    unit = create_unit(name="Shop", kind="brand")
    topic, survey = TopicFactory(), SurveyFactory()
    for customer in (CustomerFactory(unit=unit), CustomerFactory(), None):
        say(survey, "Late delivery", customer)
    deliver_events(at=NOON)
    client.force_login(UserFactory(roles=["Marketing"], unit=unit))

    page = client.get(LIST)

    assert page.context["cl"].result_list[0].comment_count == 1
    assert client.post(change(topic), written()).status_code == 403
    assert client.post(STARTERS).status_code == 403
    assert CommentTopic.objects.count() == 3

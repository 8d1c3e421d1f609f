"""What everybody may read: only what is done and meant for everybody, in their language."""

from datetime import timedelta

import pytest
from django.urls import reverse

from followups.improvements.publishing import public_improvements
from followups.improvements.raising import link_follow_ups
from followups.models import FollowUp
from staff.units import create_unit
from surveys.models import Theme
from tests.conftest import NOON
from tests.factories.followups import FollowUpFactory, FollowUpRuleFactory, ImprovementFactory

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def brand_page(brand):
    return reverse("better-brand", args=[brand.pk])


def test_only_what_is_done_and_public_stands_there_the_latest_first(client):
    older, newer = (
        ImprovementFactory(state=state, is_public=True, done_at=NOON + n * DAY)
        for n, state in enumerate(("measured", "done"))
    )
    for state in ("proposed", "planned", "doing", "declined"):
        ImprovementFactory(state=state, is_public=True)
    ImprovementFactory(state="done")

    told = public_improvements(None, language="en")
    page = client.get(reverse("better"))

    assert [each.done_at for each in told] == [newer.done_at, older.done_at]
    assert page.content.decode().count("We opened a second counter.") == 2
    assert older.title not in page.content.decode()  # a title is for colleagues


def test_a_text_is_read_in_ones_language_else_in_the_main_one(client):
    ImprovementFactory(
        state="done",
        is_public=True,
        you_said={"en": "The queue was long.", "fa": "صف طولانی بود."},
        what_we_did={"en": "A second counter."},
    )

    page = client.get(reverse("better"), headers={"Accept-Language": "fa-IR,fa;q=0.9"})
    chosen = client.get(reverse("better"), {"lang": "ru"}, headers={"Accept-Language": "fa"})

    assert '<html lang="fa" dir="rtl">' in page.content.decode()
    assert '<p lang="fa" dir="auto">صف طولانی بود.</p>' in page.content.decode()
    assert '<p lang="en" dir="auto">A second counter.</p>' in page.content.decode()
    assert '<html lang="ru" dir="ltr">' in chosen.content.decode()


@pytest.mark.parametrize(("people", "shown"), [(4, None), (5, 5)])
def test_how_many_raised_it_is_said_of_five_and_more(people, shown):
    improvement, rule = ImprovementFactory(state="done", is_public=True), FollowUpRuleFactory()
    for _ in range(people):
        FollowUpFactory(rule=rule)
    link_follow_ups(improvement=improvement, follow_ups=FollowUp.objects.all(), by=None, at=NOON)

    assert [each.people for each in public_improvements(None, language="en")] == [shown]


def test_a_brand_has_a_page_in_its_look_with_what_concerns_it(client):
    meridian, other = create_unit(name="Meridian", kind="brand"), create_unit(name="Otherwise", kind="brand")
    shop = create_unit(name="Shop A", kind="location", parent=meridian)
    Theme.objects.create(name="Red", unit=meridian, accent="#aa0000")
    for unit, text in ((shop, "In the shop."), (None, "Everywhere."), (other, "At the other.")):
        ImprovementFactory(state="done", is_public=True, unit=unit, what_we_did={"en": text})

    page = client.get(brand_page(meridian)).content.decode()
    index = client.get(reverse("better")).content.decode()

    assert [text in page for text in ("In the shop.", "Everywhere.", "At the other.")] == [True, True, False]
    assert "#aa0000" in page
    assert all(f"{brand_page(brand)}?lang=en" in index for brand in (meridian, other))
    assert client.get(brand_page(shop)).status_code == 404


@pytest.mark.parametrize("number", [0, 7, 2**63, 10**30])
def test_there_is_no_page_of_a_brand_that_is_none(client, number):
    assert client.get(f"/better/{number}/").status_code == 404


def test_an_empty_page_says_so_and_no_page_is_anybodys_business_but_the_readers(client):
    page = client.get(reverse("better"))

    assert "Nothing stands here yet." in page.content.decode()
    assert page.headers["X-Robots-Tag"] == "index, follow"
    assert page.headers["Content-Security-Policy"].startswith("default-src 'none'; style-src 'self'")
    assert not page.cookies
    assert client.post(reverse("better")).status_code == 405


def test_the_page_needs_as_many_queries_for_three_as_for_one(client, django_assert_num_queries):
    brand = create_unit(name="Meridian", kind="brand")
    for n in (1, 2):
        for _ in range(n):
            ImprovementFactory(state="done", is_public=True, unit=brand)
        with django_assert_num_queries(4):
            client.get(brand_page(brand))

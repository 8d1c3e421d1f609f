import pytest

from staff.models import User
from staff.units import create_unit
from tests.factories.followups import FollowUpFactory, FollowUpRuleFactory, ImprovementFactory
from tests.factories.staff import UserFactory

pytestmark = pytest.mark.django_db


def address(improvement, step=""):
    return f"/api/v1/improvements/{improvement.pk}/{step}"


def test_a_program_reads_an_improvement_and_links_a_follow_up_once(api):
    improvement, follow_up = ImprovementFactory(title="A second counter"), FollowUpFactory()

    for _time in range(2):
        page = api.post(address(improvement, "link/"), {"follow_up": follow_up.pk})

    assert (page.status_code, page.json()["people"]) == (200, 1)
    assert [(step["kind"], step["author"], step["text"]) for step in page.json()["steps"]] == [
        ("linked", User.objects.get().pk, "1")
    ]
    assert api.get(address(improvement)).json() == page.json()
    assert api.get("/api/v1/improvements/").json()["results"] == [page.json()]


def test_the_list_counts_who_raised_each_and_is_narrowed(api):
    rule = FollowUpRuleFactory()
    first, second = ImprovementFactory(state="done"), ImprovementFactory()
    for improvement, people in ((first, 2), (second, 1)):
        for _ in range(people):
            api.post(address(improvement, "link/"), {"follow_up": FollowUpFactory(rule=rule).pk})

    listed = api.get("/api/v1/improvements/").json()["results"]
    done = api.get("/api/v1/improvements/?state=done").json()["results"]

    assert [(row["id"], row["people"]) for row in listed] == [(second.pk, 1), (first.pk, 2)]
    assert [row["id"] for row in done] == [first.pk]


def test_a_follow_up_of_a_customer_elsewhere_is_no_choice(client):
    unit = create_unit(name="Meridian", kind="brand")
    client.force_login(UserFactory(roles=["Support"], unit=unit))
    improvement, stranger = ImprovementFactory(unit=unit), FollowUpFactory()

    page = client.post(
        address(improvement, "link/"), {"follow_up": stranger.pk}, content_type="application/json"
    )

    assert page.status_code == 400
    assert not improvement.voices.exists()


def test_who_only_reads_cannot_link(client):
    client.force_login(UserFactory(roles=["Analysts"]))
    improvement, follow_up = ImprovementFactory(), FollowUpFactory()

    page = client.post(
        address(improvement, "link/"), {"follow_up": follow_up.pk}, content_type="application/json"
    )

    assert (client.get(address(improvement)).status_code, page.status_code) == (200, 403)
    assert not improvement.voices.exists()

import pytest

from customers.models import Segment
from tests.factories.customers import CustomerFactory, SegmentFactory
from tests.factories.surveys import CampaignFactory

pytestmark = pytest.mark.django_db
SEGMENTS = "/api/v1/segments/"
IN_BOSNIAN = {"field": "language", "op": "is", "value": "bs"}


def test_a_program_makes_a_segment_counts_it_changes_it_and_deletes_it(api):
    CustomerFactory.create_batch(2, language="bs")
    CustomerFactory(language="fa")

    made = api.post(SEGMENTS, {"name": "Bosnian", "rule": IN_BOSNIAN})
    segment = f"{SEGMENTS}{made.json()['id']}/"

    assert (made.status_code, api.get(f"{segment}count/").json()) == (201, {"count": 2})
    assert api.patch(segment, {"rule": {"not": IN_BOSNIAN}}).json()["rule"] == {"not": IN_BOSNIAN}
    assert api.get(f"{segment}count/").json() == {"count": 1}
    assert api.delete(segment).status_code == 204
    assert Segment.objects.count() == 0


def test_a_name_is_taken_once(api):
    SegmentFactory(name="Loyal")

    page = api.post(SEGMENTS, {"name": "Loyal"})

    assert (page.status_code, list(page.json()["errors"])) == (400, ["name"])
    assert Segment.objects.count() == 1


def test_a_segment_a_campaign_uses_stays(api):
    segment = SegmentFactory()
    CampaignFactory(segment=segment)

    page = api.delete(f"{SEGMENTS}{segment.pk}/")

    assert (page.status_code, page.json()["code"]) == (409, "segment_in_use")
    assert Segment.objects.count() == 1

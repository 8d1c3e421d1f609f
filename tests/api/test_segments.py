import pytest

from customers.models import Segment
from tests.factories.customers import CustomerFactory, IdentityFactory, SegmentFactory
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
    CampaignFactory(segment=segment, name="Spring")
    inside = {"field": "segment", "op": "is", "value": str(segment.pk)}
    SegmentFactory(name="Loyal Persians", rule={"all": [inside]})

    page = api.delete(f"{SEGMENTS}{segment.pk}/")

    assert (page.status_code, page.json()["code"]) == (409, "segment_in_use")
    assert "Campaign “Spring”, Segment “Loyal Persians”" in page.json()["detail"]
    assert Segment.objects.filter(pk=segment.pk).exists()


def test_a_segment_does_not_become_part_of_itself(api):
    segment = SegmentFactory()

    page = api.patch(
        f"{SEGMENTS}{segment.pk}/", {"rule": {"field": "segment", "op": "is", "value": str(segment.pk)}}
    )

    assert (page.status_code, list(page.json()["errors"])) == (400, ["rule"])


def test_programs_keep_lists(api):
    made = api.post("/api/v1/segments/", {"name": "VIP", "kind": "list"}).json()
    customer = IdentityFactory(value="ana@mail.example").customer
    address = f"/api/v1/segments/{made['id']}/members/"
    nobody = {"kind": "email", "value": "nobody@mail.example"}

    added = api.post(
        address,
        {
            "customers": [customer.pk, 10**9],
            "identities": [{"kind": "email", "value": "ana@mail.example"}, nobody],
        },
    )
    why = api.get(f"/api/v1/segments/{made['id']}/explain/", {"customer": customer.pk})
    removed = api.delete(address, {"customers": [customer.pk]})

    assert added.json() == {"added": 1, "unknown": ["nobody@mail.example", str(10**9)]}
    assert why.json()["holds"] is True
    assert removed.json() == {"removed": 1}


def test_a_rule_takes_no_members(api):
    segment = SegmentFactory(rule=IN_BOSNIAN)

    page = api.post(f"/api/v1/segments/{segment.pk}/members/", {"customers": [CustomerFactory().pk]})

    assert (page.status_code, page.json()["code"]) == (409, "not_a_list")

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from staff.models import Unit
from staff.units import UnitRefused, create_unit, delete_unit, move_unit, rename_unit, unit_named, units_below
from tests.factories.customers import CustomerFactory
from tests.factories.staff import UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def brand():
    return create_unit(name="Meridian", kind="brand")


@pytest.fixture
def shop(brand):
    return create_unit(name="Sarajevo", kind="location", parent=brand)


def paths() -> dict[str, str]:
    return dict(Unit.objects.values_list("name", "path"))


def test_a_path_leads_from_the_top(brand, shop):
    desk = create_unit(name="Desk", kind="team", parent=shop)

    assert desk.path == f"/{brand.pk}/{shop.pk}/{desk.pk}/"
    assert set(units_below(shop)) == {shop, desk}


def test_a_move_takes_all_below_along(brand, shop):
    other = create_unit(name="Orbit", kind="brand")
    desk = create_unit(name="Desk", kind="team", parent=shop)

    move_unit(unit=shop, parent=other)

    assert paths() == {
        "Meridian": f"/{brand.pk}/",
        "Orbit": f"/{other.pk}/",
        "Sarajevo": f"/{other.pk}/{shop.pk}/",
        "Desk": f"/{other.pk}/{shop.pk}/{desk.pk}/",
    }
    assert shop.parent == other


@pytest.mark.parametrize(
    ("kind", "above", "why"),
    [
        ("brand", "Meridian", "A brand stands at the top: leave “part of” empty."),
        ("location", None, "A location is part of a brand: choose one."),
        ("location", "Sarajevo", "A location is part of a brand: choose one."),
        ("team", None, "A team is part of a location or a brand: choose one."),
    ],
)
def test_kinds_nest(brand, shop, kind, above, why):
    before = paths()

    with pytest.raises(UnitRefused, match=why):
        create_unit(name="New", kind=kind, parent=unit_named(above) if above else None)

    assert paths() == before


def test_a_loop_and_a_name_taken_are_refused(brand, shop):
    create_unit(name="Zenica", kind="location", parent=brand)
    before = paths()

    with pytest.raises(UnitRefused, match="cannot be part of itself"):
        move_unit(unit=brand, parent=shop)
    with pytest.raises(UnitRefused, match="There is a unit “Zenica” in this place already"):
        rename_unit(unit=shop, name="Zenica")

    assert paths() == before


def test_a_unit_in_use_is_not_deleted(brand, shop):
    CustomerFactory(unit=shop)
    CustomerFactory(unit=shop)
    UserFactory(unit=shop)

    with pytest.raises(UnitRefused, match=r"“Sarajevo” still has .*2 customers"):
        delete_unit(unit=shop)
    with pytest.raises(UnitRefused, match="1 unit"):
        delete_unit(unit=brand)

    assert Unit.objects.count() == 2


def test_a_name_finds_one_unit_or_says_why_not(brand, shop):
    create_unit(name="Sarajevo", kind="location", parent=create_unit(name="Orbit", kind="brand"))

    assert unit_named(" meridian ") == brand
    with pytest.raises(UnitRefused, match="Several units"):
        unit_named("Sarajevo")
    with pytest.raises(UnitRefused, match="There is no unit “Mars”"):
        unit_named("Mars")


class TreeStaysRight(TestCase):
    @settings(max_examples=30, deadline=None)
    @given(moves=st.lists(st.tuples(st.integers(0, 8), st.integers(0, 8)), max_size=12))
    def test_after_any_moves_every_path_is_that_of_the_parent_and_the_own_number(self, moves):
        brands = [create_unit(name=f"B{n}", kind="brand") for n in range(3)]
        shops = [create_unit(name=f"L{n}", kind="location", parent=brands[0]) for n in range(3)]
        units = [
            *brands,
            *shops,
            *(create_unit(name=f"T{n}", kind="team", parent=shops[0]) for n in range(3)),
        ]

        for moved, above in moves:
            try:
                move_unit(unit=units[moved], parent=Unit.objects.get(pk=units[above].pk))
            except UnitRefused:
                continue

        for unit in Unit.objects.select_related("parent"):
            assert unit.path == f"{unit.parent.path if unit.parent else '/'}{unit.pk}/"


def test_the_page_adds_moves_and_refuses(client, brand, shop):
    client.force_login(UserFactory(roles=["Administrators"]))
    typed = {"name": "Desk", "kind": "team", "parent": shop.pk}

    refused = client.post(reverse("admin:staff_unit_add"), typed | {"parent": ""})
    client.post(reverse("admin:staff_unit_add"), typed)
    desk = unit_named("Desk")
    client.post(reverse("admin:staff_unit_change", args=[desk.pk]), {"name": "Help", "parent": brand.pk})
    client.post(reverse("admin:staff_unit_delete", args=[brand.pk]), {"post": "yes"})

    assert "A team is part of a location or a brand: choose one." in refused.content.decode()
    assert paths() == {
        "Meridian": f"/{brand.pk}/",
        "Sarajevo": f"/{brand.pk}/{shop.pk}/",
        "Help": f"/{brand.pk}/{desk.pk}/",
    }


def test_the_list_asks_the_same_with_one_and_with_three(client, brand):
    client.force_login(UserFactory(is_superuser=True))
    page = reverse("admin:staff_unit_changelist")
    client.get(page)
    counts = []
    for n in range(3):
        if n != 1:
            with CaptureQueriesContext(connection) as asked:
                assert client.get(page).status_code == 200
            counts.append(len(asked))
        CustomerFactory(unit=create_unit(name=f"Shop {n}", kind="location", parent=brand))

    assert counts[0] == counts[1] <= 9

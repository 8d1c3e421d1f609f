"""Staff make ways to ask, and print, copy and set up what they need for them."""

import re

import pytest
from django.conf import settings
from django.urls import reverse

from staff.units import create_unit
from surveys.models import SurveyLink, Theme
from surveys.ways.links import SIGNS, new_code
from tests.factories.staff import UserFactory
from tests.factories.surveys import SurveyFactory, SurveyLinkFactory, SurveyResponseFactory

pytestmark = pytest.mark.django_db
ADD = "admin:surveys_surveylink_add"
PLAIN = {"kind": "open", "name": "Counter", "is_active": "on", "work": "0", "button": "on"}


@pytest.fixture
def marketing(client):
    user = UserFactory(roles=["Marketing"])
    client.force_login(user)
    return user


@pytest.fixture
def shops():
    brand = create_unit(name="Meridian", kind="brand")
    return [create_unit(name=name, kind="location", parent=brand) for name in ("Sarajevo", "Zenica")]


def page_of(link, name="look"):
    return reverse(f"admin:surveys_surveylink_{name}", args=[link.pk])


def test_a_new_link_gets_a_code_and_shows_what_to_do_with_it(client, marketing):
    survey = SurveyFactory(name="Visit")

    page = client.post(reverse(ADD), PLAIN | {"survey": survey.pk}, follow=True)

    link = SurveyLink.objects.get()
    assert re.fullmatch(f"[{SIGNS}]{{8}}", link.code)
    assert page.redirect_chain == [(page_of(link), 302)]
    html = page.content.decode()
    assert f'value="{settings.PUBLIC_BASE_URL}/a/{link.code}/"' in html
    assert all(page_of(link, name) in html for name in ("svg", "png"))
    assert client.get(f"/a/{link.code}/").status_code == 200


def test_codes_are_not_the_same_twice():
    assert len({new_code() for _time in range(1000)}) == 1000


def test_the_tag_for_the_website_is_ready_to_copy_and_the_rules_are_kept(client, marketing):
    given = PLAIN | {
        "survey": SurveyFactory().pk,
        "kind": "embed",
        "sites": "https://Shop.example/\n\nhttps://www.shop.example",
        "opens_after": "5",
        "path": "/shop/*",
        "label_en": "Tell us",
        "rest": "20",
    }

    page = client.post(reverse(ADD), given, follow=True)

    link = SurveyLink.objects.get()
    assert link.sites == ["https://shop.example", "https://www.shop.example"]
    assert link.rules == {"button": True, "label": {"en": "Tell us"}, "delay": 5, "path": "/shop/*"}
    html = page.content.decode()
    assert (
        f'&lt;script src="{settings.PUBLIC_BASE_URL}/embed/{link.code}.js" async&gt;&lt;/script&gt;' in html
    )
    assert f'data-cx-survey="{link.code}"' in html
    assert client.get(page_of(link, "svg")).status_code == 404


def test_a_survey_may_open_at_once(client, marketing):
    given = {"survey": SurveyFactory().pk, "kind": "embed", "sites": "https://a.example", "opens_after": "0"}

    client.post(reverse(ADD), {**PLAIN, "button": "", **given})

    assert SurveyLink.objects.get().rules == {"button": False, "delay": 0}


@pytest.mark.parametrize(
    ("given", "field", "said"),
    [
        ({"kind": "embed"}, "sites", "Name at least one site"),
        ({"kind": "embed", "sites": "shop.example"}, "sites", "https:// and its name"),
        ({"kind": "embed", "sites": "https://a.example", "scroll": "300"}, "scroll", "1 to 100 percent"),
        ({"kind": "embed", "sites": "https://a.example", "share": "0"}, "share", "1 to 100"),
        ({"kind": "embed", "sites": "https://a.example", "path": "shop"}, "path", "begins with a slash"),
        ({"kind": "kiosk", "rest": "2"}, "rest", "5 to 600"),
        ({"kind": "pigeon"}, "kind", "not one of the available choices"),
        ({"work": "22"}, "work", "not one of the available choices"),
    ],
)
def test_what_cannot_be_is_said_beside_its_field_and_nothing_typed_is_lost(
    client, marketing, given, field, said
):
    page = client.post(reverse(ADD), PLAIN | {"survey": SurveyFactory().pk} | given)

    assert page.status_code == 200
    assert said in str(page.context["adminform"].form.errors[field])
    assert all(str(value) in page.content.decode() for name, value in given.items() if name != "kind")
    assert SurveyLink.objects.count() == 0


def test_a_link_is_changed_and_its_rules_are_there_again(client, marketing):
    link = SurveyLinkFactory(
        kind="embed",
        sites=["https://a.example"],
        rules={"scroll": 40, "button": False, "label": {"en": "Hi"}},
    )
    address = reverse("admin:surveys_surveylink_change", args=[link.pk])
    form = client.get(address).context["adminform"].form
    shown = {
        name: form.get_initial_for_field(form.fields[name], name) for name in ("sites", "scroll", "button")
    }
    assert shown == {"sites": "https://a.example", "scroll": 40, "button": False}

    client.post(
        address,
        {"survey": link.survey_id, "kind": "kiosk", "name": "Door", "work": "0", "rest": "45"},
    )

    link.refresh_from_db()
    assert (link.kind, link.name, link.is_active, link.sites, link.rules) == (
        "kiosk",
        "Door",
        False,
        [],
        {"rest": 45},
    )


def test_every_place_gets_one_code_however_often_they_are_asked_for(client, marketing, shops):
    survey = SurveyFactory()
    kept = SurveyLinkFactory(survey=survey, kind="qr", unit=shops[0], code="kept", name="The old one")
    given = {"survey": survey.pk, "units": [shop.pk for shop in shops]}

    pages = [client.post(reverse("admin:surveys_surveylink_codes"), given) for _time in range(2)]

    assert list(SurveyLink.objects.order_by("pk").values_list("name", "unit__name", "kind")) == [
        ("The old one", "Sarajevo", "qr"),
        ("Zenica", "Zenica", "qr"),
    ]
    sheets = client.get(pages[1].url).content.decode()
    assert sheets.count('class="sheet"') == 2
    assert sheets.count('class="side"') == 4
    assert f"/a/{kept.code}" in sheets


def test_no_place_chosen_is_asked_for(client, marketing, shops):
    page = client.post(reverse("admin:surveys_surveylink_codes"), {"survey": SurveyFactory().pk})

    assert "Choose at least one place." in page.content.decode()
    assert SurveyLink.objects.count() == 0


def test_without_places_the_page_says_where_to_add_them(client, marketing):
    page = client.get(reverse("admin:surveys_surveylink_codes"))

    assert "There is no location yet" in page.content.decode()


def test_a_tent_speaks_a_language_on_each_side_in_the_brands_colour(client, marketing):
    survey = SurveyFactory(
        title={"en": "Your visit", "fa": "بازدید شما"},
        theme=Theme.objects.create(name="Red", accent="#a00000"),
    )
    link = SurveyLinkFactory(survey=survey, kind="qr", code="counter")

    html = client.get(
        reverse("admin:surveys_surveylink_tents"), {"link": link.pk, "back": "fa", "front": "xx"}
    ).content.decode()

    sides = re.findall(r'class="side" lang="(\w+)" dir="(\w+)">.*?<h2>(.*?)</h2>', html, re.DOTALL)
    assert sides == [("en", "ltr", "Your visit"), ("fa", "rtl", "بازدید شما")]
    assert "--accent: #a00000" in html
    assert html.count(f"{settings.PUBLIC_BASE_URL.partition('//')[2]}/a/counter<") == 2


@pytest.mark.parametrize("query", ["", "?link=x", "?link=999999999999999999999", "?link=1&link=2"])
def test_sheets_of_links_that_are_not_there(client, marketing, query):
    assert client.get(reverse("admin:surveys_surveylink_tents") + query).status_code == 404


def test_a_code_is_drawn_and_downloaded(client, marketing):
    link = SurveyLinkFactory(kind="qr", code="counter")

    svg, png, saved = (
        client.get(page_of(link, name) + query)
        for name, query in (("svg", ""), ("png", ""), ("png", "?download"))
    )

    assert svg.headers["Content-Type"] == "image/svg+xml"
    assert svg.content.startswith(b"<svg")
    assert png.content.startswith(b"\x89PNG")
    assert saved.headers["Content-Disposition"] == 'attachment; filename="qr-counter.png"'


def test_who_sees_one_shop_makes_and_prints_codes_of_that_shop_alone(client, shops):
    client.force_login(UserFactory(roles=["Marketing"], unit=shops[0]))
    survey = SurveyFactory()
    theirs = SurveyLinkFactory(survey=survey, kind="qr", unit=shops[1])

    client.post(reverse(ADD), PLAIN | {"survey": survey.pk})
    refused = client.post(
        reverse("admin:surveys_surveylink_codes"), {"survey": survey.pk, "units": [shops[1].pk]}
    )

    assert list(SurveyLink.objects.exclude(pk=theirs.pk).values_list("unit", flat=True)) == [shops[0].pk]
    assert refused.status_code == 200
    assert client.get(page_of(theirs)).status_code == 404
    assert client.get(reverse("admin:surveys_surveylink_tents"), {"link": theirs.pk}).status_code == 404


def test_a_link_that_was_answered_stays(client):
    client.force_login(UserFactory(is_superuser=True, is_staff=True))
    link = SurveyLinkFactory()
    SurveyResponseFactory(link=link, survey=link.survey)

    page = client.post(reverse("admin:surveys_surveylink_delete", args=[link.pk]), {"post": "yes"})

    assert page.status_code == 403
    assert SurveyLink.objects.count() == 1


@pytest.mark.parametrize("role", ["Support", "Loyalty"])
def test_others_are_not_let_in(client, role):
    client.force_login(UserFactory(roles=[role]))
    link = SurveyLinkFactory(kind="qr")
    addresses = [
        *(page_of(link, name) for name in ("look", "svg", "png")),
        reverse("admin:surveys_surveylink_codes"),
        reverse("admin:surveys_surveylink_tents") + f"?link={link.pk}",
    ]

    assert [client.get(address).status_code for address in addresses] == [403] * 5


@pytest.mark.parametrize("links", [1, 3])
def test_the_list_takes_as_many_queries_for_one_as_for_three(
    client, marketing, links, django_assert_num_queries
):
    brand = create_unit(name="Meridian", kind="brand")
    for number in range(links):
        SurveyLinkFactory(kind="qr", unit=create_unit(name=f"Shop {number}", kind="location", parent=brand))
    client.get(reverse("admin:surveys_surveylink_changelist"))

    with django_assert_num_queries(8):
        page = client.get(reverse("admin:surveys_surveylink_changelist"))

    assert page.content.decode().count('dir="auto" href="/admin/surveys/surveylink/') == links

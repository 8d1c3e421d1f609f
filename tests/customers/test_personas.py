from contextlib import suppress
from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db.models import ProtectedError
from django.urls import reverse
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from customers.models import Persona
from customers.pictures import MOST_PIXELS, UnreadablePicture, small_picture
from staff.models import AuditEntry
from staff.units import create_unit
from tests.factories.customers import CustomerFactory, PersonaFactory, SegmentFactory
from tests.factories.staff import UserFactory
from tests.factories.surveys import AnswerFactory, QuestionFactory, SurveyFactory, SurveyResponseFactory

pytestmark = pytest.mark.django_db
GALLERY = reverse("admin:customers_persona_changelist")


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


@pytest.fixture
def marketing(client):
    user = UserFactory(roles=["Marketing"])
    client.force_login(user)
    return user


def picture(kind: str = "PNG", size: tuple[int, int] = (900, 600), **options) -> bytes:
    written = BytesIO()
    Image.new("RGB", size, "teal").save(written, kind, **options)
    return written.getvalue()


def typed(**given):
    return {"name": "Ljubica", "segment": SegmentFactory().pk, "goals": "Rest\n\n  Quiet ", **given}


def small(content: bytes) -> bytes:
    return small_picture(BytesIO(content), size=len(content))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_picture_becomes_a_small_square_without_what_was_hidden_in_it(kind):
    exif = Image.Exif()
    exif[0x010E] = "taken at home"  # ImageDescription

    kept = small(picture(kind, exif=exif))

    with Image.open(BytesIO(kept)) as image:
        assert (image.format, image.size) == ("WEBP", (400, 400))
        assert dict(image.getexif()) == {}
    assert b"taken at home" not in kept
    assert len(kept) < 20_000


@pytest.mark.parametrize(
    "content",
    [b"", b"<svg onload=alert(1)>", picture("GIF"), picture("BMP"), picture()[:-600], picture("JPEG")[:200]],
    ids=["empty", "svg", "gif", "bmp", "cut short", "cut shorter"],
)
def test_what_is_no_picture_is_refused(content):
    with pytest.raises(UnreadablePicture, match="no picture we can read"):
        small(content)


@given(st.binary(max_size=300), st.sampled_from(["JPEG", "PNG", "WEBP"]), st.integers(0, 200))
def test_broken_files_are_refused_in_words(noise, kind, place):
    whole = picture(kind, (40, 40))
    with suppress(UnreadablePicture):  # and nothing else
        assert small(whole[:place] + noise + whole[place + len(noise) :])


@pytest.mark.parametrize("side", [6_000, 12_000, 20_000])
def test_a_picture_that_would_fill_the_memory_is_not_decoded(side):
    assert side**2 > MOST_PIXELS
    bomb = BytesIO()
    Image.new("1", (side, side)).save(bomb, "PNG")

    with pytest.raises(UnreadablePicture):
        small(bomb.getvalue())


def test_marketing_adds_a_persona_with_a_picture_and_changes_and_deletes_it(
    client, marketing, media, django_capture_on_commit_callbacks
):
    upload = SimpleUploadedFile("../../me.png", picture(), "image/png")
    client.post(reverse("admin:customers_persona_add"), typed(picture=upload))
    persona = Persona.objects.get()
    change = reverse("admin:customers_persona_change", args=[persona.pk])
    shown = client.get(reverse("admin:customers_persona_picture", args=[persona.pk]))
    (first,) = (media / "personas").iterdir()
    with django_capture_on_commit_callbacks(execute=True):
        client.post(change, typed(picture=SimpleUploadedFile("b.png", picture()), quote="Hm."))
    (second,) = (media / "personas").iterdir()

    with django_capture_on_commit_callbacks(execute=True):
        client.post(reverse("admin:customers_persona_delete", args=[persona.pk]), {"post": "yes"})

    assert shown["Content-Type"] == "image/webp"
    assert b"".join(shown)[8:12] == b"WEBP"
    assert first != second
    assert list((media / "personas").iterdir()) == []
    assert not Persona.objects.exists()
    trail = AuditEntry.objects.filter(subject_kind="customers.persona").order_by("pk")
    assert list(trail.values_list("action", "user")) == [
        ("created", marketing.pk),
        ("changed", marketing.pk),
        ("deleted", marketing.pk),
    ]


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"GIF89a", "no picture we can read"), (b"x" * (5 * 1024 * 1024 + 1), "larger than 5 MB")],
)
def test_a_refused_picture_leaves_what_was_typed(client, marketing, content, words):
    upload = SimpleUploadedFile("me.png", content, "image/png")

    page = client.post(reverse("admin:customers_persona_add"), typed(picture=upload))

    assert words in page.content.decode()
    assert "Quiet" in page.content.decode()
    assert not Persona.objects.exists()


def test_the_picture_is_for_staff_who_see_personas(client, marketing):
    client.post(reverse("admin:customers_persona_add"), typed(picture=SimpleUploadedFile("a.png", picture())))
    address = reverse("admin:customers_persona_picture", args=[Persona.objects.get().pk])

    client.force_login(UserFactory())

    assert client.get(address).status_code == 403
    assert (
        client.get(reverse("admin:customers_persona_picture", args=[PersonaFactory().pk])).status_code == 403
    )


@pytest.mark.parametrize("n", [1, 3])
def test_the_gallery_costs_the_same_whatever_it_shows(client, marketing, django_assert_num_queries, n):
    PersonaFactory.create_batch(n)
    client.get(GALLERY)

    with django_assert_num_queries(6):
        page = client.get(GALLERY)

    assert page.content.decode().count('class="pe-card') == n


def test_an_empty_gallery_says_what_a_persona_is(client, marketing):
    assert "No personas yet" in client.get(GALLERY).content.decode()


def score(customer, *scores: int) -> None:
    survey = SurveyFactory()
    question = QuestionFactory(survey=survey, kind="nps")
    for each in scores:
        response = SurveyResponseFactory(survey=survey, customer=customer, submitted_at=timezone.now())
        AnswerFactory(survey_response=response, question=question, score=each)


def test_a_persona_says_how_many_they_are_and_how_they_score(client, marketing):
    persona = PersonaFactory(
        segment=SegmentFactory(rule={"field": "language", "op": "is", "value": "fa"}),
        goals="Call home\nPay less",
    )
    score(CustomerFactory(language="fa"), *[10] * 8, *[3] * 2)
    score(CustomerFactory(language="bs"), *[0] * 20)
    CustomerFactory(language="fa")

    card = client.get(reverse("admin:customers_persona_figures", args=[persona.pk]))
    page = client.get(reverse("admin:customers_persona", args=[persona.pk]))

    assert card.context["counted"].customers == page.context["counted"].customers == 2
    assert card.context["tiles"][0].value == page.context["tiles"][0].value == "60"
    assert "10 answers" in card.content.decode()
    assert '<li dir="auto">Pay less</li>' in page.content.decode()


def test_a_changed_segment_is_counted_anew_and_an_unchanged_one_is_not(
    client, marketing, django_assert_num_queries
):
    persona = PersonaFactory(segment=SegmentFactory(rule={"field": "language", "op": "is", "value": "fa"}))
    CustomerFactory(language="fa")
    card = reverse("admin:customers_persona_figures", args=[persona.pk])
    client.get(card)
    CustomerFactory(language="fa")

    again = client.get(card).context["counted"].customers
    persona.segment.rule = {"not": {"field": "language", "op": "is", "value": "en"}}
    persona.segment.save()

    assert again == 1
    assert client.get(card).context["counted"].customers == 2


def test_a_rule_that_cannot_be_understood_is_told_on_the_card(client, marketing):
    persona = PersonaFactory(segment=SegmentFactory(rule={"field": "shoe_size", "op": "is", "value": 1}))

    for page in ("customers_persona_figures", "customers_persona"):
        shown = client.get(reverse(f"admin:{page}", args=[persona.pk]))
        assert shown.status_code == 200
        assert "This segment cannot be used" in shown.content.decode()


def test_staff_of_a_unit_count_their_own_customers(client):
    shop = create_unit(name="Shop", kind="brand")
    persona = PersonaFactory()
    score(CustomerFactory(unit=shop), *[10] * 5)
    score(CustomerFactory(), *[0] * 50)
    client.force_login(UserFactory(roles=["Analysts"], unit=shop))

    card = client.get(reverse("admin:customers_persona_figures", args=[persona.pk]))

    assert card.context["counted"].customers == 1
    assert card.context["tiles"][0].value == "100"


def test_a_segment_with_a_persona_stays():
    persona = PersonaFactory()

    with pytest.raises(ProtectedError):
        persona.segment.delete()


def test_the_api_tells_personas(client, marketing):
    persona = PersonaFactory(name="Faruk", goals="Rest\n\nQuiet", channels="Shop")
    PersonaFactory(name="Selma")

    row = client.get("/api/v1/personas/?name=faruk").json()["results"]

    assert row == [
        {
            "id": persona.pk,
            "name": "Faruk",
            "quote": "",
            "description": "",
            "goals": ["Rest", "Quiet"],
            "frustrations": [],
            "channels": ["Shop"],
            "segment": persona.segment_id,
        }
    ]
    assert client.post("/api/v1/personas/", {"name": "x"}).status_code == 405

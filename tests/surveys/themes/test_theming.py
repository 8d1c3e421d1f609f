from io import BytesIO

import pytest
from django.contrib.auth.models import Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from staff.units import create_unit
from surveys.models import Theme
from surveys.themes.contrast import NotAColour, contrast, luminance
from surveys.themes.logos import HEAVIEST, LARGEST, UnreadableLogo, small_logo
from surveys.themes.theming import (
    DARK_QUIET,
    LIGHT_CARD,
    LIGHT_QUIET,
    DrawnOtherwise,
    dark_properties,
    drawn_otherwise,
    light_properties,
    logo_address,
    theme_css,
)
from tests.factories.staff import UserFactory
from tests.factories.surveys import SurveyFactory

COLOURS = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")
TEXT_ON = ("card", "ground", "glow", "soft")


@pytest.fixture
def marketing(client):
    client.force_login(UserFactory(roles=["Marketing"]))
    return client


def picture(*, kind="PNG", size=(600, 300), mode="RGBA", **options):
    written = BytesIO()
    Image.new(mode, size, "#0a6c74").save(written, kind, **options)
    return written.getvalue()


def logo_of(content):
    return small_logo(BytesIO(content), size=len(content))


@pytest.mark.parametrize(
    ("properties", "card", "quiet", "ink", "line"),
    [
        (light_properties, LIGHT_CARD, LIGHT_QUIET, "#14212b", "#7f8d98"),
        (dark_properties, "", DARK_QUIET, "#e9f1f4", "#6f818e"),
    ],
)
@settings(deadline=None)
@given(accent=COLOURS, ground=COLOURS)
def test_whatever_colours_a_brand_has_all_text_can_be_read(
    properties, card, quiet, ink, line, accent, ground
):
    drawn = {"card": card, **properties(accent, ground)}

    for name in TEXT_ON:
        assert contrast(quiet, drawn[name]) >= 4.5
        assert contrast(ink, drawn[name]) >= 4.5
        assert contrast(drawn["accent"], drawn[name]) >= 4.5
    assert contrast(line, drawn["card"]) >= 3
    assert contrast(drawn["on-accent"], drawn["accent"]) >= 4.5
    assert contrast(drawn["on-accent"], drawn["accent-strong"]) >= 4.5


@settings(deadline=None)
@given(accent=COLOURS, ground=COLOURS)
def test_dark_is_dark_and_light_is_light(accent, ground):
    assert luminance(dark_properties(accent, ground)["ground"]) < 0.1
    assert luminance(light_properties(accent, ground)["ground"]) > 0.5


def test_the_style_of_a_theme_is_a_handful_of_properties():
    css = theme_css(Theme(accent="#0a6c74", ground="#f1f6f7", font="mono", corners="square"))

    light, wanted_dark, chosen_dark = css.split(" @media ")[0], *css.split(" @media ")[1].split(" } } ")
    assert light == (
        ":root:root { --font: ui-monospace, Cascadia Mono, Segoe UI Mono, Roboto Mono, Menlo, Consolas, "
        "Noto Sans Mono, Vazir Code, monospace; --round: 0; --ground: #f1f6f7; --glow: #d1e3e5; --soft: #e9f2f2; "
        "--accent: #0a6c74; --accent-strong: #074f55; --on-accent: #ffffff; }"
    )
    assert wanted_dark.startswith(
        "(prefers-color-scheme: dark) { :root:not([data-scheme=light]) { --ground: #"
    )
    assert chosen_dark.startswith(":root[data-scheme=dark] { --ground: #")


@pytest.mark.parametrize("text", ["red", "#fff", "#0a6c74;} body{display:none", "</style>", "url(//x)"])
def test_nothing_but_a_colour_gets_into_the_style(text):
    with pytest.raises(NotAColour):
        theme_css(Theme(accent=text))
    with pytest.raises(NotAColour):
        theme_css(Theme(ground=text))


@settings(deadline=None)
@given(accent=COLOURS, ground=COLOURS, font=st.sampled_from(Theme.Font.values))
def test_the_style_stands_in_a_page_without_being_escaped(accent, ground, font):
    assert not set(theme_css(Theme(accent=accent, ground=ground, font=font))) & set("<>&\"'")


def test_a_colour_that_is_drawn_otherwise_is_told():
    assert drawn_otherwise(Theme()) == []
    assert drawn_otherwise(Theme(accent="#ffe000", ground="#333333")) == [
        DrawnOtherwise("accent", "#ffe000", light_properties("#ffe000", "#333333")["accent"]),
        DrawnOtherwise("ground", "#333333", light_properties("#ffe000", "#333333")["ground"]),
    ]


def test_a_logo_is_drawn_anew_no_larger_than_it_is_shown():
    secret = PngInfo()
    secret.add_text("Comment", "where the picture was taken")
    content = picture(pnginfo=secret)
    assert b"where the picture" in content

    logo = logo_of(content)

    assert logo.media_type == "image/png"
    assert b"where the picture" not in logo.content
    with Image.open(BytesIO(logo.content)) as drawn:
        assert (drawn.format, drawn.mode, drawn.size) == ("PNG", "RGBA", (320, 160))
    with Image.open(BytesIO(logo_of(picture(kind="JPEG", mode="RGB", size=(960, 100))).content)) as drawn:
        assert (drawn.format, drawn.size) == ("JPEG", (480, 50))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
        b"\x89PNG\r\n\x1a\n",
        picture()[:60],
        picture(kind="GIF", mode="RGB"),
        picture(kind="WEBP"),
        picture(mode="1", size=(9000, 9000)),
        bytes(LARGEST + 1),
    ],
)
def test_what_is_no_small_png_or_jpeg_is_no_logo(content):
    with pytest.raises(UnreadableLogo) as refusal:
        logo_of(content)

    assert str(refusal.value).endswith(".")


def theme_form(**changes):
    return {
        "name": "Night shop",
        "unit": "",
        "accent": "#7a1f5c",
        "ground": "#faf5f8",
        "font": "serif",
        "corners": "square",
    } | changes


@pytest.mark.django_db
def test_a_theme_with_a_logo_is_written_and_customers_see_both(marketing, client):
    logo = SimpleUploadedFile("logo.png", picture(), "image/png")

    marketing.post(reverse("admin:surveys_theme_add"), theme_form(logo_file=logo))

    theme = Theme.objects.get()
    assert (theme.name, theme.accent, theme.font, theme.logo_type) == (
        "Night shop",
        "#7a1f5c",
        "serif",
        "image/png",
    )
    address = logo_address(theme)
    client.logout()
    shown = client.get(address)
    assert shown.content == bytes(theme.logo)
    assert shown["Content-Type"] == "image/png"
    assert shown["Cache-Control"] == "public, max-age=86400"
    assert shown["Content-Security-Policy"] == "default-src 'none'"
    assert shown["X-Content-Type-Options"] == "nosniff"


@pytest.mark.django_db
def test_a_logo_stays_until_it_is_taken_away(marketing):
    theme = Theme.objects.create(name="Night shop", logo=picture(), logo_type="image/png")
    page = reverse("admin:surveys_theme_change", args=[theme.pk])

    marketing.post(page, theme_form())
    theme.refresh_from_db()
    assert theme.logo_type == "image/png"

    marketing.post(page, theme_form(takes_logo_away="on"))
    theme.refresh_from_db()
    assert (theme.logo, theme.logo_type, logo_address(theme)) == (None, "", "")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"accent": "red"}, "Write the colour as # and six digits"),
        ({"ground": "#0a6c7;"}, "Write the colour as # and six digits"),
        ({"logo_file": SimpleUploadedFile("logo.svg", b"<svg/>")}, "SVG is not taken"),
    ],
)
def test_a_theme_nobody_could_draw_is_refused(marketing, changes, sentence):
    page = marketing.post(reverse("admin:surveys_theme_add"), theme_form(**changes))

    assert sentence in page.content.decode()
    assert Theme.objects.count() == 0


@pytest.mark.django_db
def test_there_is_no_logo_where_none_was_uploaded(client):
    theme = Theme.objects.create(name="Plain")

    for pk in (theme.pk, 0, 10**30):
        assert client.get(f"/t/{pk}/logo").status_code == 404


@pytest.mark.django_db
def test_colours_nobody_could_read_are_told_while_they_are_chosen(marketing):
    page = marketing.get(
        reverse("admin:surveys_theme_look"), {"accent": "#ffe000", "ground": "#ffffff"}
    ).content.decode()

    drawn = light_properties("#ffe000", "#ffffff")["accent"]
    assert "Not everybody could read" in page
    assert drawn in page
    assert "As soon as there is a survey" in page


@pytest.mark.django_db
@pytest.mark.parametrize("themes", [1, 3])
def test_the_list_of_themes_asks_the_database_as_often_for_one_as_for_three(
    marketing, django_assert_num_queries, themes
):
    for number in range(themes):
        brand = create_unit(name=f"Brand {number}", kind="brand")
        Theme.objects.create(name=f"Theme {number}", unit=brand, logo=picture(), logo_type="image/png")

    with django_assert_num_queries(6) as asked:
        page = marketing.get(reverse("admin:surveys_theme_changelist")).content.decode()

    assert page.count('<svg class="th-swatch"') == 2 * themes
    assert not any('"logo",' in query["sql"] for query in asked)


@pytest.mark.django_db
def test_a_survey_is_previewed_in_the_look_that_is_being_written(marketing):
    SurveyFactory(name="Newest")
    theme = Theme.objects.create(name="Night shop")
    survey = SurveyFactory(name="With the theme", theme=theme)
    SurveyFactory(name="Newer")
    asked = {"theme": theme.pk, "accent": "#7a1f5c", "scheme": "dark"}

    look = marketing.get(reverse("admin:surveys_theme_look"), asked).content.decode()
    page = marketing.get(reverse("admin:surveys_theme_preview"), asked)

    assert f'<option value="{survey.pk}" selected>With the theme</option>' in look
    assert "--accent: #7a1f5c;" in page.content.decode()
    assert 'data-scheme="dark"' in page.content.decode()
    assert page["X-Frame-Options"] == "SAMEORIGIN"
    assert Theme.objects.get().accent == "#0a6c74"


@pytest.mark.django_db
def test_a_survey_is_shown_in_its_theme(client):
    survey = SurveyFactory(theme=Theme.objects.create(name="Night shop", accent="#7a1f5c"))
    client.force_login(UserFactory(roles=["Marketing"]))

    page = client.get(reverse("admin:surveys_survey_preview", args=[survey.pk]))

    html = page.content.decode()
    nonce = html.partition('<style nonce="')[2].partition('"')[0]
    assert f"style-src 'self' 'nonce-{nonce}'" in page["Content-Security-Policy"]
    assert "--accent: #7a1f5c;" in html


@pytest.mark.django_db
@pytest.mark.parametrize("role", ["Support", "Loyalty"])
def test_who_may_not_see_themes_sees_no_preview(client, role):
    SurveyFactory()
    client.force_login(UserFactory(roles=[role]))

    for name in ("look", "preview"):
        assert client.get(reverse(f"admin:surveys_theme_{name}")).status_code == 403


@pytest.mark.django_db
def test_who_may_not_see_surveys_sees_none_in_a_theme(client):
    SurveyFactory()
    user = UserFactory()
    user.user_permissions.add(Permission.objects.get(codename="view_theme"))
    client.force_login(user)

    assert client.get(reverse("admin:surveys_theme_preview")).status_code == 403


@pytest.mark.parametrize("accent", ["#0a6c74", "#ffe000", "#ff0000", "#777777"])
def test_a_stronger_accent_is_further_from_the_page(accent):
    light, dark = light_properties(accent, "#ffffff"), dark_properties(accent, "#ffffff")

    assert luminance(light["accent-strong"]) <= luminance(light["accent"])
    assert luminance(dark["accent-strong"]) >= luminance(dark["accent"])


def test_a_heavy_logo_is_made_light_enough_for_a_page():
    noise = Image.effect_noise((160, 100), 90).convert("RGBA")
    written = BytesIO()
    noise.save(written, "PNG")

    logo = logo_of(written.getvalue())

    assert HEAVIEST < len(written.getvalue()) < LARGEST
    assert len(logo.content) <= HEAVIEST
    assert logo.media_type == "image/webp"
    with Image.open(BytesIO(logo.content)) as drawn:
        assert drawn.size in {(160, 100), (80, 50)}

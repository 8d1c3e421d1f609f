import re
from html import unescape

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.urls import reverse

from events.models import Event
from surveys.models import Answer, Campaign, Question, Survey, SurveyResponse
from surveys.public.pages import HEADERS
from surveys.questions.checking import COMMENT_LENGTH
from surveys.ways.tokens import token_for
from surveys.writing.drafting import add_question
from tests.conftest import NOON
from tests.factories.surveys import CampaignFactory, InvitationFactory, SurveyFactory, published

pytestmark = pytest.mark.django_db


@pytest.fixture
def client():
    """A customer's browser: no session, and the server checks for forgeries as in real life."""
    return Client(enforce_csrf_checks=True)


def page_of(invitation, **query):
    return reverse("survey-answer", args=[token_for(invitation.pk)], query=query)


def fields_of(invitation, *values):
    questions = invitation.wave.campaign.survey.questions.values_list("pk", flat=True)
    return {f"q{pk}": value for pk, value in zip(questions, values, strict=True)}


def text_of(page):
    return unescape(page.content.decode())


def nothing_stored(invitation):
    invitation.refresh_from_db()
    return not SurveyResponse.objects.exists() and not Event.objects.exists() and not invitation.answered_at


def test_a_customer_answers_and_is_thanked(client):
    invitation = InvitationFactory()

    page = client.get(page_of(invitation))
    assert page.status_code == 200
    assert "How likely are you to recommend Meridian Mobile" in text_of(page)

    page = client.post(page_of(invitation), fields_of(invitation, "2", "Slow <b>and</b> loud"), follow=True)

    assert page.status_code == 200
    assert "Thank you!" in text_of(page)
    assert "Slow" not in text_of(page)
    assert list(Answer.objects.order_by("pk").values_list("score", "text")) == [
        (2, ""),
        (None, "Slow <b>and</b> loud"),
    ]
    assert client.cookies == {}


def test_the_page_needs_neither_script_nor_another_host(client):
    invitation = InvitationFactory()

    page = client.get(page_of(invitation))

    assert "<script" not in text_of(page)
    assert "style=" not in text_of(page)
    assert re.findall(r'(?:src|href|action)="(?:https?:)?//', text_of(page)) == []
    assert len(page.content) < 20_000


def test_every_public_page_keeps_its_address_to_itself(client):
    answered = InvitationFactory(answered_at=NOON)
    closed = InvitationFactory(wave__campaign__state=Campaign.State.CANCELLED)
    addresses = [
        page_of(InvitationFactory()),
        page_of(answered),
        page_of(closed),
        reverse("survey-thanks", args=[token_for(answered.pk)]),
        reverse("survey-answer", args=["broken"]),
    ]
    for address in addresses:
        page = client.get(address)
        assert {name: page.headers[name] for name in HEADERS} == HEADERS
        assert page.headers["X-Frame-Options"] == "DENY"
        assert "Set-Cookie" not in page.headers


@pytest.mark.parametrize("method", ["get", "head", "options", "put", "delete"])
def test_only_a_post_stores_anything(client, method):
    invitation = InvitationFactory()

    page = getattr(client, method)(page_of(invitation, score=9))

    assert page.status_code == (200 if method in ("get", "head") else 405)
    assert nothing_stored(invitation)


def test_a_score_clicked_in_the_mail_is_chosen_but_not_sent(client):
    invitation = InvitationFactory()

    page = client.get(page_of(invitation, score=9))

    assert re.findall(r'value="(\d+)"[^>]* checked', text_of(page)) == ["9"]
    assert nothing_stored(invitation)


@pytest.mark.parametrize("language", [code for code, _name in settings.LANGUAGES])
def test_the_page_speaks_the_language_of_the_invitation(client, language):
    invitation = InvitationFactory(language=language)

    page = client.get(page_of(invitation))

    html = f'<html lang="{language}" dir="{"rtl" if language == "fa" else "ltr"}">'
    assert html in text_of(page)
    assert page.headers["Content-Language"] == language
    assert "Meridian Mobile" in text_of(page)
    assert text_of(page).count('type="radio"') == 11


def test_persian_numbers_are_persian(client):
    page = client.get(page_of(InvitationFactory(language="fa")))

    numbers = re.findall(r'<span class="number">(.+?)</span>', text_of(page))
    assert numbers == ["۰", "۱", "۲", "۳", "۴", "۵", "۶", "۷", "۸", "۹", "۱۰"]
    assert re.findall(r'type="radio" name="q\d+" value="(\d+)"', text_of(page)) == [
        str(number) for number in range(11)
    ]


def test_a_customer_can_switch_the_language_and_answers_in_it(client):
    invitation = InvitationFactory()

    page = client.get(page_of(invitation, lang="ru"))
    assert '<html lang="ru" dir="ltr">' in text_of(page)
    assert f'action="{page_of(invitation)}?lang=ru"' in text_of(page)
    assert re.findall(r' lang="(.+?)" aria-current', text_of(page)) == ["ru"]
    page = client.post(page_of(invitation, lang="ru"), fields_of(invitation, "9", ""), follow=True)

    assert '<html lang="ru" dir="ltr">' in text_of(page)
    assert SurveyResponse.objects.get().language == "ru"


@pytest.mark.parametrize(("language", "direction"), [("ru", "ltr"), ("fa", "rtl")])
def test_another_language_keeps_what_was_typed_and_stores_nothing(client, language, direction):
    invitation = InvitationFactory()
    typed = fields_of(invitation, "9", "\nSlow <b>and</b> loud")

    page = client.post(page_of(invitation), typed | {"lang": language})

    assert (page.status_code, page.headers["Content-Language"]) == (200, language)
    assert f'<html lang="{language}" dir="{direction}">' in text_of(page)
    assert re.findall(r'value="(\d+)"[^>]* checked', text_of(page)) == ["9"]
    kept = re.search(r"<textarea[^>]*>\n(.*)</textarea>", text_of(page), re.DOTALL)
    assert kept.group(1) == "\nSlow <b>and</b> loud"
    assert "&lt;b&gt;" in page.content.decode()
    assert 'role="alert"' not in text_of(page)
    assert nothing_stored(invitation)

    client.post(page_of(invitation, lang=language), typed)
    assert SurveyResponse.objects.get().language == language


def test_a_language_nobody_offers_keeps_the_invitations_own_and_what_was_typed(client):
    invitation = InvitationFactory(language="bs")

    page = client.post(page_of(invitation), fields_of(invitation, "9", "Sporo") | {"lang": "xx"})

    assert '<html lang="bs" dir="ltr">' in text_of(page)
    assert "Sporo</textarea>" in text_of(page)
    assert nothing_stored(invitation)


def test_another_language_does_not_judge_an_unfinished_answer(client):
    invitation = InvitationFactory()

    page = client.post(page_of(invitation), fields_of(invitation, "99", "") | {"lang": "ru"})

    assert page.status_code == 200
    assert " checked" not in text_of(page)
    assert 'role="alert"' not in text_of(page)


def test_the_language_of_a_survey_that_closed_meanwhile_gives_the_comment_back(client):
    invitation = InvitationFactory()
    Survey.objects.update(is_open=False)

    page = client.post(page_of(invitation), fields_of(invitation, "2", "Typed for long") | {"lang": "ru"})

    assert (page.status_code, page.headers["Content-Language"]) == (410, "ru")
    assert "Typed for long" in text_of(page)


def test_the_enter_key_presses_send_and_not_a_language(client):
    page = client.get(page_of(InvitationFactory()))

    first = re.search(r"<button[^>]*>", text_of(page))[0]

    assert 'form="answer"' in first
    assert "name=" not in first


@pytest.mark.parametrize("language", ["xx", "", "en-us", "../../etc", "\x00"])
def test_an_unknown_language_is_the_invitations_own(client, language):
    page = client.get(page_of(InvitationFactory(language="bs"), lang=language))

    assert '<html lang="bs" dir="ltr">' in text_of(page)


def test_only_languages_that_all_questions_speak_are_offered(client):
    survey = SurveyFactory(language="bs")
    survey.questions.filter(kind="nps").update(text={"bs": "Preporuka?", "ru": "Рекомендация?"})
    published(survey)
    invitation = InvitationFactory(wave__campaign=CampaignFactory(survey=survey), language="fa")

    page = client.get(page_of(invitation))

    assert '<html lang="bs" dir="ltr">' in text_of(page)
    assert re.findall(r'name="lang" value="(.+?)"', text_of(page)) == ["ru", "bs"]
    assert "Preporuka?" in text_of(page)


@pytest.mark.parametrize(
    "score", ["11", "-1", "9.5", "1e1", "٣", "9" * 5000, "<script>alert(1)</script>", "NaN"]
)
def test_a_forged_score_is_refused_and_the_comment_is_kept(client, score):
    invitation = InvitationFactory()

    page = client.post(page_of(invitation), fields_of(invitation, score, "Typed for a long time"))

    assert page.status_code == 422
    assert "Please choose a number from 0 to 10." in text_of(page)
    assert "Typed for a long time" in text_of(page)
    assert "<script>" not in page.content.decode()
    assert nothing_stored(invitation)


def test_an_over_long_comment_is_given_back_whole(client):
    invitation = InvitationFactory()
    comment = "\nвода " * 1000

    page = client.post(page_of(invitation), fields_of(invitation, "3", comment))

    assert page.status_code == 422
    assert f"we can keep {COMMENT_LENGTH}" in text_of(page)
    typed = re.search(r"<textarea[^>]*>\n(.*)</textarea>", text_of(page), re.DOTALL)
    assert typed.group(1) == comment
    assert re.findall(r'value="(\d+)"[^>]* checked', text_of(page)) == ["3"]
    assert nothing_stored(invitation)


def test_problems_are_listed_on_top_and_linked_to_their_question(client):
    survey = SurveyFactory(questions=["csat", "comment"])
    survey.questions.update(is_required=True)
    published(survey)
    invitation = InvitationFactory(wave__campaign=CampaignFactory(survey=survey))

    page = client.post(page_of(invitation), {})

    linked = re.findall(r'<a href="#(q\d+)">', text_of(page))
    assert linked == [f"q{pk}" for pk in survey.questions.values_list("pk", flat=True)]
    assert re.findall(r'id="(q\d+)"', text_of(page)) == linked
    assert nothing_stored(invitation)


def test_an_empty_answer_is_asked_for_at_least_one(client):
    invitation = InvitationFactory()

    page = client.post(page_of(invitation), fields_of(invitation, "", "  "))

    assert page.status_code == 422
    assert "Please answer at least one question." in text_of(page)
    assert nothing_stored(invitation)


def test_what_a_customer_wrote_is_shown_as_text(client):
    invitation = InvitationFactory()

    page = client.post(
        page_of(invitation), fields_of(invitation, "99", "</textarea><script>alert(1)</script>")
    )

    assert b"&lt;/textarea&gt;&lt;script&gt;" in page.content
    assert b"<script" not in page.content


def test_a_second_visit_says_so_and_shows_nothing_of_the_answer(client):
    invitation = InvitationFactory()
    client.post(page_of(invitation), fields_of(invitation, "2", "A secret"))

    page = client.get(page_of(invitation))

    assert page.status_code == 200
    assert "This survey has been answered" in text_of(page)
    assert "A secret" not in text_of(page)
    assert "<form" not in text_of(page)


def test_sending_twice_thanks_twice_and_stores_once(client):
    invitation = InvitationFactory()

    pages = [client.post(page_of(invitation), fields_of(invitation, "2", ""), follow=True) for _ in range(2)]

    assert [page.status_code for page in pages] == [200, 200]
    assert pages[0].content == pages[1].content
    assert SurveyResponse.objects.count() == 1


def test_a_closed_survey_says_so_and_gives_the_comment_back(client):
    invitation = InvitationFactory()
    Survey.objects.update(is_open=False)

    visited = client.get(page_of(invitation))
    sent = client.post(page_of(invitation), fields_of(invitation, "2", "<i>Typed</i>\nfor long"))

    assert (visited.status_code, sent.status_code) == (410, 410)
    assert "This survey is closed" in text_of(visited)
    assert b"&lt;i&gt;Typed&lt;/i&gt;<br>for long" in sent.content
    assert nothing_stored(invitation)


def broken_tokens():
    good = token_for(1_000_000)  # well signed, of an invitation that is gone
    middle = len(good) // 2
    return [
        good,
        good[:-1],
        good[:middle] + ("A" if good[middle] != "A" else "B") + good[middle + 1 :],
        good.upper(),
        good + "x",
        "x",
        "1",
        "0" * 5000,
        "%00",
        "ključ",
        "a:b:c",
        "../admin",
    ]


@pytest.mark.parametrize("number", range(12))
def test_a_broken_link_is_the_same_page_as_any_other_that_is_not_there(
    client, number, django_assert_num_queries
):
    token = broken_tokens()[number]
    elsewhere = client.get("/no-such-page/")

    with django_assert_num_queries(0 if "/" in token else 1):
        page = client.get(f"/s/{token}/")

    assert (page.status_code, page.content) == (404, elsewhere.content)
    assert client.post(f"/s/{token}/", {"q1": "9"}).status_code == 404
    assert "There is no page here" in text_of(page)


def test_the_thank_you_page_is_for_those_who_answered(client):
    invitation = InvitationFactory()

    page = client.get(reverse("survey-thanks", args=[token_for(invitation.pk)]))

    assert page.status_code == 302
    assert page.url == page_of(invitation)


def test_own_words_are_said_in_place_of_the_standard_ones(client):
    survey = SurveyFactory(title={"en": "Tell {organisation}"}, thanks={"en": "Much obliged <3"})
    Question.objects.filter(kind="nps").update(text={"en": "Would you <b>recommend</b> {organisation}?"})
    published(survey)
    invitation = InvitationFactory(wave__campaign=CampaignFactory(survey=survey))

    page = client.get(page_of(invitation))
    assert b"Would you &lt;b&gt;recommend&lt;/b&gt; Meridian Mobile?" in page.content
    assert "Tell Meridian Mobile" in text_of(page)
    page = client.post(page_of(invitation), fields_of(invitation, "9", ""), follow=True)
    assert b"Much obliged &lt;3" in page.content


@pytest.mark.parametrize("questions", [["nps"], ["nps", "csat", "ces", "comment"]])
def test_a_visit_costs_one_query_whatever_is_asked(client, questions, django_assert_num_queries):
    campaign = CampaignFactory(survey=SurveyFactory(questions=questions))
    invitation = InvitationFactory(wave__campaign=campaign)
    client.get(page_of(invitation))

    with django_assert_num_queries(1):
        client.get(page_of(invitation))


def test_an_answer_costs_two_round_trips_on_postgresql(client, django_assert_num_queries):
    invitation = InvitationFactory()
    client.get(page_of(invitation))
    typed = fields_of(invitation, "9", "Fine")

    with django_assert_num_queries(2 if connection.vendor == "postgresql" else 7):
        client.post(page_of(invitation), typed)


def test_a_change_is_seen_when_it_is_published(client):
    invitation = InvitationFactory()
    survey = invitation.wave.campaign.survey
    assert "Added" not in text_of(client.get(page_of(invitation)))

    add_question(survey=survey, kind="ces", text={"en": "Added"})
    assert "Added" not in text_of(client.get(page_of(invitation)))

    published(survey)
    assert "Added" in text_of(client.get(page_of(invitation)))

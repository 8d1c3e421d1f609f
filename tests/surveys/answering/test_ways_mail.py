"""The first question inside the e-mail: a tap chooses the score, a second one sends it."""

import re
from email import message_from_bytes
from email.policy import default
from html import escape, unescape

import pytest
from django.conf import settings
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from surveys.metrics import SCALES
from surveys.models import Answer, Invitation, StartedResponse, SurveyResponse
from surveys.sending.messages import FIRST_NAME, TOKEN, write_letter
from surveys.ways.tokens import token_for
from surveys.writing.drafting import add_question, change_question
from tests.conftest import NOON
from tests.factories.surveys import CampaignFactory, InvitationFactory, SurveyFactory, WaveFactory, published

pytestmark = pytest.mark.django_db
names = st.text(st.characters(exclude_categories=["Cs", "Cc", "Co", "Cn"]), min_size=1, max_size=40).map(
    lambda text: " ".join(text.split())
)


def mail_to(invitation, *, language="en", first_name="Ana"):
    campaign = invitation.wave.campaign
    letter = write_letter(campaign, language=language, is_reminder=False, at=NOON)
    return message_from_bytes(letter.to(invitation, first_name=first_name).content, policy=default)


def html_of(mail) -> str:
    return mail.get_body(("html",)).get_content()


def invitation_to(*kinds):
    campaign = CampaignFactory(survey=SurveyFactory(questions=kinds))
    return InvitationFactory(wave=WaveFactory(campaign=campaign))


def score_links(html: str) -> list[str]:
    return re.findall(r'href="([^"]+\?score=\d+)"', unescape(html))


@pytest.mark.parametrize("kind", SCALES)
def test_every_score_of_the_scale_is_a_link(kind):
    invitation = invitation_to(kind, "comment")

    links = score_links(html_of(mail_to(invitation)))

    address = f"{settings.PUBLIC_BASE_URL}/s/{token_for(invitation.pk)}/"
    assert links == [f"{address}?score={score}" for score in SCALES[kind]]


def test_ten_looks_at_every_link_are_no_answer_and_one_tap_is(client):
    invitation = invitation_to("nps", "comment")
    links = score_links(html_of(mail_to(invitation)))

    for link in links:
        for _look in range(10):
            page = client.get(link.removeprefix(settings.PUBLIC_BASE_URL))
            chosen = re.findall(r'value="(\d+)"[^>]* checked', page.content.decode())
            assert (page.status_code, chosen) == (200, [link.rpartition("=")[2]])
    assert (len(links), SurveyResponse.objects.count(), StartedResponse.objects.count()) == (11, 0, 0)
    field = re.search(r'name="(q\d+)"', page.content.decode()).group(1)
    client.post(f"/s/{token_for(invitation.pk)}/", {field: chosen[0]})

    assert list(Answer.objects.values_list("score", flat=True)) == [10]


@pytest.mark.parametrize("kinds", [["comment"], ["choice"], ["yesno", "text"]])
def test_without_a_score_there_is_only_the_button(kinds):
    survey = SurveyFactory(questions=[])
    option = [{"key": key, "text": {"en": key}} for key in ("a", "b")]
    for kind in kinds:
        chosen_from = {"options": option} if kind == "choice" else {}
        add_question(survey=survey, kind=kind, settings=chosen_from, text={"en": "Well?"})
    campaign = CampaignFactory(survey=published(survey))
    html = html_of(mail_to(InvitationFactory(wave=WaveFactory(campaign=campaign))))

    assert score_links(html) == []
    assert "Answer now" in html


@pytest.mark.parametrize("hidden", ["later page", "condition"])
def test_a_score_that_is_not_asked_at_once_is_not_in_the_mail(hidden):
    survey = SurveyFactory(questions=[])
    add_question(survey=survey, kind="yesno", key="came", text={"en": "Did you come?"})
    nps = add_question(survey=survey, kind="nps", starts_page=hidden == "later page")
    if hidden == "condition":
        change_question(question=nps, show_if={"question": "came", "op": "is", "value": True})
    campaign = CampaignFactory(survey=published(survey))

    assert score_links(html_of(mail_to(InvitationFactory(wave=WaveFactory(campaign=campaign))))) == []


def test_persian_reads_from_the_right_in_its_own_digits():
    invitation = invitation_to("nps")

    html = html_of(mail_to(invitation, language="fa"))

    assert html.count('dir="rtl"') == 3
    assert re.findall(r">([۰-۹]+)</a>", html) == ["۰", "۱", "۲", "۳", "۴", "۵", "۶", "۷", "۸", "۹", "۱۰"]
    assert [link.rpartition("=")[2] for link in score_links(html)] == [str(score) for score in range(11)]
    assert "text-align:right" in html


def test_the_plain_text_has_the_one_link():
    mail = mail_to(invitation_to("nps"))

    assert "?score" not in mail.get_body(("plain",)).get_content()
    assert mail.get_body(("plain",)).get_content().count("/s/") == 1


@hypothesis_settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(name=names.filter(bool))
def test_what_was_prepared_is_what_the_template_says_for_everyone(name, django_db_blocker):
    """The gaps filled for a person give what rendering the whole mail for that person would give."""
    with django_db_blocker.unblock():
        survey = SurveyFactory(questions=[])
        add_question(survey=survey, kind="ces", text={"en": "Was it easy, {first_name}?"})
        campaign = CampaignFactory(survey=published(survey), body={"en": "Hi {first_name} = 100 %"})
        letter = write_letter(campaign, language="en", is_reminder=False, at=NOON)
    invitation = Invitation(pk=7, address="ana@example.com", language="en")
    sent = html_of(message_from_bytes(letter.to(invitation, first_name=name).content, policy=default))

    rendered = whole_html(letter).replace(FIRST_NAME, escape(name)).replace(TOKEN, token_for(7))
    assert sent.strip() == rendered.strip()
    assert sent.count(escape(name)) >= 2


def whole_html(letter) -> str:
    """The template's own words, with the gaps still open in them."""
    marks = tuple(gap.value.encode() for gap in letter.gaps)
    body = letter.body.replace(b"=\r\n%b=\r\n", b"%b") % marks
    mail = message_from_bytes(
        b"Content-Type: multipart/alternative; boundary=" + body.split(b"\r\n")[0][2:] + b"\r\n\r\n" + body
    )
    return mail.get_payload()[1].get_payload(decode=True).decode()

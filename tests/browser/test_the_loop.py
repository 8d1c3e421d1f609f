"""The whole loop, as the people in it live it."""

import re
from datetime import date, timedelta
from email.message import EmailMessage
from pathlib import Path

import pytest
from django.contrib.auth.models import Group
from django.utils import timezone
from playwright.sync_api import Page, expect

from followups.models import FollowUp, FollowUpRule, RootCause
from journeys.models import Touchpoint
from loyalty.models import Account, EarnRule, Program
from staff.models import User
from staff.roles import ensure_roles
from surveys.models import Campaign, Question, Survey
from surveys.writing.publishing import publish_survey
from tests.browser.conftest import choose
from tests.factories.staff import BusinessCalendarFactory, TeamFactory
from tests.waiting import eventually

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

CUSTOMERS = """Mail,First name,Last name,Language
amina@customers.example,Amina,Hadžić,bs
=HYPERLINK("http://evil.example"),Eve,Il,en
bo@customers.example,<b>Bo</b>,Chen,en
"""
COMMENT = "Nobody called me back. <script>document.title='hacked'</script>"


@pytest.fixture
def organisation() -> None:
    """What an administrator has set up: people with roles, a survey with a rule, a program."""
    ensure_roles()
    for username, role in (("maja", "Marketing"), ("sara", "Support"), ("amir", "Analysts")):
        user = User.objects.create_user(username, f"{username}@meridian.example", "demo-demo", is_staff=True)
        user.groups.add(Group.objects.get(name=role))
    team = TeamFactory(name="Customer care", calendar=BusinessCalendarFactory())
    team.members.add(User.objects.get(username="sara"))
    survey = Survey.objects.create(
        name="How are we doing?", touchpoint=Touchpoint.objects.create(name="Bill", slug="bill")
    )
    Question.objects.create(survey=survey, position=1, key="nps", kind=Question.Kind.NPS, is_required=True)
    Question.objects.create(survey=survey, position=2, key="why", kind=Question.Kind.COMMENT)
    publish_survey(survey=survey, by=None, at=timezone.now())
    FollowUpRule.objects.create(survey=survey, team=team)
    RootCause.objects.create(name="Waiting time")
    program = Program.objects.create(name="Club")
    EarnRule.objects.create(program=program, trigger=EarnRule.Trigger.SURVEY_ANSWERED, points=50)


def sign_in(page: Page, username: str) -> None:
    page.goto("/admin/")
    page.get_by_label(re.compile("username", re.IGNORECASE)).fill(username)
    page.locator("input[name=password]").fill("demo-demo")
    page.locator("input[name=password]").press("Enter")
    expect(page).to_have_url(re.compile("/admin/$"))


def link_in(mail: EmailMessage) -> str:
    return re.search(r"https?://\S+/s/\S+/", mail.get_body(("plain",)).get_content())[0]


def test_the_loop(organisation, visit, live_server, mailbox, worker, settings, tmp_path: Path):
    settings.PUBLIC_BASE_URL = live_server.url

    marketing = visit().new_page()
    sign_in(marketing, "maja")
    import_customers(marketing, tmp_path)
    schedule_campaign(marketing)

    invitations = eventually(
        lambda: [m for m in mailbox if "/s/" in m.as_string()], until=lambda mails: len(mails) == 2
    )
    [mail] = [m for m in invitations if m["To"] == "amina@customers.example"]
    answer_without_javascript(visit(locale="bs", javascript=False).new_page(), link_in(mail))

    follow_up = eventually(lambda: FollowUp.objects.select_related("owner").first())
    assert (follow_up.score, follow_up.owner.username) == (2, "sara")
    eventually(lambda: [m for m in mailbox if m["To"] == "sara@meridian.example"])
    work_on_follow_up(visit().new_page())

    analyst = visit().new_page()
    sign_in(analyst, "amir")
    expect(analyst.get_by_text("NPS").first).to_be_visible()
    expect(analyst.locator("body")).to_contain_text("Nobody called me back.")
    assert "hacked" not in analyst.title()

    assert eventually(Account.objects.first).balance == 50


def import_customers(page: Page, folder: Path) -> None:
    file = folder / "customers.csv"
    file.write_text(CUSTOMERS, encoding="utf-8")
    page.goto("/admin/customers/customerimport/add/")
    page.locator("input[type=file]").set_input_files(file)
    page.get_by_role("button", name="Go on to the columns").click()
    expect(page.get_by_text("Which column is what?")).to_be_visible()
    page.get_by_role("button", name="Start the import").click()
    expect(page.locator("#progress")).to_contain_text("Done")
    expect(page.get_by_text("is not an e-mail address")).to_be_visible()
    page.get_by_role("link", name="See the customers").click()
    expect(page.locator("body")).to_contain_text("<b>Bo</b>")


def schedule_campaign(page: Page) -> None:
    page.goto("/admin/surveys/campaign/add/")
    page.locator("[name=name]").fill("First wave")
    page.locator("select[name=survey]").select_option(label="How are we doing?")
    page.locator("[name=_save]").click()
    expect(page.get_by_role("button", name="Launch at this time")).to_be_visible()
    yesterday = date.today() - timedelta(days=1)  # noqa: DTZ011  any moment that has passed starts it now
    page.locator("[name=starts_at]").fill(f"{yesterday.isoformat()}T09:00")
    page.get_by_role("button", name="Launch now").click()
    expect(page.locator("#progress")).to_contain_text("2 of 2 asked")
    assert Campaign.objects.get().created_by.username == "maja"


def answer_without_javascript(page: Page, link: str) -> None:
    page.goto(link)
    expect(page.locator("html")).to_have_attribute("lang", "bs")
    page.locator(".send").click()
    expect(page.get_by_role("alert")).to_be_visible()  # the score is required
    choose(page, "2")
    page.locator("textarea").fill(COMMENT)
    page.locator(".send").click()
    expect(page).to_have_url(re.compile("/thanks/"))
    page.goto(link)
    expect(page.locator("body")).not_to_contain_text("Nobody called me back.")
    expect(page.get_by_role("radio")).to_have_count(0)


def work_on_follow_up(page: Page) -> None:
    sign_in(page, "sara")
    page.goto("/admin/followups/followup/inbox/")
    page.get_by_role("link", name=re.compile("Amina Hadžić")).click()
    expect(page.locator("body")).to_contain_text(COMMENT)
    contact = page.locator("#contact")
    contact.locator("summary").click()
    contact.locator("textarea").fill("Called and apologised.")
    contact.get_by_role("button").click()
    resolve = page.locator("#resolve")
    resolve.locator("select[name=root_cause]").select_option(label="Waiting time")
    resolve.locator("[name=outcome]").first.select_option("solved")
    resolve.get_by_role("button").click()
    expect(page.locator("#reopen")).to_be_attached()
    follow_up = FollowUp.objects.get()
    assert (follow_up.state, follow_up.outcome) == ("resolved", "solved")

"""Three people at once: a customer who answers, somebody of support who works, and their lead who looks on."""

import re

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from followups.models import FollowUp, GoodwillLimit
from staff.roles import ensure_roles
from surveys.models import SurveyLink
from tests.browser.axe import violations
from tests.browser.conftest import choose
from tests.factories.customers import CustomerFactory, IdentityFactory
from tests.factories.followups import FollowUpFactory, FollowUpRuleFactory, RootCauseFactory
from tests.factories.staff import PASSWORD, TeamFactory, UserFactory
from tests.factories.surveys import SurveyFactory, SurveyLinkFactory, published
from tests.waiting import eventually

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
INBOX = "/admin/followups/followup/inbox/"


@pytest.fixture
def team():
    ensure_roles()
    sara = UserFactory(username="sara", first_name="Sara", last_name="Ibrić", roles=["Support"])
    lena = UserFactory(username="lena", first_name="Lena", last_name="Horvat", roles=["Support"])
    return TeamFactory(members=[sara], lead=lena)


def sign_in(page: Page, username: str) -> None:
    page.goto("/admin/login/")
    page.locator("input[name=username]").fill(username)
    page.locator("input[name=password]").fill(PASSWORD)
    page.locator("input[name=password]").press("Enter")
    expect(page).to_have_url(re.compile("/admin/$"))


def test_a_customer_answers_and_two_people_meet_over_it(visit, team, worker):
    survey = published(SurveyFactory(questions=["nps", "comment"]))
    SurveyLinkFactory(survey=survey, kind=SurveyLink.Kind.OPEN, code="desk")
    FollowUpRuleFactory(survey=None, threshold=None, team=team)
    support, lead = visit().new_page(), visit(viewport={"width": 390, "height": 800}).new_page()
    sign_in(support, "sara")
    support.clock.install()
    support.goto(INBOX)
    expect(support.get_by_text("Nobody waits for you")).to_be_visible()

    customer = visit(javascript=False).new_page()
    customer.goto("/a/desk/")
    choose(customer, "1")
    customer.locator("textarea").fill("The line was cut twice.")
    customer.locator(".send").click()
    expect(customer).to_have_url(re.compile("/thanks/"))

    eventually(FollowUp.objects.exists)
    support.clock.fast_forward("00:21")  # the inbox looks for news by itself
    support.get_by_role("link", name=re.compile("The line was cut twice")).click()
    expect(support.locator("#contact textarea")).to_be_visible()

    sign_in(lead, "lena")
    lead.goto(INBOX + "?tab=team")
    lead.get_by_role("link", name=re.compile("The line was cut twice")).click()
    expect(lead.get_by_text("Here too right now: Sara Ibrić")).to_be_visible()
    assert lead.evaluate("document.documentElement.scrollWidth") <= 390
    lead.locator("#note summary").click()
    lead.locator("#note textarea").fill("Offer them a month.")

    support.locator("#contact textarea").fill("Called and apologised.")
    support.locator("#contact").get_by_role("button").click()
    expect(support.locator("#wait")).to_be_attached()
    lead.locator("#note").get_by_role("button").click()

    expect(lead.get_by_text("Somebody else changed this follow-up")).to_be_visible()
    expect(lead.locator("#note textarea")).to_have_value("Offer them a month.")
    lead.locator("#note").get_by_role("button").click()
    expect(lead.get_by_text("Note added.")).to_be_visible()
    assert list(FollowUp.objects.get().steps.values_list("kind", flat=True)) == ["opened", "contact", "note"]


def test_many_are_worked_on_by_keyboard_and_in_one_step(visit, team):
    rule = FollowUpRuleFactory(team=team)
    FollowUpFactory.create_batch(3, rule=rule, due_at=timezone.now())
    page = visit().new_page()
    sign_in(page, "sara")
    page.goto(INBOX + "?tab=team")

    for key in "jxjx":
        page.keyboard.press(key)
    expect(page.locator("[name=chosen]:checked")).to_have_count(2)
    expect(page.locator("#fu-bulk [name=to]")).to_be_hidden()
    assert violations(page) == []
    page.locator("#fu-bulk").get_by_role("button", name="Do it").click()

    expect(page.get_by_text("2 follow-ups changed.")).to_be_visible()
    assert sorted(FollowUp.objects.values_list("owner__username", flat=True), key=str) == [
        None,
        "sara",
        "sara",
    ]


def test_from_right_to_left_the_whole_of_it_is_read_and_resolved(visit, team):
    RootCauseFactory(name="Waiting time")
    sara = team.members.get()
    sara.language = "fa"
    sara.save()
    follow_up = FollowUpFactory(rule=FollowUpRuleFactory(team=team), owner=sara, due_at=timezone.now())
    page = visit(viewport={"width": 390, "height": 800}).new_page()
    sign_in(page, "sara")
    page.goto(f"/admin/followups/followup/{follow_up.pk}/")

    expect(page.locator("html")).to_have_attribute("dir", "rtl")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert violations(page) == []
    page.locator("#resolve summary").click()
    page.locator("#resolve select[name=root_cause]").select_option(label="Waiting time")
    page.locator("#resolve [name=outcome]").select_option("solved")
    page.locator("#resolve").get_by_role("button").click()

    expect(page.locator("#reopen")).to_be_attached()
    assert FollowUp.objects.get().state == "resolved"


@pytest.mark.parametrize(("language", "width"), [("en", 1440), ("fa", 390)])
def test_a_case_from_the_shop_is_opened_ticked_off_and_promised(visit, team, language, width):
    sara = team.members.get()
    sara.language = language
    sara.save()
    GoodwillLimit.objects.create(role=sara.groups.get(), points_each=100, points_month=500)
    customer = CustomerFactory(first_name="Ana", last_name="Petrović")
    page = visit(viewport={"width": width, "height": 900}).new_page()
    sign_in(page, "sara")

    page.goto(INBOX)
    page.locator("a[href$='/new/']").click()
    page.locator("[name=q]").fill("Petrović")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Ana Petrović").click()
    page.locator("[name=text]").fill("She cried in the shop.")
    assert violations(page) == []
    page.locator(".fu-new form button").click()
    expect(page.get_by_text("She cried in the shop.")).to_be_visible()
    follow_up = FollowUp.objects.get()
    follow_up.tasks.create(kind="step", text="Say sorry")
    page.reload()
    page.locator(".fu-tick").click()
    page.locator("#promise summary").click()
    page.locator("#promise [name=text]").fill("A new router")
    page.locator("#promise [name=due_date]").fill(f"{timezone.localdate():%Y-%m-%d}")
    page.locator("#promise button").click()
    page.locator("#goodwill summary").click()
    page.locator("#goodwill [name=points]").fill("500")
    page.locator("#goodwill button").click()

    expect(page.locator("#goodwill .errorlist")).to_be_visible()
    expect(page.locator("#goodwill [name=points]")).to_have_value("500")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert violations(page) == []
    assert list(follow_up.tasks.order_by("pk").values_list("kind", "text", "done_by__username")) == [
        ("step", "Say sorry", "sara"),
        ("promise", "A new router", None),
    ]
    assert follow_up.customer == customer


def test_a_follow_up_is_worked_on_by_keyboard(visit, team):
    identity = IdentityFactory(value="ana@customers.example")
    follow_up = FollowUpFactory(
        rule=FollowUpRuleFactory(team=team),
        survey_response__customer=identity.customer,
        state="contacted",
        due_at=timezone.now(),
    )
    page = visit().new_page()
    sign_in(page, "sara")
    page.goto(f"/admin/followups/followup/{follow_up.pk}/")

    for key, place in (("r", "#reply"), ("s", "#wait"), ("e", "#resolve")):
        page.keyboard.press(key)
        expect(page.locator(f"{place} :focus")).to_have_count(1)
        page.evaluate("document.activeElement.blur()")


def test_a_filtered_list_is_kept_and_found_again(visit, team):
    rule = FollowUpRuleFactory(team=team)
    urgent = FollowUpFactory(rule=rule, priority=1, due_at=timezone.now())
    FollowUpFactory(rule=rule, due_at=timezone.now())
    page = visit().new_page()
    sign_in(page, "sara")
    page.goto(INBOX + "?tab=team")

    page.locator(".fu-filters summary").click()
    page.locator(".fu-filters [name=priority]").select_option("1")
    page.locator(".fu-filters form").first.locator("button").click()
    expect(page.locator("[data-fu-row]")).to_have_count(1)
    page.locator(".fu-filters [name=name]").fill("Urgent ones")
    page.locator(".fu-filters form").last.locator("button").click()
    page.goto(INBOX)
    page.get_by_role("link", name="Urgent ones").click()

    expect(page.locator(f"#fu-{urgent.pk}")).to_be_visible()
    expect(page.locator("[data-fu-row]")).to_have_count(1)
    assert violations(page) == []

"""Somebody of support writes to a customer from the page of their follow-up, and the customer answers the mail."""

import re
from email.message import EmailMessage

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from demo.attachments import photo_of_router
from followups.models import Message
from mail.incoming.taking import take_mail
from staff.roles import ensure_roles
from tests.browser.axe import violations
from tests.browser.test_follow_ups import sign_in
from tests.factories.customers import IdentityFactory
from tests.factories.followups import FollowUpFactory, ReplyTemplateFactory
from tests.factories.staff import UserFactory
from tests.waiting import eventually

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
EMAIL, PHONE = "amina@customers.example", "+38761234567"
PHOTO, NAME = photo_of_router(), f"{'router' * 15}.jpg"


@pytest.fixture
def follow_up():
    ensure_roles()
    UserFactory(username="sara", first_name="Sara", last_name="Ibrić", roles=["Support"])
    follow_up = FollowUpFactory(opened_at=timezone.now(), due_at=timezone.now())
    IdentityFactory(customer=follow_up.customer, value=EMAIL)
    IdentityFactory(customer=follow_up.customer, kind="phone", value=PHONE)
    ReplyTemplateFactory(name="Sorry", body={"en": "Dear {first_name}, we are sorry."})
    return follow_up


def test_a_template_is_chosen_a_mail_leaves_and_its_answer_comes_back(visit, follow_up, mailbox, worker):
    page = visit(viewport={"width": 390, "height": 800}).new_page()
    sign_in(page, "sara")
    page.clock.install()
    page.goto(f"/admin/followups/followup/{follow_up.pk}/")
    page.keyboard.press("r")
    reply = page.locator("#reply")
    message, to = reply.get_by_label("Message"), reply.get_by_label("To", exact=True)
    expect(message).to_be_focused()
    page.keyboard.type("Call me.")

    reply.get_by_label("Template").select_option(label="Sorry")
    expect(message).to_have_value("Dear Amina, we are sorry.\n\nCall me.")
    to.select_option(f"sms:{PHONE}")
    expect(page.get_by_text(re.compile("35 characters, 1 SMS"))).to_be_visible()
    expect(reply.get_by_label(re.compile("Subject"))).to_be_hidden()
    message.press("Control+End")
    message.press_sequentially(" č")
    expect(page.get_by_text(re.compile("37 characters, 1 SMS"))).to_be_visible()
    to.select_option(f"email:{EMAIL}")
    expect(reply.get_by_label(re.compile("Subject"))).to_be_visible()
    expect(message).to_have_value("Dear Amina, we are sorry.\n\nCall me. č")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert violations(page) == []
    reply.get_by_role("button", name="Send", exact=True).click()

    expect(page.get_by_text("Handed in: it leaves in a moment.")).to_be_visible()
    eventually(lambda: Message.objects.filter(state="sent").exists())
    page.clock.fast_forward("00:05")  # it looks by itself
    expect(page.locator(".fu-message").get_by_text("Sent", exact=True)).to_be_visible()
    (mail,) = eventually(lambda: [each for each in mailbox if each["To"] == EMAIL])
    take_mail(content=answer_to(mail), at=timezone.now())
    eventually(lambda: Message.objects.filter(direction="in").exists())

    page.clock.fast_forward("00:21")
    expect(page.get_by_text("Thank you, it works now.")).to_be_visible()
    expect(page.get_by_text("> Dear Amina")).to_be_hidden()
    page.get_by_text("What they quoted").click()
    expect(page.get_by_text("> Dear Amina")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert violations(page) == []
    with page.expect_download() as opened:
        page.get_by_role("link", name=NAME).click()
    assert (opened.value.suggested_filename, opened.value.path().read_bytes()) == (NAME, PHOTO)


def answer_to(mail: EmailMessage) -> bytes:
    answer = EmailMessage()
    answer["From"], answer["Subject"] = mail["To"], f"Re: {mail['Subject']}"
    answer["In-Reply-To"], answer["Message-ID"] = mail["Message-ID"], "<answer@customers.example>"
    answer.set_content("Thank you, it works now.\n\n> Dear Amina, we are sorry.\n")
    answer.add_attachment(PHOTO, maintype="image", subtype="jpeg", filename=NAME)
    answer.add_attachment(b"PK", maintype="application", subtype="zip", filename="ملفات.zip")
    return answer.as_bytes()

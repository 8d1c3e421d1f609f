import re
from html import unescape

import pytest
from django.test import RequestFactory
from django.urls import reverse

from cxplatform.navigation import list_sidebar
from cxplatform.sidebar import SIDEBAR
from staff.roles import ADMINISTRATORS, ANALYSTS, LOYALTY, MARKETING, MARKETING_LEAD, ROLES, SUPPORT
from tests.factories.staff import UserFactory

pytestmark = pytest.mark.django_db
OPEN_TO_ALL_STAFF = {"api-docs"}  # describes the API and shows nobody's records
PAGES = [page for _title, pages in SIDEBAR for page in pages]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.url_name)
def test_every_page_of_the_sidebar_exists(page):
    assert reverse(page.url_name).startswith("/api/docs/" if page.url_name == "api-docs" else "/admin/")


def offered_to(role: str | None) -> dict[str, list[str]]:
    request = RequestFactory().get("/admin/")
    request.user = UserFactory(roles=[role] if role else [])
    return {
        str(group["title"] or ""): [str(item["title"]) for item in group["items"]]
        for group in list_sidebar(request)
    }


EVERYTHING = {str(title or ""): [str(page.title) for page in pages] for title, pages in SIDEBAR}
CUSTOMERS = ["Customers", "Segments", "Personas", "Imports", "Do not contact"]
FEEDBACK = [
    "Surveys", "Ways to ask", "Themes", "Campaigns", "Calendar of campaigns", "Contact policy", "Speed limits",
    "Responses", "Topics", "Imported answers", "Send ledger",
]  # fmt: skip
LEADS = [*FEEDBACK[:7], "Senders", *FEEDBACK[7:]]
HOW = "How the loop is closed"
JOURNEYS = ["Journey maps", "Touchpoints", "Interactions"]
MEMBERS = ["Members", "Programs", "Rewards"]


@pytest.mark.parametrize(
    ("role", "offered"),
    [
        (None, {"": ["Overview"]}),
        (ADMINISTRATORS, EVERYTHING),
        (MARKETING, {"": ["Overview"], "Customers": CUSTOMERS, "Feedback": FEEDBACK, "Journeys": JOURNEYS}),
        (
            MARKETING_LEAD,
            {
                "": ["Overview"],
                "Customers": CUSTOMERS,
                "Feedback": LEADS,
                "Follow-ups": ["Improvements"],
                HOW: ["Telling customers"],
                "Journeys": JOURNEYS,
            },
        ),
        (
            SUPPORT,
            {
                "": ["Overview", "Closing the loop", "Coaching"],
                "Customers": ["Customers", "Personas", "Duplicates", "Identity conflicts", "Merges"],
                "Feedback": ["Responses", "Topics"],
                "Follow-ups": ["Inbox", "Improvements", "Messages", "Not called"],
                HOW: ["Reply templates"],
                "Journeys": ["Touchpoints", "Interactions"],
            },
        ),
        (
            ANALYSTS,
            {
                "": ["Overview", "Closing the loop", "Coaching"],
                "Customers": CUSTOMERS,
                "Feedback": FEEDBACK,
                "Follow-ups": ["Inbox", "Improvements", "Messages", "Not called"],
                HOW: ["Reply templates"],
                "Journeys": JOURNEYS,
                "Loyalty": MEMBERS,
            },
        ),
        (
            LOYALTY,
            {
                "": ["Overview"],
                "Customers": ["Customers", "Personas"],
                "Journeys": ["Interactions"],
                "Loyalty": MEMBERS,
            },
        ),
    ],
)
def test_each_role_is_offered_its_own_day(role, offered):
    assert offered_to(role) == offered


@pytest.mark.parametrize("role", list(ROLES))
def test_what_a_role_is_offered_opens_by_its_name_and_the_rest_does_not(client, role):
    member = UserFactory(roles=[role])
    client.force_login(member)

    replies = {page: client.get(reverse(page.url_name)) for page in PAGES}

    assert {page.url_name: reply.status_code for page, reply in replies.items()} == {
        page.url_name: 200
        if page.url_name in OPEN_TO_ALL_STAFF or page.permission is None or may_view(member, page.permission)
        else 403
        for page in PAGES
    }
    opened = {page: reply.text for page, reply in replies.items() if reply.status_code == 200}
    opened = {page: html for page, html in opened.items() if page.url_name not in OPEN_TO_ALL_STAFF}
    assert {page.url_name: path_of(html)[-1:] for page, html in opened.items()} == {
        page.url_name: [page.title] for page in opened
    }


def path_of(html: str) -> list[str]:
    """The names in the head of a page, from the room to the page itself."""
    crumbs = re.findall(r'<span class="cx-crumb">(.*?</(?:a|span)>)\s*</span>', html, re.DOTALL)
    return [unescape(re.sub(r"<[^>]*>|chevron_right", "", each)).strip() for each in crumbs]


@pytest.mark.parametrize("role", list(ROLES))
def test_the_apis_documentation_is_offered_beside_the_keys_to_those_who_manage_them(role):
    settings = offered_to(role).get("Settings", [])

    offered = [title for title in settings if title.startswith("API")]

    assert offered == (["API keys", "API documentation"] if role == ADMINISTRATORS else [])


@pytest.mark.parametrize(
    ("address", "marked"),
    [
        ("/admin/", ["Overview"]),
        ("/admin/surveys/campaign/", ["Campaigns"]),
        ("/admin/surveys/campaign/7/cockpit/", ["Campaigns"]),
        ("/admin/surveys/campaign/calendar/", ["Calendar of campaigns"]),
        ("/admin/followups/followup/inbox/", ["Inbox"]),
        ("/admin/followups/followup/7/", ["Inbox"]),
        ("/admin/followups/improvement/7/change/", ["Improvements"]),
        ("/admin/surveys/contactcap/7/change/", ["Contact policy"]),
        ("/admin/password_change/", []),
    ],
)
def test_the_sidebar_marks_the_one_page_somebody_is_on(address, marked):
    request = RequestFactory().get(address)
    request.user = UserFactory(roles=[ADMINISTRATORS])

    items = [item for group in list_sidebar(request) for item in group["items"]]

    assert [str(item["title"]) for item in items if item["active"]] == marked


def may_view(member, permission: str) -> bool:
    """Pages open to who may view their records, even where the sidebar is for those who change them."""
    return member.has_perm(permission) or member.has_perm(permission.replace(".change_", ".view_"))

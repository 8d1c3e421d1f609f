import pytest
from django.contrib.auth.models import Group
from django.test import RequestFactory

from cxplatform.sidebar import SIDEBAR
from staff.roles import ROLES, ensure_roles
from tests.factories.staff import UserFactory

pytestmark = pytest.mark.django_db
ALLOWED = {
    "Marketing lead": {
        "surveys.launch_campaign",
        "surveys.add_contactcap",
        "surveys.change_contactrules",
        "surveys.delete_sendinglimit",
        "surveys.change_sender",
    },
    "Support": {
        "followups.view_followup",
        "followups.change_followup",
        "customers.view_customer",
        "surveys.view_surveyresponse",
        "surveys.view_topic",
    },
    "Marketing": {
        "surveys.launch_campaign",
        "surveys.change_survey",
        "surveys.change_topic",
        "customers.change_segment",
        "customers.add_customerimport",
        "customers.change_customer",
        "insights.view_dailyscore",
    },
    "Analysts": {
        "surveys.view_surveyresponse",
        "insights.view_dailyscore",
        "followups.view_followup",
        "loyalty.view_entry",
    },
    "Loyalty": {"loyalty.add_entry", "loyalty.change_reward", "customers.view_customer"},
    "Administrators": {"staff.change_user", "followups.change_followuprule", "surveys.launch_campaign"},
}
REFUSED = {
    "Marketing lead": {"followups.view_followup", "staff.change_user", "loyalty.add_entry"},
    "Support": {
        "surveys.view_campaign",
        "surveys.add_topic",
        "customers.change_customer",
        "followups.change_followuprule",
    },
    "Marketing": {
        "followups.view_followup",
        "staff.change_user",
        "loyalty.add_entry",
        "customers.delete_customer",
    },
    "Analysts": {
        "followups.change_followup",
        "surveys.change_survey",
        "surveys.change_topic",
        "staff.view_user",
        "customers.add_customer",
    },
    "Loyalty": {"followups.view_followup", "surveys.view_surveyresponse", "customers.change_customer"},
    "Administrators": set(),
}
OPEN_TO_ALL_STAFF = {"api-docs"}  # describes the API and shows nobody's records
PAGES = [
    page
    for _title, pages in SIDEBAR
    for page in pages
    if page.permission and page.url_name not in OPEN_TO_ALL_STAFF
]


@pytest.fixture(autouse=True)
def _roles():
    ensure_roles()


@pytest.mark.parametrize("role", ROLES)
def test_each_role_may_do_its_work_and_nothing_else(role):
    user = UserFactory(roles=[role])

    assert {permission for permission in ALLOWED[role] if not user.has_perm(permission)} == set()
    assert {permission for permission in REFUSED[role] if user.has_perm(permission)} == set()


def test_analysts_change_nothing():
    verbs = {
        code.split("_")[0]
        for code in Group.objects.get(name="Analysts").permissions.values_list("codename", flat=True)
    }

    assert verbs == {"view"}


@pytest.mark.parametrize(
    ("role", "offered"),
    [
        ("Support", "admin:followups_inbox"),
        ("Loyalty", None),
        ("Marketing", None),
        ("Analysts", "admin:followups_inbox"),
    ],
)
def test_the_sidebar_offers_the_inbox_to_those_who_may_open_it(rf: RequestFactory, role, offered):
    user = UserFactory(roles=[role])
    inbox = next(page for page in PAGES if page.url_name == "admin:followups_inbox")

    assert user.has_perm(inbox.permission) == bool(offered)


def test_ensuring_again_changes_nothing():
    before = {group.name: group.permissions.count() for group in Group.objects.all()}

    ensure_roles()

    assert {group.name: group.permissions.count() for group in Group.objects.all()} == before
    assert set(before) == set(ROLES)

import pytest
from django.contrib.auth.models import Group
from django.urls import reverse
from django.utils.translation import get_language

from staff.models import BusinessCalendar, StaffMail, User
from staff.site import StaffSite
from tests.conftest import NOON
from tests.factories.staff import PASSWORD, BusinessCalendarFactory, TeamFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(client):
    client.force_login(UserFactory(is_superuser=True))
    return client


def test_a_person_logs_in_with_the_factory_password(client):
    user = UserFactory()

    reply = client.post(reverse("admin:login"), {"username": user.username, "password": PASSWORD})

    assert reply.url == reverse("admin:index")


def test_somebody_is_hired(desk):
    role = Group.objects.create(name="Callers")

    reply = desk.post(
        reverse("admin:staff_user_add"),
        {
            "username": "mina",
            "email": "mina@meridian.example",
            "first_name": "Mina",
            "last_name": "Karimi",
            "language": "fa",
            "usable_password": "true",
            "password1": PASSWORD,
            "password2": PASSWORD,
            "is_staff": "on",
            "groups": [role.pk],
        },
    )

    assert reply.status_code == 302
    mina = User.objects.get(username="mina")
    assert (str(mina), mina.email, mina.language, mina.is_staff) == (
        "Mina Karimi",
        "mina@meridian.example",
        "fa",
        True,
    )
    assert list(mina.groups.all()) == [role]
    assert mina.check_password(PASSWORD)


@pytest.mark.parametrize("model", ["user", "team", "businesscalendar", "staffmail"])
def test_lists_need_as_many_queries_for_three_as_for_one(desk, django_assert_max_num_queries, model):
    def add():
        user = UserFactory(roles=["Support"])
        TeamFactory(members=[user], lead=user, calendar=BusinessCalendarFactory())
        StaffMail.objects.create(user=user, source="1", subject="Look", body="Here", due_at=NOON)

    address = reverse(f"admin:staff_{model}_changelist")
    add()
    desk.get(address)
    with django_assert_max_num_queries(20) as first:
        desk.get(address)
    add()
    add()
    with django_assert_max_num_queries(len(first)):
        assert desk.get(address).status_code == 200


def test_hours_that_close_before_they_open_are_refused(desk):
    reply = desk.post(
        reverse("admin:staff_businesscalendar_add"),
        {
            "name": "Nights",
            "time_zone": "Mars/Olympus",
            "hours-TOTAL_FORMS": 1,
            "hours-INITIAL_FORMS": 0,
            "hours-0-weekday": 0,
            "hours-0-opens": "17:00",
            "hours-0-closes": "09:00",
            "holidays-TOTAL_FORMS": 0,
            "holidays-INITIAL_FORMS": 0,
        },
    )

    html = reply.content.decode()
    assert "Closing time must be after opening time." in html
    assert "is not a time zone" in html
    assert BusinessCalendar.objects.count() == 0


def test_the_staff_site_speaks_the_language_its_user_chose(client):
    user = UserFactory(language="ru")
    client.force_login(user)
    assert client.get(reverse("admin:staff_notifications")).headers["Content-Language"] == "ru"

    reply = client.post(reverse("admin:staff_choose_language"), {"language": "bs", "next": "/admin/"})

    assert reply.url == "/admin/"
    user.refresh_from_db()
    assert user.language == "bs"
    assert client.get(reverse("admin:staff_notifications")).headers["Content-Language"] == "bs"


@pytest.mark.parametrize("language", ["", "xx", "en' --"])
def test_a_language_we_do_not_speak_is_not_chosen(client, language):
    user = UserFactory(language="ru")
    client.force_login(user)

    client.post(reverse("admin:staff_choose_language"), {"language": language})

    user.refresh_from_db()
    assert user.language == "ru"


def test_the_language_of_a_page_does_not_leak_out_of_its_request(client):
    client.force_login(UserFactory(language="fa"))

    client.get(reverse("admin:staff_notifications"))

    assert get_language() == "en"
    client.logout()
    assert client.get(reverse("admin:login")).headers["Content-Language"] == "en"


def test_the_models_are_listed_only_where_somebody_looks_at_the_list(client, monkeypatch):
    client.force_login(UserFactory(roles=["Administrators"]))
    listed = []
    build = StaffSite._build_app_dict
    monkeypatch.setattr(StaffSite, "_build_app_dict", lambda *given: listed.append(given) or build(*given))

    assert client.get("/admin/staff/team/").status_code == 200
    assert listed == []

    assert "/admin/staff/team/" in client.get("/admin/staff/").text
    assert client.get("/admin/nowhere/").status_code == 404
    assert "/admin/staff/team/" in client.get("/admin/search/", {"s": "teams"}).text
    assert len(listed) > 0

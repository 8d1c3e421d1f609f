import pytest
from django.urls import reverse

from events.columns import moment_in
from tests.factories.staff import UserFactory
from tests.factories.surveys import InvitationFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("language", "heading", "moment"),
    [("en", "First sent at", "4 March 2026, 12:00"), ("fa", "نخستین ارسال", "۱۳ اسفند ۱۴۰۴، ساعت ۱۲:۰۰")],
)
def test_a_moment_in_a_list_is_said_by_the_readers_calendar_and_downloaded_as_iso(
    client, language, heading, moment
):
    InvitationFactory(answered_at=None)
    client.force_login(UserFactory(roles=["Marketing"], language=language))

    page = client.get(reverse("admin:surveys_invitation_changelist")).content.decode()
    file = client.get(reverse("admin-download", args=["surveys", "invitation", "csv"])).getvalue().decode()

    assert f'<time datetime="2026-03-04 12:00:00+01:00">{moment}</time>' in page
    headings, line = file.removeprefix("\ufeff").splitlines()
    assert heading in headings
    assert "2026-03-04 12:00:00+01:00" in line
    assert line.endswith(",")


def test_what_somebody_typed_is_no_moment():
    assert moment_in('<time datetime="=1+1">now</time>') == ""

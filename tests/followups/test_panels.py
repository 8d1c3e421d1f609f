import pytest
from django.template.loader import render_to_string

from followups.panels import FOLLOW_UPS
from tests.conftest import NOON
from tests.factories.customers import CustomerFactory
from tests.factories.followups import FollowUpFactory
from tests.factories.staff import UserFactory

pytestmark = pytest.mark.django_db


def shown_of(customer):
    return render_to_string(FOLLOW_UPS.template, FOLLOW_UPS.context(customer, UserFactory.build(), NOON))


def test_a_customers_page_shows_their_follow_ups_and_no_others():
    owner = UserFactory(first_name="<b>Amra</b>")
    follow_up = FollowUpFactory(owner=owner)
    FollowUpFactory()

    html = shown_of(follow_up.customer)

    assert html.count("<li") == 1
    assert "Gave 2/10" in html
    assert "due 4 March 2026, 17:00" in html
    assert "&lt;b&gt;Amra&lt;/b&gt;" in html


def test_a_customer_without_follow_ups():
    assert "No follow-up was ever needed." in shown_of(CustomerFactory())


def test_the_panel_needs_as_many_queries_for_three_as_for_one(django_assert_num_queries):
    first = FollowUpFactory()
    with django_assert_num_queries(1):
        shown_of(first.customer)

    for _ in range(2):
        FollowUpFactory(survey_response__customer=first.customer)
    with django_assert_num_queries(1):
        shown_of(first.customer)

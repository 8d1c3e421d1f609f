"""An address below /api/ answers programs in their own way, even where no view of the API is reached."""

import pytest
from django.test import Client

from surveys.api.surveys import SurveyViewSet
from tests.factories.staff import UserFactory

pytestmark = pytest.mark.django_db
PROBLEM = "application/problem+json"


def told(page) -> tuple[int, str, dict[str, object]]:
    return page.status_code, page["Content-Type"], page.json()


@pytest.mark.parametrize("method", ["get", "post", "put", "patch", "delete", "options"])
@pytest.mark.parametrize(
    "path", ["/api", "/api/", "/api/v1/", "/api/v1/no-such-list/", "/api/v2/surveys/", "/api/v1/surveys/1/x"]
)
def test_an_address_that_leads_nowhere_is_a_problem_document(client, path, method):
    page = getattr(client, method)(path)

    assert told(page) == (
        404,
        PROBLEM,
        {"status": 404, "code": "not_found", "detail": "There is nothing at this address."},
    )


def test_a_forgotten_slash_is_still_forgiven(client):
    page = client.get("/api/v1/surveys")

    assert (page.status_code, page["Location"]) == (301, "/api/v1/surveys/")


@pytest.mark.parametrize("path", ["/no-such-page/", "/apis/", "/admin/no-such-page/"])
def test_other_addresses_keep_their_pages(client, path):
    client.force_login(UserFactory(roles=["Administrators"]))

    page = client.get(path)

    assert (page.status_code, page["Content-Type"]) == (404, "text/html; charset=utf-8")


def test_a_defect_of_ours_is_a_problem_document_that_tells_no_secret(api, monkeypatch):
    def fail(self):
        raise RuntimeError("the password is 1234")

    monkeypatch.setattr(SurveyViewSet, "get_queryset", fail)
    api.raise_request_exception = False

    page = api.get("/api/v1/surveys/")

    assert told(page) == (
        500,
        PROBLEM,
        {"status": 500, "code": "error", "detail": "Something went wrong on our side"},
    )


@pytest.mark.parametrize("path", ["/api/v1/surveys/", "/api/schema/", "/api/docs/"])
@pytest.mark.parametrize("method", ["trace", "delete"])
def test_a_method_that_an_address_does_not_know_is_a_problem_document(path, method):
    client = Client()
    client.force_login(UserFactory(roles=["Administrators"]))

    page = getattr(client, method)(path)

    assert (page.status_code, page["Content-Type"]) == (405, PROBLEM)
    assert page.json()["code"] == "method_not_allowed"


def test_a_method_is_unknown_to_a_key_too_whatever_its_scopes(open_with):
    page = open_with("surveys:read").delete("/api/v1/surveys/")

    assert (page.status_code, page.json()["code"]) == (405, "method_not_allowed")


def test_a_host_that_is_not_ours_is_a_problem_document(client, settings):
    settings.ALLOWED_HOSTS = ["cx.example"]

    page = client.get("/api/v1/surveys/", headers={"host": "evil.example"})

    assert told(page) == (
        400,
        PROBLEM,
        {"status": 400, "code": "parse_error", "detail": "This request could not be read"},
    )

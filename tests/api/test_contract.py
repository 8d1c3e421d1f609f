"""Whatever a program may send, the API answers as its own document says, and never with an error of ours."""

import pytest
import requests  # noqa: TID251  builds what a program would send; nothing leaves
import schemathesis
from drf_spectacular.generators import SchemaGenerator
from hypothesis import HealthCheck, Phase, settings
from rest_framework.test import APIClient
from schemathesis.checks import not_a_server_error
from schemathesis.core.transport import Response
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

import staff.api.schema  # noqa: F401  describes the key
from tests.api.test_lists import LISTS

CHECKS = [
    not_a_server_error,
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
]
ORIGIN = "http://testserver"
schema = schemathesis.openapi.from_dict(SchemaGenerator().get_schema(request=None, public=True))

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


@pytest.fixture
def rows(db) -> dict[str, int]:
    """One row of each list, so that every request for a row meets one."""
    return {name: make().pk for name, (make, _queries) in LISTS.items()}


@schema.parametrize()
@settings(
    max_examples=6,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.generate],
)
def test_it_answers_as_its_document_says(case, rows, api):
    if case.path_parameters:
        case.path_parameters["id"] = rows[case.path.split("/")[3]]
    case.validate_response(sent(case, api), checks=CHECKS)


def sent(case: schemathesis.Case, api: APIClient) -> Response:
    wire = requests.Request(**case.as_transport_kwargs(base_url=ORIGIN)).prepare()
    page = api.generic(
        str(wire.method),
        wire.path_url,
        wire.body or b"",
        content_type=wire.headers.get("Content-Type", ""),
        headers={name: value for name, value in wire.headers.items() if name == "Idempotency-Key"},
    )
    return Response(
        status_code=page.status_code,
        headers={name.lower(): [value] for name, value in page.items()},
        content=page.content,
        request=wire,
        elapsed=0.1,
        verify=False,
    )

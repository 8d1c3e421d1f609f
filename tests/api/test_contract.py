"""Whatever a program may send, the API answers as its own document says, and never with an error of ours."""

import pytest
import requests  # noqa: TID251  builds what a program would send; nothing leaves
import schemathesis
from drf_spectacular.generators import SchemaGenerator
from hypothesis import HealthCheck, Phase, settings
from rest_framework.test import APIClient
from schemathesis.checks import not_a_server_error
from schemathesis.core.transport import Response
from schemathesis.generation.hypothesis.builder import HypothesisTestConfig, HypothesisTestMode, create_test
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

import staff.api.schema  # noqa: F401  describes the key
from staff.api.scopes import scopes
from staff.api_keys import create_api_key
from tests.api.test_lists import LISTS
from tests.conftest import NOON
from tests.factories.staff import UserFactory

CHECKS = [
    not_a_server_error,
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
]
SETTINGS = settings(
    max_examples=4,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.generate],
)
ORIGIN = "http://testserver"


schema = schemathesis.openapi.from_dict(SchemaGenerator().get_schema(request=None, public=True))
OPERATIONS = [operation.ok() for operation in schema.get_all_operations()]

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


@pytest.fixture
def rows(db) -> dict[str, int]:
    """One row of each list, so that every request for a row meets one."""
    return {name: make().pk for name, (make, _queries) in LISTS.items()}


@pytest.fixture
def program(db) -> APIClient:
    """Its key may do everything, and is looked up once instead of for each of the thousands of requests."""
    key, _text = create_api_key(
        name="Program", user=UserFactory(), scopes=list(scopes()), expires_at=None, at=NOON
    )
    client = APIClient()
    client.force_authenticate(key.user, key)
    return client


def modes_for(operation: schemathesis.schemas.APIOperation) -> list[HypothesisTestMode]:
    """Without a body the systematic requests leave nothing for random ones to find."""
    modes = list(HypothesisTestMode)
    return modes if operation.body else [mode for mode in modes if mode is not HypothesisTestMode.FUZZING]


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.label)
def test_it_answers_as_its_document_says(operation, rows, program):
    def answers_as_documented(case: schemathesis.Case) -> None:
        if case.path_parameters:
            case.path_parameters["id"] = rows[case.path.split("/")[3]]
        case.validate_response(sent(case, program), checks=CHECKS)

    # `schema.parametrize()` would make up all requests while collecting, in every worker.
    create_test(
        operation=operation,
        test_func=answers_as_documented,
        config=HypothesisTestConfig(
            project=schema.config, modes=modes_for(operation), explicit_settings=SETTINGS
        ),
    )()


def sent(case: schemathesis.Case, program: APIClient) -> Response:
    wire = requests.Request(**case.as_transport_kwargs(base_url=ORIGIN)).prepare()
    page = program.generic(
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

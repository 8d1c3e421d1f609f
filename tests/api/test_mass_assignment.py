"""Nobody writes what they only may read: every write gets back all the fields of its record, with foreign values."""

import pytest
from drf_spectacular.generators import SchemaGenerator

import staff.api.schema  # noqa: F401  describes the key
from tests.api.test_lists import LISTS
from tests.house.test_doors import everything

pytestmark = pytest.mark.django_db
DOCUMENT = SchemaGenerator().get_schema(request=None, public=True)
SCHEMAS = DOCUMENT["components"]["schemas"]
FOREIGN = {
    "id": 10**6,
    "state": "done",
    "balance": 10**6,
    "score": 10,
    "created_by": 1,
    "created_at": "2001-01-01T00:00:00Z",
    "updated_at": "2001-01-01T00:00:00Z",
    "is_test": True,
    "is_staff": True,
    "is_superuser": True,
    "owner": 1,
    "team": 1,
    "version": 99,
    "scopes": ["customers:write"],
}
WRITES = [
    (method, path)
    for path, operations in DOCUMENT["paths"].items()
    for method, operation in operations.items()
    if method in {"post", "put", "patch"} and "requestBody" in operation
]


def writable(method: str, path: str) -> set[str]:
    body = DOCUMENT["paths"][path][method]["requestBody"]["content"]["application/json"]["schema"]
    fields = SCHEMAS[body["$ref"].rpartition("/")[2]]["properties"]
    return {name for name, field in fields.items() if not field.get("readOnly")}


@pytest.mark.parametrize(("method", "path"), WRITES)
def test_fields_that_are_only_read_are_never_written(api, method, path):
    rows = {name: make().pk for name, (make, _queries) in LISTS.items()}
    resource = path.split("/")[3]
    foreign = {name: value for name, value in FOREIGN.items() if name not in writable(method, path)}
    before = everything()

    page = getattr(api, method)(path.replace("{id}", str(rows[resource])), foreign)

    assert page.status_code in {400, 200}, page.json()
    assert foreign
    if page.status_code == 400:
        assert everything() == before
    for name, value in foreign.items():
        assert page.json().get(name) != value

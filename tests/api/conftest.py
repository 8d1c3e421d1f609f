from collections.abc import Callable

import pytest
from rest_framework.test import APIClient

from staff.api.scopes import scopes
from staff.api_keys import create_api_key
from tests.conftest import NOON
from tests.factories.staff import UserFactory

OpenWith = Callable[..., APIClient]


@pytest.fixture
def open_with(db: None) -> OpenWith:
    """A program that holds a key with these scopes."""
    numbers = iter(range(1, 100))

    def program(*names: str) -> APIClient:
        _key, text = create_api_key(
            name=f"Program {next(numbers)}", user=UserFactory(), scopes=names, expires_at=None, at=NOON
        )
        client = APIClient()
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {text}")
        client.get("/api/v1/root-causes/")  # notes that the key was used, which happens once a minute
        return client

    return program


@pytest.fixture
def api(open_with: OpenWith) -> APIClient:
    """A program whose key may do everything."""
    return open_with(*scopes())

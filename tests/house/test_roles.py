"""Who may open which page of the staff site: every list and every form of every record."""

import pytest
from django.contrib import admin
from django.urls import reverse

from tests.factories.staff import UserFactory

pytestmark = pytest.mark.django_db
OWN = {"staff.Notification"}  # each member of staff reads their own
MODELS = sorted(admin.site._registry, key=lambda model: model._meta.label)


def pages(model) -> list[str]:
    name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
    return [reverse(f"{name}_changelist"), reverse(f"{name}_add")]


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_an_administrator_opens_every_list_and_every_form(client, rf, model):
    person = UserFactory(roles=["Administrators"])
    client.force_login(person)
    rf_request = rf.get("/")
    rf_request.user = person
    changelist, add = pages(model)

    assert client.get(changelist, follow=True).status_code == 200
    may_add = admin.site._registry[model].has_add_permission(rf_request)
    assert client.get(add, follow=True).status_code == (200 if may_add else 403)


@pytest.mark.parametrize(
    "model", [model for model in MODELS if model._meta.label not in OWN], ids=lambda model: model._meta.label
)
def test_staff_without_a_role_opens_none(client, model):
    client.force_login(UserFactory())

    for page in pages(model):
        assert client.get(page).status_code in {302, 403}, page

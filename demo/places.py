"""Where Meridian Mobile is at home, and whose customers are whose."""

from django.contrib.auth.models import Group

from customers.models import Customer
from demo.setting_up import DOMAIN, PASSWORD
from staff.models import Unit, User
from staff.units import create_unit

SHOPS = {"BA": "Sarajevo", "RS": "Belgrade", "DE": "Hamburg", "US": "New York"}


def open_shops() -> dict[str, Unit]:
    """The brand with a shop a country, two teams in the first, and a manager who sees only her own shop."""
    brand = create_unit(name="Meridian Mobile", kind=Unit.Kind.BRAND)
    shops = {
        country: create_unit(name=name, kind=Unit.Kind.LOCATION, parent=brand)
        for country, name in SHOPS.items()
    }
    for name in ("Counter", "Repairs"):
        create_unit(name=name, kind=Unit.Kind.TEAM, parent=shops["BA"])
    sofia = User.objects.create_user(
        "sofia", f"sofia@{DOMAIN}", PASSWORD,
        first_name="Sofia", last_name="Marić", is_staff=True, unit=shops["BA"],
    )  # fmt: skip
    sofia.groups.add(Group.objects.get(name="Support"))
    return shops


def assign_customers(shops: dict[str, Unit]) -> None:
    """Everybody belongs to the shop of their country."""
    for country, shop in shops.items():
        Customer.objects.filter(country=country).update(unit=shop)

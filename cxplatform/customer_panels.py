"""What stands on a customer's page: each room lends its own."""

from customers.panels import Panel

PANELS: tuple[Panel, ...] = ()

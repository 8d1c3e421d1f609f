"""Chinese numbers as screens show them: in groups of three, and not in Django's four without a sign between."""

THOUSAND_SEPARATOR = ","
NUMBER_GROUPING = 3

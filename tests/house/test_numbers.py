"""Large numbers are read in groups of three, in each language by its own sign."""

import pytest
from django.utils.formats import number_format
from django.utils.translation import override


@pytest.mark.parametrize(
    ("language", "shown"),
    [
        ("en", "13,613"),
        ("ru", "13\N{NO-BREAK SPACE}613"),
        ("bs", "13.613"),
        ("fa", "13,613"),
        ("zh-hans", "13,613"),
    ],
)
def test_a_number_is_grouped_as_its_reader_groups_it(language, shown):
    with override(language):
        assert number_format(13613, force_grouping=True) == shown

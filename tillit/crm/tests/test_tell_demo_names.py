"""The demo's invented people have addresses that could be real ones."""

import pytest

from tillit.crm.demo import _ascii


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("André Crème", "andre-creme"),
        ("Jörg & Söhne AG.", "joerg-soehne-ag"),
        ("Bjørn -- Ås", "bjorn-as"),
        ("Zoë Núñez", "zoe-nunez"),
    ],
)
def test_a_name_becomes_part_of_an_address(name, said):
    assert _ascii(name) == said

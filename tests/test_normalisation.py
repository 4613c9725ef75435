"""A density has mass one and no negative values, and what has not is refused with the point and the number."""

import pytest

from derive.catalogue import CATALOGUE
from derive.domains import Entries
from derive.errors import Misuse
from derive.normalisation import check
from derive.notation.density import read
from tests.written_densities import SPELLINGS

SCALAR = [
    row
    for row in CATALOGUE.values()
    if not row.practice and not any(isinstance(domain, Entries) for domain in row.domains.values())
]
# The support of these is not said, or only for parameters in an order that no declaration holds.
UNSAID = (r"\frac {1}{\sigma }\left(1+\xi", r"\text{for } x = c")


@pytest.mark.parametrize("row", SCALAR, ids=lambda row: row.name)
def test_the_catalogue_has_densities(row):
    """Every row has mass one."""
    check(row)


@pytest.mark.parametrize("spelling", SPELLINGS, ids=lambda spelling: spelling[3][-1][:40])
def test_what_people_write_has_mass_one(spelling):
    """The last spelling of each density, over its support."""
    given, _, _, texts = spelling
    if any(mark in texts[-1] for mark in UNSAID):
        return
    reading = read(texts[-1], given)
    check(reading.distribution, reading.ends, reading.allowed)


@pytest.mark.parametrize(
    ("text", "given", "said"),
    [
        ("exp(-y^2/2)", "y: real", r"integrates to 2.5066283.*constant factor √\(2π\) was dropped"),
        ("exp(-y/b)", "y: positive | b: positive", "integrates to .* at b = "),
        (
            r"\frac{x^{a-1}(1-x)^{b-1}}{B(a,a)}",
            "x: unit | a: positive, b: positive",
            "integrates to .* at a = ",
        ),
        ("exp(-r)*r^y", "y: count | r: positive", "sums to|infinite"),
        ("1/b", "y: positive | b: positive", "infinite at b = "),
        ("b*(1 - y)", "y: positive | b: positive", "< 0 at b = "),
        ("2*cos(y)^3/b", "y: real | b: positive", "< 0 at b = "),
        ("y^b*2", "y: real | b: positive", "no real number at b = "),
        ("1/y", "y: positive integer", "infinite at its only point"),
        (
            r"\frac{1}{2b}e^{-|y-\mu|/b}",
            "y: positive | mu: real, b: positive",
            "check its normalising constant",
        ),
    ],
)
def test_what_is_no_density_is_told(text, given, said):
    """With the point and the number."""
    reading = read(text, given, "own")
    with pytest.raises(Misuse, match=said):
        check(reading.distribution, reading.ends, reading.allowed)

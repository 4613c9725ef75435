"""Domains hold what they say, links land where they say, and a table's mistakes are found on reading it."""

import math
from fractions import Fraction
from itertools import islice, pairwise
from random import Random

import mpmath
import numpy as np
import pytest
import sympy
from sympy import Symbol

from derive import derivation, links, oracle
from derive import domains as domains_room
from derive.declare import Distribution, Link, Rule, distribution, identity, link, read, rows
from derive.domains import (
    Angle,
    BetweenOneAndTwo,
    Binary,
    Count,
    Entries,
    Interval,
    Nonnegative,
    Nonzero,
    OneHot,
    Position,
    Positive,
    Real,
    Semicontinuous,
    Simplex,
    Unit,
    Vector,
)
from derive.heads import Row, index_symbol
from derive.request import LINKS, fitting_links, predictor_name

INTERVALS = [value for value in vars(domains_room).values() if isinstance(value, Interval)]
VECTORS = [value for value in vars(domains_room).values() if isinstance(value, Entries)]
NAMED = {"ids": lambda value: getattr(value, "name", None)}
SIZE = 3


# Intervals that another symbol bounds ------------------------------------------------------------


@pytest.mark.parametrize(
    ("domain", "text", "latex", "demand"),
    [
        (Count.up_to("n"), "{0, …, n}", r"\{0, \dots, n\}", "a count: 0, 1, 2, ... up to n"),
        (Nonnegative.up_to("b"), "[0, b]", "[0, b]", "nonnegative up to b"),
        (Unit.up_to("b"), "[0, b]", "[0, b]", "in the unit interval up to b"),
        (Positive.down_to("m"), "[m, ∞)", r"[m, \infty)", "positive and at least m"),
        (Real.down_to("m"), "[m, ∞)", r"[m, \infty)", "finite and at least m"),
        (Real.up_to("b"), "(−∞, b]", r"(-\infty, b]", "finite up to b"),
        (Count.down_to("m"), "{m, m + 1, …}", r"\{m, m + 1, \dots\}", "a count: 0, 1, 2, ... and at least m"),
    ],
)
def test_a_bound_is_named(domain, text, latex, demand):
    """Text, LaTeX and demand name the symbol that bounds an interval."""
    assert (domain.text, domain.latex, domain.demanded) == (text, latex, demand)
    assert len(domain.symbols) == 1


@pytest.mark.parametrize(
    ("domain", "point"),
    [
        (Count.up_to("n"), {"n": 0.0}),
        (Count.up_to("n"), {"n": 1e6}),
        (Nonnegative.up_to("n"), {"n": 0.25}),
        (Positive.down_to("m"), {"m": 1e-50}),
        (Positive.down_to("m"), {"m": 3e7}),
        (Real.down_to("m"), {"m": -2.0}),
        (Count.down_to("m"), {"m": 3.0}),
    ],
)
def test_points_lie_beyond_no_bound(domain, point):
    """Once a bound has a number, ordinary and far points lie inside, and so does the bound itself."""
    inside, random = domain.at(point), Random(1)
    (bound,) = point.values()
    drawn = [inside.typical(random) for _ in range(50)]
    drawn += [inside.far(random, 12.0) for _ in range(50)]
    assert not inside.symbols
    for value in [bound, *drawn]:
        assert value in inside and value in domain
    beyond = bound + 1 if domain.most else bound - 1
    assert beyond not in inside
    assert bound == 0 or len(set(drawn)) > 1


def test_an_interval_between_two_symbols():
    """Both ends are named, and belong to it."""
    domain = Real.down_to("a").up_to("b")
    assert (domain.text, domain.demanded) == ("[a, b]", "finite and at least a and at most b")
    assert domain.symbols == ("a", "b")
    inside, random = domain.at({"a": -2.0, "b": 5.0}), Random(1)
    drawn = [draw(random) for draw in (inside.typical, inside.wide) for _ in range(50)]
    assert all(value in inside for value in [-2.0, 5.0, *drawn])
    assert -2.5 not in inside and 5.5 not in inside
    y, speed = inside.stretch(mpmath.mpf(0))
    assert (y, speed) == (1.5, 1.75)


@pytest.mark.parametrize(
    ("point", "ends"),
    [
        ({"mu": 1.0, "sigma": 2.0, "xi": 0.5}, (-3.0, math.inf)),
        ({"mu": 1.0, "sigma": 2.0, "xi": -0.5}, (-math.inf, 5.0)),
        ({"mu": 1.0, "sigma": 2.0, "xi": 0.0}, (-math.inf, math.inf)),
        ({"mu": 1e100, "sigma": 1e-50, "xi": -2.0}, (-math.inf, 1e100)),
        ({"mu": 1e-50, "sigma": 1e100, "xi": 1e100}, (-1.0, math.inf)),
    ],
)
def test_what_must_be_positive_ends_an_interval(point, ends):
    """The end is where it is 0, however the numbers differ in size; points are drawn inside it."""
    domain = Real.where(lambda y, mu, sigma, xi: sigma + xi * (y - mu), refuge="mu")
    inside, random = domain.at(point), Random(1)
    assert domain.symbols == ("mu", "sigma", "xi") and domain.text == "ℝ"
    assert (float(inside.lower), float(inside.upper)) == ends
    assert not inside.symbols and not inside.positive and point["mu"] in inside
    drawn = [inside.typical(random) for _ in range(50)] + [inside.far(random, 12.0) for _ in range(50)]
    assert all(ends[0] <= value <= ends[1] for value in drawn)
    with mpmath.workdps(300):
        t = mpmath.mpf("0.25")
        slope = mpmath.diff(lambda t: inside.stretch(t)[0], t)
        assert mpmath.almosteq(inside.stretch(t)[1], slope, 1e-9)


def test_a_condition_is_met_by_a_margin():
    """As a share of the way from the end to the point that always lies inside."""
    domain = Real.where(lambda y, mu, s: s - (y - mu), refuge="mu")
    assert domain.at({"mu": 10.0, "s": 4.0}, 0.25).upper == 13.0


def test_several_conditions_bound_whole_numbers():
    """Their ends belong to them, and what numbers settle is named as a set."""
    domain = Count.up_to("d").where(lambda y, s: s + 1 - y).where(lambda y, n, s, d: y + n + 1 - s - d)
    assert domain.symbols == ("d", "s", "n")
    assert domain.conditions(3, {"n": 10, "s": 4, "d": 8}) == [2, 2]
    inside, random = domain.at({"n": 10.0, "s": 4.0, "d": 8.0}), Random(1)
    assert list(inside.enumerate()) == [2.0, 3.0, 4.0]
    assert all(inside.typical(random) in inside for _ in range(50))
    assert list(domain.at({"n": 10.0, "s": 8.0, "d": 2.0}).enumerate()) == [0.0, 1.0, 2.0]
    settled = domain.settled({"n": 10, "s": 4, "d": 8})
    assert (settled.text, settled.demanded) == ("{2, …, 4}", "in {2, …, 4}")
    assert settled.facts == Count.facts and settled.harmless in settled


def test_numbers_settle_a_condition():
    """Once all other symbols are numbers the interval has ends, and a name, like any other."""
    domain = Real.where(lambda high, low: high - low, harmless=1.0)
    above = domain.settled({"low": Fraction(5, 2)})
    assert (above.text, above.latex, above.demanded) == ("(2.5, ∞)", r"(2.5, \infty)", "finite and above 2.5")
    assert above.facts == {"positive": True} and above.harmless in above and not above.symbols
    assert domain.settled({"low": -3}).facts == Real.facts
    assert domain.settled({"high": 2}) is domain


def test_a_condition_is_linear():
    """What is not linear makes no interval, and is found when its table is read."""
    with pytest.raises(TypeError, match="what must be positive of y is not linear in it"):

        @distribution
        def wrong(y: Real.where(lambda y, r: r - y * y), *, r: Positive):
            """A sentence."""


def test_a_condition_opens_a_logarithm():
    """What a domain says to be positive is positive to the rules, whatever else the symbols are."""

    @distribution
    def flat(y: Real.up_to("b"), *, a: Real, b: Real.where(lambda b, a: b - a, harmless=1.0)):
        """A sentence."""
        return 1 / (b - a)

    assert str(derivation.derive(flat).loss) == "log(-a + b)"


def test_a_stretch_moves_with_its_bound():
    """The line is stretched onto what lies beyond the bound, with the same speed."""
    stretch = Positive.down_to("m").at({"m": 7}).stretch
    assert stretch(mpmath.mpf(0)) == (8, 1)


def test_without_a_bound_nothing_changes():
    """A domain that no symbol bounds is itself at every point."""
    for domain in (Count, Real, Simplex, OneHot):
        assert domain.at({"n": 3}) is domain
        assert not domain.symbols


def test_a_bound_must_be_an_argument():
    """A domain that names a stranger is found when its table is read."""
    with pytest.raises(TypeError, match="the domain of y names trials, which is no argument"):

        @distribution
        def wrong(y: Count.up_to("trials"), *, p: Unit):
            """A sentence."""


def test_ends_with_a_mass():
    """An end that is an atom belongs to the interval and is drawn now and then; any other end does not."""
    below, above, both = Unit.with_atoms(0.0), Unit.with_atoms(1.0), Unit.with_atoms(0.0, 1.0)
    assert [one.text for one in (below, above, both)] == ["[0, 1)", "(0, 1]", "[0, 1]"]
    assert [[end in one for end in (0.0, 1.0)] for one in (below, above, both)] == [
        [True, False],
        [False, True],
        [True, True],
    ]
    random = Random(1)
    drawn = [both.typical(random) for _ in range(100)] + [both.far(random, 12.0) for _ in range(100)]
    assert drawn.count(0.0) > 5 and drawn.count(1.0) > 5 and len(set(drawn)) > 50
    assert above.facts == {"positive": True} and not both.discrete


# Intervals --------------------------------------------------------------------------------------


@pytest.mark.parametrize("domain", INTERVALS, **NAMED)
def test_samples_and_extremes_lie_inside(domain):
    """Every typical and every wide point, every extreme and the harmless point belong to the domain."""
    random = Random(domain.name)
    drawn = [draw(random) for draw in (domain.typical, domain.wide) for _ in range(200)]
    for value in [*drawn, *domain.extremes, domain.harmless]:
        assert value in domain


@pytest.mark.parametrize("domain", INTERVALS, **NAMED)
def test_typical_points_vary(domain):
    """Typical points are random: not always the same, and the same again for the same seed."""
    drawn = [[domain.typical(Random(seed)) for seed in range(40)] for _ in range(2)]
    assert drawn[0] == drawn[1]
    assert len(set(drawn[0])) > 1


@pytest.mark.parametrize("domain", [*INTERVALS, *VECTORS], **NAMED)
def test_facts_agree_with_samples(domain):
    """What SymPy is told of a symbol is true of every number the symbol may be, accepted data included."""
    assert domain.facts
    random = Random(domain.name)
    entry = domain.data.entry if isinstance(domain, Entries) else domain.data
    for value in [*(entry.typical(random) for _ in range(100)), *entry.extremes]:
        number = sympy.Integer(int(value)) if value == math.floor(value) else sympy.Float(value)
        for fact, claimed in domain.facts.items():
            assert getattr(number, f"is_{fact}") is claimed, (value, fact)


@pytest.mark.parametrize("domain", INTERVALS, **NAMED)
def test_facts_are_consistent(domain):
    """SymPy takes the facts together, and a symbol with them is real."""
    assert Symbol("a", **domain.facts).is_real


@pytest.mark.parametrize(
    ("value", "domain", "inside"),
    [
        (0.0, Real, True),
        (-1e300, Real, True),
        (math.inf, Real, False),
        (-math.inf, Real, False),
        (math.nan, Real, False),
        (0.0, Nonzero, False),
        (-0.0, Nonzero, False),
        (-1e-300, Nonzero, True),
        (0.0, Positive, False),
        (5e-324, Positive, True),
        (-1.0, Positive, False),
        (math.nan, Positive, False),
        (math.inf, Positive, False),
        (0.0, Nonnegative, True),
        (-0.0, Nonnegative, True),
        (-5e-324, Nonnegative, False),
        (math.inf, Nonnegative, False),
        (0.0, Unit, True),
        (1.0, Unit, True),
        (1 + 2**-52, Unit, False),
        (Fraction(1, 3), Unit, True),
        (Fraction(4, 3), Unit, False),
        (math.nan, Unit, False),
        (math.pi, Angle, True),
        (-math.pi, Angle, False),
        (4.0, Angle, False),
        (4.0, Angle.data, True),
        (math.inf, Angle.data, False),
        (0, Binary, True),
        (1, Binary, True),
        (0.5, Binary, False),
        (2, Binary, False),
        (0.5, Binary.data, True),
        (0, Count, True),
        (7.0, Count, True),
        (7.5, Count, False),
        (-1, Count, False),
        (math.inf, Count, False),
        (math.nan, Count, False),
        (0, Position, False),
        (1, Position, True),
        (Fraction(3, 2), Position, False),
    ],
)
def test_contains(value, domain, inside):
    """A domain knows its ends, its holes and its whole numbers; infinity and nan are nowhere."""
    assert (value in domain) is inside


WITHIN = {
    "real": {"real"},
    "nonzero real": {"nonzero real", "real"},
    "positive": {"positive", "nonnegative", "nonnegative, with an atom at 0", "nonzero real", "real"},
    "nonnegative": {"nonnegative", "nonnegative, with an atom at 0", "real"},
    "in the unit interval": {
        "in the unit interval",
        "nonnegative",
        "nonnegative, with an atom at 0",
        "angle",
        "real",
    },
    "in the open unit interval": {
        "in the open unit interval",
        "in the unit interval",
        "share",
        "between -1 and 1",
        "positive",
        "nonnegative",
        "nonnegative, with an atom at 0",
        "nonzero real",
        "angle",
        "real",
    },
    "between -1 and 1": {"between -1 and 1", "angle", "real"},
    "binary": {
        "whole number",
        "binary",
        "in the unit interval",
        "count",
        "rank",
        "nonnegative",
        "nonnegative, with an atom at 0",
        "angle",
        "real",
    },
    "share": {
        "share",
        "positive",
        "in the unit interval",
        "nonnegative",
        "nonnegative, with an atom at 0",
        "nonzero real",
        "angle",
        "real",
    },
    "count": {"whole number", "count", "rank", "nonnegative", "nonnegative, with an atom at 0", "real"},
    "rank": {"whole number", "count", "rank", "nonnegative", "nonnegative, with an atom at 0", "real"},
    "index": {
        "whole number",
        "index",
        "positive count",
        "count",
        "rank",
        "positive",
        "nonnegative",
        "nonnegative, with an atom at 0",
        "nonzero real",
        "real",
    },
    "positive count": {
        "whole number",
        "index",
        "positive count",
        "count",
        "rank",
        "positive",
        "nonnegative",
        "nonnegative, with an atom at 0",
        "nonzero real",
        "real",
    },
    "whole number": {"whole number", "real"},
    "angle": {"angle", "real"},
    "nonnegative, with an atom at 0": {"nonnegative", "nonnegative, with an atom at 0", "real"},
    "between one and two": {
        "between one and two",
        "positive",
        "nonnegative",
        "nonnegative, with an atom at 0",
        "nonzero real",
        "angle",
        "real",
    },
}


@pytest.mark.parametrize("inner", INTERVALS, **NAMED)
@pytest.mark.parametrize("outer", INTERVALS, **NAMED)
def test_within(inner, outer):
    """One domain lies within another exactly when every point of it is a point of the other."""
    assert inner.within(outer) == (outer.name in WITHIN[inner.name])


@pytest.mark.parametrize("inner", INTERVALS, **NAMED)
@pytest.mark.parametrize("outer", INTERVALS, **NAMED)
def test_within_agrees_with_points(inner, outer):
    """A domain that lies within another has no point outside it."""
    if inner.within(outer):
        random = Random(inner.name)
        points = [*(inner.typical(random) for _ in range(100)), *inner.extremes]
        assert all(point in outer for point in points)


def test_enumerate():
    """The points of a discrete domain are listed from the first: all of a finite one, or without an end."""
    assert list(Binary.enumerate()) == [0.0, 1.0]
    assert list(islice(Count.enumerate(), 4)) == [0.0, 1.0, 2.0, 3.0]
    assert list(islice(Position.enumerate(), 2)) == [1.0, 2.0]
    assert list(OneHot.enumerate(3)) == [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]
    assert [domain for domain in INTERVALS if domain.finite] == [Binary]
    for domain in (Binary, Count, Position):
        assert domain.discrete
        assert all(point in domain for point in islice(domain.enumerate(), 50))
    assert not Real.discrete
    assert [domain.discrete for domain in (OneHot, Simplex, Vector)] == [True, False, False]


@pytest.mark.parametrize("domain", [domain for domain in INTERVALS if not domain.discrete], **NAMED)
def test_the_line_is_stretched_onto_the_interval(domain):
    """Every place of the line gives a point inside, up to the ends, and the derivative is that of the point."""
    for t in (-30.0, -2.5, 0.3, 1.0, 30.0):
        point, speed = domain.stretch(mpmath.mpf(t))
        assert point in domain
        assert abs(mpmath.diff(lambda u: domain.stretch(u)[0], t) / speed - 1) < 1e-5
    ends = [float(domain.stretch(mpmath.mpf(t))[0]) for t in (-700, 700)]
    for end, bound in zip(ends, (domain.lower, domain.upper), strict=True):
        assert abs(end) > 1e300 if math.isinf(bound) else abs(end - bound) < 1e-300


def test_integers_are_not_stretched():
    """A sum is taken over a discrete domain, not an integral."""
    assert {domain.name for domain in INTERVALS if domain.stretch is None} == {
        "binary",
        "count",
        "whole number",
        "positive count",
        "rank",
        "index",
    }


def test_accepted_data():
    """A loss may take more data than its density: soft labels beside hard ones, on the simplex too."""
    assert Binary.data is Unit
    assert Unit.data is Unit
    assert OneHot.data.name == Simplex.name
    assert Simplex.data is Simplex
    assert Binary.within(Binary.data)
    assert Angle.data is Real


def test_angles_are_drawn_of_any_size():
    """Far angles are within a turn, close to its ends, close to zero and many turns away."""
    random = Random(0)
    drawn = [Angle.far(random, 12) for _ in range(400)]
    assert all(value in Angle.data for value in drawn)
    assert 100 < sum(value in Angle for value in drawn) < 400
    assert min(math.pi - abs(value) for value in drawn if value in Angle) < 1e-8
    assert min(map(abs, drawn)) < 1e-8
    assert max(map(abs, drawn)) > 1e8


def test_atoms_are_drawn():
    """An atom is drawn now and then, among ordinary points and among far ones; the rest is beyond it."""
    random = Random(0)
    for draw in (Semicontinuous.typical, lambda r: Semicontinuous.far(r, 100)):
        drawn = [draw(random) for _ in range(400)]
        assert 40 < drawn.count(0.0) < 160
        assert min(drawn) == 0.0
    assert not Semicontinuous.discrete


def test_far_points_of_an_open_interval_are_told_from_its_ends():
    """Rounded to single precision, a number between one and two is neither."""
    random = Random(0)
    drawn = [np.float32(BetweenOneAndTwo.far(random, 100)) for _ in range(400)]
    assert all(1 < value < 2 for value in drawn)
    assert min(drawn) < 1.00001 and max(drawn) > 1.99999


def test_a_parameter_may_be_any_angle():
    """A known direction may be of any turn, and every link to the real line gives one."""
    assert derivation.derive("von_mises", fix={"mu": 4}).parameters[0].value == 4
    assert fitting_links(Angle) == fitting_links(Real)


# Vectors ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("domain", VECTORS, **NAMED)
@pytest.mark.parametrize("size", [1, 2, 7])
def test_vectors_hold_their_entries(domain, size):
    """A typical vector has its size and legal entries, which sum to one where the domain says so."""
    random = Random(f"{domain.name} {size}")
    for _ in range(50):
        vector = domain.typical_vector(random, size)
        assert len(vector) == size
        assert all(value in domain.entry for value in vector)
        if domain.sums_to_one:
            assert math.fsum(vector) == pytest.approx(1, abs=1e-14)


def test_size_of_a_vector():
    """A size in brackets renames the size everywhere, in the accepted domain too; the domain stays."""
    renamed = OneHot["C"]
    assert renamed.size == "C"
    assert renamed.accepted.size == "C"
    assert "C" in renamed.text
    assert "C" in renamed.latex
    assert "K" not in renamed.latex
    assert renamed.accepted.latex == r"\Delta^{C-1}"
    assert OneHot.size == "K"
    assert "K" in OneHot.latex


# Links ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("row", LINKS.values(), **NAMED)
def test_link_values_lie_in_the_range(row):
    """At random predictors and at the extremes, what a link gives is legal."""
    random = Random(row.name)
    if isinstance(row.range, Entries):
        position = index_symbol("k")
        predictor = sympy.IndexedBase(Symbol("a", real=True))
        value = row(Row(predictor))(position)
        for scale in (0.1, 1, 30):
            entries = [scale * entry for entry in row.domain.typical_vector(random, SIZE)]
            points = ({"a": entries, "k": k, "K": SIZE} for k in range(1, SIZE + 1))
            made = [oracle.value(value, point, 40) for point in points]
            assert all(entry in row.range.entry for entry in made)
            assert not row.range.sums_to_one or abs(sum(made) - 1) < 1e-14
            assert not row.range.increasing or all(low < high for low, high in pairwise(made))
        return
    predictor = Symbol("a", **row.domain.facts)
    for number in [*(row.domain.typical(random) for _ in range(30)), *row.domain.extremes]:
        # Beyond the digits of any float, so that a value that is close to an end of the range is seen to be.
        if abs(number) <= 1000:
            assert oracle.value(row(predictor), {"a": number}, 20) in row.range
        assert row.range.lower <= float(oracle.value(row(predictor), {"a": number}, 20)) <= row.range.upper


@pytest.mark.parametrize(
    "row", [row for row in LINKS.values() if not isinstance(row.range, Entries)], **NAMED
)
def test_links_keep_their_promise_to_sympy(row):
    """SymPy knows of a link's value what the range's facts say, so that rules can rely on it."""
    value = row(Symbol("a", **row.domain.facts))
    for fact, claimed in row.range.facts.items():
        assert getattr(value, f"is_{fact}") is claimed


# A link of scalars fits a vector too, entry by entry, unless its entries are bound to one another.
POSITIVE = {
    "angle",
    "real",
    "nonzero real",
    "positive",
    "nonnegative",
    "nonnegative, with an atom at 0",
    "real vector",
    "positive vector",
}
FITS = {
    "identity": {"angle", "real", "real vector"},
    "exp": POSITIVE,
    "softplus": POSITIVE,
    "square": POSITIVE,
    "sigmoid": {
        "angle",
        "real",
        "nonnegative",
        "nonnegative, with an atom at 0",
        "in the unit interval",
        "in the open unit interval",
        "share",
        "real vector",
    },
    "normal_cdf": {
        "angle",
        "real",
        "nonnegative",
        "nonnegative, with an atom at 0",
        "in the unit interval",
        "in the open unit interval",
        "share",
        "real vector",
    },
    "tanh": {"angle", "real", "between -1 and 1", "real vector"},
    "softmax": {"probability vector"},
    "ordered": {"increasing vector"},
}


@pytest.mark.parametrize("name", LINKS)
def test_fits(name):
    """A link fits the parameters of which each of its values is a legal one, and no others."""
    assert {d.name for d in [*INTERVALS, *VECTORS] if LINKS[name].fits(d)} == FITS[name]


def test_fitting_links():
    """The links offered for a parameter are those that fit it, in the order of the table."""
    assert [row.name for row in fitting_links(Positive)] == ["exp", "softplus", "square"]
    assert [row.name for row in fitting_links(Unit)] == ["sigmoid", "normal_cdf"]
    real = ["identity", "exp", "softplus", "square", "sigmoid", "tanh", "normal_cdf"]
    assert [row.name for row in fitting_links(Real)] == real
    assert [row.name for row in fitting_links(Simplex["C"])] == ["softmax"]
    assert fitting_links(Count) == []


@pytest.mark.parametrize(
    ("name", "parameter", "predictor"),
    [
        ("identity", "mu", "mu"),
        ("exp", "sigma", "log_sigma"),
        ("softplus", "b", "raw_b"),
        ("square", "variance", "root_variance"),
        ("sigmoid", "p", "logit_p"),
        ("softmax", "p", "logits"),
    ],
)
def test_predictor_names(name, parameter, predictor):
    """What the model puts out is named by the link and the parameter, and is an identifier."""
    assert predictor_name(parameter, LINKS[name]) == predictor
    assert predictor.isidentifier()


def test_links_are_declared():
    """Every link has a sentence, the statistician's name of its inverse and a range."""
    assert rows([links], Link) == LINKS
    for row in LINKS.values():
        assert row.summary.endswith(".")
        assert row.synonym
        assert row.range is not None
        assert len(row.data) == 1


@pytest.mark.parametrize("number", [-40.0, -300.0, -700.0])
def test_links_of_extreme_predictors(number):
    """Far out a link's true value is small and not 0, and a sigmoid is not 1, as far as floats reach."""
    a = Symbol("a", real=True)
    for value in (links.exp(a), links.softplus(a), links.sigmoid(a), 1 - links.sigmoid(-a)):
        assert oracle.value(value, {"a": number}, 15) == pytest.approx(math.exp(number), rel=1e-12, abs=0)


# Declarations -----------------------------------------------------------------------------------


FEATURES = Vector.__getitem__("C")


def test_read_gathers_what_is_declared():
    """Reading a function gives its name, sentence, prose, source, and data apart from parameters."""

    @distribution(latex={"b": r"\beta_0"}, regular=False)
    def lambda_(y: Real, x: FEATURES, *, mu: Real, b: Positive):
        """One sentence that says
        what it is.

        y   the observation
        x   features
        mu  where it lies
        b   its scale

        Source: A book (1999),
        ch. 3.
        """  # noqa: D205
        return (y - mu) / b

    assert isinstance(lambda_, Distribution)
    assert lambda_.name == "lambda"
    assert lambda_.summary == "One sentence that says what it is."
    assert lambda_.prose == {"y": "the observation", "x": "features", "mu": "where it lies", "b": "its scale"}
    assert lambda_.source == "A book (1999), ch. 3."
    assert list(lambda_.data) == ["y", "x"]
    assert list(lambda_.parameters) == ["mu", "b"]
    assert list(lambda_.domains) == ["y", "x", "mu", "b"]
    assert lambda_.data["x"].size == "C"
    assert lambda_.signature == "p(y, x | mu, b)"
    assert [lambda_.symbol_latex(name) for name in ("mu", "b", "y")] == [r"\mu", r"\beta_0", "y"]
    assert not lambda_.regular
    assert lambda_.result is None
    assert lambda_(7, None, mu=1, b=3) == 2


def test_a_sentence_is_not_the_prose_of_a_symbol():
    """A line of a sentence that happens to begin with a symbol's name says nothing of the symbol."""

    @distribution
    def share(y: Unit, *, a: Positive):
        """What is left of the whole.

        y  what is left
        a  how fast it goes

        Source: Johnson, Kotz and Balakrishnan (1995), as much of
        a classic as there is.
        """
        return a * y

    assert share.prose == {"y": "what is left", "a": "how fast it goes"}


def test_read_of_a_link_and_a_rule():
    """A decorator without facts and one with facts read the same form."""

    @link(synonym="half", predictor="half_{name}", letters={"": "h"})
    def double(a: Real) -> Real:
        """The model predicts half of it."""
        return 2 * a

    @identity
    def double_half(a: Positive):
        """Twice the half is the whole."""
        return 2 * (a / 2), a

    assert (double.domain, double.range) == (Real, Real)
    assert predictor_name("mu", double) == "half_mu"
    assert isinstance(double_half, Rule)
    assert double_half(6) == (6, 6)


def undeclared(a, b: Real):
    """The first argument has no domain."""


def typed(a: float):
    """A type is no domain."""


def unnamed(a: Real, *, sigma):
    """The parameter has no domain."""


def silent(a: Real):
    return a


def blank(a: Real):
    return a


blank.__doc__ = "   \n\n  "


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (undeclared, "undeclared: the argument a needs a domain"),
        (typed, "typed: the argument a needs a domain"),
        (unnamed, "unnamed: the argument sigma needs a domain"),
        (silent, "silent: the docstring needs a first sentence"),
        (blank, "blank: the docstring needs a first sentence"),
    ],
)
@pytest.mark.parametrize("kind", [Distribution, Link, Rule])
def test_mistakes_of_a_table(kind, function, message):
    """A missing domain or sentence is a TypeError that names the row and what it lacks."""
    with pytest.raises(TypeError, match=message):
        read(kind, function)


def test_rows_are_those_of_the_module():
    """A table lists the rows written in it, in their order, not those it imports."""
    names = ["identity", "exp", "softplus", "square", "sigmoid", "tanh", "normal_cdf", "softmax", "ordered"]
    assert list(rows([links], Link)) == names
    assert rows([domains_room], Link) == {}

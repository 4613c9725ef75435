"""Every word's derivatives, reference, spellings and SymPy conveniences agree with the oracle."""

import math
import re
from itertools import product
from random import Random

import mpmath
import numpy as np
import pytest
import sympy
import torch
from scipy import special

from derive import oracle, words
from derive.domains import Entries, Interval
from derive.errors import Misuse
from derive.heads import Row
from derive.modules import pasted
from derive.modules.library import NUMPY, TORCH
from derive.printers.numpy import NumPy
from derive.printers.torch import Torch
from derive.words import VOCABULARY, word_of

PRINTERS = {"numpy": NumPy, "torch": Torch}
SIZE = 3
POINTS = 3


OTHER = sympy.sympify(words.j)
DIRECTION = sympy.IndexedBase(sympy.Symbol("v", real=True))

SCALAR = [word for word in VOCABULARY.values() if not word.of_vector]
VECTOR = [word for word in VOCABULARY.values() if word.of_vector]
PRINTED = [word for word in VOCABULARY.values() if "numpy" in word.spelling]
NAMED = {"ids": lambda value: getattr(value, "name", str(value))}

# Where 1 + a is not positive there is no real logarithm, though the domain of the argument is the line.
ABOVE_MINUS_ONE = {"log1p": "a", "xlog1py": "b"}


def arguments(word):
    """A symbol for each argument, an IndexedBase for a vector, the index k for a position."""
    found = []
    for name, domain in word.data.items():
        if isinstance(domain, Entries):
            found.append(sympy.IndexedBase(sympy.Symbol(name, **domain.facts)))
        else:
            found.append(sympy.Symbol(name, **domain.facts))
    return found


def has_meaning(word):
    """Whether the declaration says what the word abbreviates (psi, say, is only a reference)."""
    return not word.primitive and word.function(*arguments(word)) is not None


# Where b is not above a there is no probability between them.
IN_ORDER = {
    "normal_cdf_difference",
    "log_normal_cdf_difference",
    "log_normal_cdf_difference_slope",
    "log_normal_cdf_difference_lower_slope",
    "log_normal_cdf_difference_curvature",
    "truncated_normal_mean",
    "truncated_normal_mean_slope",
    "truncated_normal_variance_complement",
}


def points(word, count=POINTS, seed=0):
    """Random points of the declared domains, with the size K, the class k and another class j."""
    random = Random(f"{word.name} {seed}")
    for _ in range(count):
        point = {"K": SIZE, "j": random.randrange(1, SIZE + 1)}
        for name, domain in word.data.items():
            if isinstance(domain, Entries):
                point[name] = domain.typical_vector(random, SIZE)
            else:
                point[name] = domain.at(point).typical(random)
        name = ABOVE_MINUS_ONE.get(word.name)
        if name:
            point[name] = math.expm1(point[name])
        if word.name in IN_ORDER:
            point["b"] = point["a"] + math.exp(point["b"])
        if word.name == "log_diff_exp":  # defined where the first is the larger
            point["b"], point["a"] = sorted((point["a"], point["b"]))
        if word.name == "log_binomial":  # defined where the first is the larger
            point["a"] += point["b"]
        if word.name.endswith("_by_log") and math.exp(point["b"]) <= -point["c"] * point["a"]:
            point["c"] = -point["c"]  # defined where the scale of the excess is positive
        yield point


def agree(one, other, digits):
    """Whether two numbers have as many digits in common."""
    if one == other:
        return True
    return bool(abs(one - other) <= max(abs(one), abs(other)) * mpmath.mpf(10) ** -digits)


# What a word means ------------------------------------------------------------------------------


@pytest.mark.parametrize("word", VOCABULARY.values(), **NAMED)
def test_value_lies_in_the_declared_result(word):
    """At random points, the word is real and lies in the domain it is declared to have."""
    expression = word(*arguments(word))
    for point in points(word, 10):
        value = oracle.value(expression, point, 20)
        assert mpmath.im(value) == 0, point
        assert value in word.result, (point, value)


@pytest.mark.parametrize("word", [w for w in SCALAR if w.derivatives], **NAMED)
def test_derivatives(word):
    """A scalar word's declared derivatives are its meaning's, to 20 digits."""
    symbols = arguments(word)
    expression = word(*symbols)
    assert len(word.derivatives) == len(symbols)
    for point in points(word):
        for name, derivative in zip(word.data, word.derivatives, strict=True):
            if derivative is None:
                assert word.data[name].discrete
                continue
            declared = oracle.value(sympy.sympify(derivative(*symbols)), point, 25)
            assert agree(declared, oracle.derivative(expression, point, [name], 25), 20), (name, point)


@pytest.mark.parametrize("word", [w for w in VECTOR if w.derivatives], **NAMED)
def test_derivatives_in_an_entry(word):
    """A vector word's derivative in the entry j is its meaning's at every pair of classes k and j."""
    vector, *position = arguments(word)
    expression = word(vector, *position)
    (derivative,) = word.derivatives
    declared = sympy.sympify(derivative(Row(vector), *position, OTHER))
    for point in points(word, 2):
        for k, j in product(range(1, SIZE + 1), repeat=2):
            here = {**point, "k": k, "j": j}
            value = oracle.value(declared, here, 25)
            assert agree(value, oracle.derivative(expression, here, [("z", j - 1)], 25), 20), here


@pytest.mark.parametrize("word", [w for w in VECTOR if w.along], **NAMED)
def test_derivative_along_a_vector(word):
    """The derivative along v is the sum of v_j times the derivative in the entry j."""
    vector, *position = arguments(word)
    expression = word(vector, *position)
    declared = sympy.sympify(word.along(Row(vector), *position, Row(DIRECTION)))
    for seed, point in enumerate(points(word, 2)):
        direction = [Random(100 + seed + j).gauss(0, 1) for j in range(SIZE)]
        for k in range(1, SIZE + 1):
            here = {**point, "k": k, "v": direction}
            slopes = [oracle.derivative(expression, here, [("z", j)], 30) for j in range(SIZE)]
            with mpmath.workdps(40):
                truth = mpmath.fdot(map(mpmath.mpf, direction), slopes)
            assert agree(oracle.value(declared, here, 25), truth, 20), here


@pytest.mark.parametrize("word", [w for w in VOCABULARY.values() if w.reference and has_meaning(w)], **NAMED)
def test_meaning_is_the_reference(word):
    """A word with a reference and a meaning has one value by both."""
    symbols = arguments(word)
    for point in points(word, 5):
        meaning = oracle.value(word.meaning(*symbols), point, 25)
        with mpmath.workdps(50):
            reference = word.truth(*(mpmath.mpf(point[name]) for name in word.data))
        assert agree(meaning, reference, 24), point


@pytest.mark.parametrize("gap", [40.0, 300.0, 700.0])
def test_small_rests_are_not_zero(gap):
    """The truth of what is left beside the likeliest class is small and not 0, as far as floats reach."""
    vector = sympy.IndexedBase(sympy.Symbol("z", real=True))
    point = {"z": [0.25, 0.25 - gap], "k": 1, "K": 2}
    for word in (words.softmax_complement, words.logsumexp_difference):
        value = oracle.value(word(vector, words.k), point)
        assert float(value) == pytest.approx(math.exp(-gap), rel=1e-12, abs=0)


@pytest.mark.parametrize("number", [1e20, 1e60, 1e300])
def test_large_terms_do_not_hide_their_sum(number):
    """The truth of terms that grow and a sum that does not is the sum, not 0."""
    value = oracle.value(words.half_step_log_gamma(sympy.Symbol("a", positive=True)), {"a": number})
    assert float(value) == pytest.approx(math.log(2) / 2, rel=1e-12)


def test_quotients_by_zero():
    """The truth of a quotient by zero is infinite, as in floating point, and the ratio of zeros is 0."""
    a, b = (sympy.Symbol(name, nonnegative=True) for name in "ab")
    assert oracle.value(words.ratio(a, b), {"a": 1.5, "b": 0.0}) == mpmath.inf
    assert oracle.value(1 / b, {"b": 0.0}) == mpmath.inf
    assert oracle.value(words.ratio(a, b), {"a": 0.0, "b": 0.0}) == 0


@pytest.mark.parametrize("word", [w for w in VOCABULARY.values() if w.zero_wins], **NAMED)
def test_zero_wins(word):
    """A word that says so is 0 where its first argument is, even beside an infinite second factor."""
    expression = word(*arguments(word))
    edge = -1.0 if word.name == "xlog1py" else 0.0
    for second in (edge, 0.75, 3.5):
        first, *others = word.data
        assert oracle.value(expression, {first: 0.0, **dict.fromkeys(others, second)}) == 0


# How a word is spelled --------------------------------------------------------------------------


def spelling(word, language):
    found = word.spelling.get(language, "")
    return found if isinstance(found, str) else found[0]


@pytest.mark.parametrize("word", VOCABULARY.values(), **NAMED)
def test_spelled_on_pages_and_in_both_libraries(word):
    """Pages can spell a word or write its meaning out; NumPy spells it exactly where Torch does."""
    assert ("text" in word.spelling) == ("latex" in word.spelling)
    assert "text" in word.spelling or has_meaning(word)
    assert ("numpy" in word.spelling) == ("torch" in word.spelling)


@pytest.mark.parametrize("library", PRINTERS)
def test_underscored_spellings_are_pasted_words(library):
    """Every underscored function of a spelling or a guard can be pasted, and all that can be pasted is needed."""
    definitions = pasted.definitions(library)
    guard = {"numpy": NUMPY, "torch": TORCH}[library].finite
    spellings = [guard, *(spelling(word, library) for word in PRINTED)]
    wanted = {name for spelled in spellings for name in re.findall(r"\b_\w+", spelled)}
    assert wanted <= set(definitions)
    reached = set()
    while wanted:
        name = wanted.pop()
        reached.add(name)
        wanted |= definitions[name].mentions & set(definitions) - reached
    assert reached == set(definitions)


def namespace(library):
    """What printed code runs in: the library, SciPy's functions, math and the pasted words."""
    scope = {"np": np, "special": special, "torch": torch, "math": math}
    exec(pasted.source(library), scope)
    return scope


NAMESPACES = {library: namespace(library) for library in PRINTERS}


def run(library, expression, point):
    """The printed code's value, as an array."""
    code = PRINTERS[library]({}, {})(expression)
    numbers = {
        name: np.array(value) if library == "numpy" else torch.tensor(value, dtype=torch.float64)
        for name, value in point.items()
        if not isinstance(value, int)
    }
    scope = dict(NAMESPACES[library])
    exec(f"def f({', '.join(numbers)}):\n    return {code}", scope)
    value = scope["f"](**numbers)
    assert value.dtype == (np.float64 if library == "numpy" else torch.float64)
    return np.asarray(value)


@pytest.mark.parametrize("library", PRINTERS)
@pytest.mark.parametrize("word", PRINTED, **NAMED)
def test_printed_code_agrees_with_the_oracle(word, library):
    """The printed word, run in float64, has the oracle's value to 1e-12, at every class for a vector."""
    expression = word(*arguments(word))
    for point in points(word, 10):
        of_class = any(not isinstance(d, Entries) and d.name == "index" for d in word.data.values())
        here = {name: value for name, value in point.items() if name not in ("k", "K", "j")}
        value = run(library, expression, here)
        classes = range(1, SIZE + 1) if of_class else (None,)
        truth = [float(oracle.value(expression, {**point, "k": k} if k else point, 20)) for k in classes]
        np.testing.assert_allclose(
            value, truth if of_class else truth[0], rtol=1e-12, atol=0, err_msg=str(point)
        )


@pytest.mark.parametrize("library", PRINTERS)
@pytest.mark.parametrize("word", [w for w in PRINTED if "python" in w.spelling], **NAMED)
def test_python_spelling(word, library):
    """A word of exact numbers is printed for Python's own math and has the oracle's value."""
    for number in (sympy.Rational(7, 3), sympy.Integer(5)):
        expression = word.head(number, evaluate=False)
        code = PRINTERS[library]({}, {})(expression)
        assert code.startswith("math.")
        assert eval(code, {"math": math}) == pytest.approx(float(oracle.value(expression, {})), rel=1e-14)


# What SymPy's users expect ----------------------------------------------------------------------


@pytest.mark.parametrize("word", [w for w in SCALAR if w.derivatives], **NAMED)
def test_diff(word):
    """SymPy's .diff of a scalar word, with SymPy's own functions done, is its declared derivative."""
    symbols = arguments(word)
    expression = word(*symbols)
    for symbol, declared in zip(symbols, word.derivatives, strict=True):
        if declared is None:
            continue
        slope = expression.diff(symbol)
        for point in points(word):
            numbers = {s: sympy.Float(point[s.name], 30) for s in symbols}
            found = complex(slope.subs(numbers).evalf(25))
            truth = oracle.value(sympy.sympify(declared(*symbols)), point, 25)
            assert found == pytest.approx(complex(truth), rel=1e-12, abs=0), (symbol, point)


@pytest.mark.parametrize("word", [w for w in SCALAR if not w.derivatives], **NAMED)
def test_diff_without_a_declared_derivative(word):
    """Where a word has no declared derivative, .diff answers all the same: SymPy's, or an unevaluated one."""
    symbol, *_ = arguments(word)
    assert word(*arguments(word)).diff(symbol) != 0


@pytest.mark.parametrize("word", SCALAR, **NAMED)
def test_floats_in_number_out(word):
    """.subs with Floats, then float(), gives the word's value."""
    symbols = arguments(word)
    expression = word(*symbols)
    for point in points(word, 5):
        numbers = {symbol: sympy.Float(point[symbol.name]) for symbol in symbols}
        found = float(expression.subs(numbers))
        assert found == pytest.approx(float(oracle.value(expression, point)), rel=1e-12, abs=0), point


HARD = [  # a word, and numbers at which its meaning's terms cancel at the precision of a Float
    ("softplus", (-50.0,)),
    ("log1p", (1e-20,)),
    ("log_gamma_difference", (1e12, 1.0)),
    ("half_step_digamma", (1e8,)),
    ("xlogy", (0.0, 0.0)),
    ("ratio", (0.0, 0.0)),
]


@pytest.mark.parametrize(("name", "numbers"), HARD)
def test_floats_in_number_out_where_terms_cancel(name, numbers):
    """float() of a word is right where the terms of its meaning cancel."""
    word = VOCABULARY[name]
    truth = float(oracle.value(word(*arguments(word)), dict(zip(word.data, numbers, strict=True))))
    assert float(word(*map(sympy.Float, numbers))) == pytest.approx(truth, rel=1e-12, abs=0)


@pytest.mark.parametrize("word", [w for w in VOCABULARY.values() if w.zero_wins], **NAMED)
def test_exact_zero_wins(word):
    """A word whose zero wins is 0 for exact zeros too."""
    edge = sympy.Integer(-1 if word.name == "xlog1py" else 0)
    assert word(sympy.Integer(0), *[edge] * (len(word.data) - 1)) == 0


@pytest.mark.parametrize("word", SCALAR, **NAMED)
def test_doit_keeps_the_value(word):
    """A word and its .doit() are the same numbers."""
    symbols = arguments(word)
    expression = word(*symbols)
    for point in points(word):
        short, long = (oracle.value(side, point) for side in (expression, expression.doit()))
        assert abs(short - long) <= 1e-25 * abs(short)


@pytest.mark.parametrize("word", VECTOR, **NAMED)
def test_doit_of_a_vector_word(word):
    """The .doit() of a vector word is its meaning, with the same value."""
    expression = word(*arguments(word))
    for point in points(word):
        ranks = {name: point[name] for name, domain in word.data.items() if domain.name == "rank"}
        numbers = {"K": point["K"], **ranks} if ranks else {}  # SymPy makes cases of a rank that is not known
        here = expression.subs(
            {
                symbol: int(numbers[symbol.name])
                for symbol in expression.free_symbols
                if symbol.name in numbers
            }
        )
        done = (
            word.meaning(*here.args).subs(sympy.sympify(words.last), point["K"]).doit()
            if ranks
            else expression.doit()
        )
        one = oracle.value(expression, point, 25)
        assert mpmath.isinf(one) or agree(one, oracle.value(done, point, 25), 24)


# The table --------------------------------------------------------------------------------------


def test_vocabulary_knows_its_words():
    """Each word answers to the name of its SymPy class, and any other function is a Misuse."""
    for name, word in VOCABULARY.items():
        assert word_of(word(*arguments(word))) is word
        assert name == word.head.__name__
    with pytest.raises(Misuse, match="besselj is not in the vocabulary"):
        word_of(sympy.besselj(2, sympy.Symbol("x")))


def test_primitives_abbreviate_nothing():
    """SymPy's own functions have no meaning to ask for."""
    for word in VOCABULARY.values():
        if word.primitive:
            with pytest.raises(TypeError, match="primitive"):
                word.meaning(*arguments(word))


def test_every_argument_and_result_has_a_domain():
    """A word says where its arguments and its value live."""
    for word in VOCABULARY.values():
        assert word.data
        assert isinstance(word.result, Interval)


def test_constants():
    """2 pi keeps its name, is a number to any precision, and multiplies from both sides."""
    two_pi = sympy.sympify(words.two_pi)
    assert str(two_pi) == "two_pi"
    assert two_pi.is_positive
    assert two_pi.evalf(40) == (2 * sympy.pi).evalf(40)
    assert two_pi == words.two_pi._sympy_()
    assert agree(oracle.value(sympy.sqrt(two_pi), {}, 40), mpmath.sqrt(2 * mpmath.pi), 14)
    x = sympy.Symbol("x")
    assert x * words.two_pi == words.two_pi * x == two_pi * x


# What the oracle could mistake for the truth ------------------------------------------------------


def test_a_scale_that_is_an_exponential_leaves_the_oracle_its_digits():
    """Log cosh of 7e-132, a residual over e^229, is differentiated with more digits than 132."""
    y, s = sympy.Symbol("y", real=True), sympy.Symbol("s", real=True)
    point = {"y": -2.3e-32, "s": 229.0}
    found = oracle.derivative(words.log_cosh(y * sympy.exp(-s)), point, ["s", "s"], 18)
    with mpmath.workdps(60):
        square = (mpmath.mpf(point["y"]) * mpmath.exp(-229)) ** 2
        assert agree(found, 2 * square, 18)


def test_a_small_number_among_shrinking_rounding_is_not_zero():
    """The second derivative of log(1 + y^2 e^-2s) is 9e-292: with 121 and 242 digits only rounding is seen."""
    y, s = sympy.Symbol("y", real=True), sympy.Symbol("s", real=True)
    point = {"y": 1.993743802882206e93, "s": -120.93294576489005}
    found = oracle.derivative(words.log1p_square(y * sympy.exp(-s)), point, ["s", "s"], 18)
    with mpmath.workdps(700):
        square = (mpmath.mpf(point["y"]) * mpmath.exp(-mpmath.mpf(point["s"]))) ** 2
        assert agree(found, 4 * square / (1 + square) ** 2, 18)


def test_rounding_that_is_seen_at_every_other_precision_is_zero():
    """The second derivative of log cosh at 29815 is 1e-25897: of its terms 0 or rounding is left, by turns."""
    y, mu, sigma = (sympy.Symbol(name, real=True) for name in ("y", "mu", "sigma"))
    point = {"y": 17.342897415161133, "mu": 0.000761530885938555, "sigma": 0.00029083050321787596}
    cosh = sympy.sympify(words.cosh((y - mu) / (2 * sigma)))
    assert oracle.derivative(2 * sympy.log(cosh), point, ["mu", "mu"], 18) == 0

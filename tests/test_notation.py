"""What people write is read as what they mean, or refused with the place and the reason."""

import re
from random import Random

import mpmath
import pytest
import sympy
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from derive.domains import Binary, Count, Entries, Nonnegative, Positive, Real, Simplex, Unit
from derive.errors import Misuse
from derive.normalisation import check
from derive.notation import vocabulary as known
from derive.notation.density import density, read
from derive.notation.files import densities
from derive.notation.given import given as declaration
from derive.notation.lines import expression, line
from derive.notation.refusal import Refusal
from derive.notation.scope import Scope
from derive.notation.written import written
from derive.oracle import evaluate
from tests.corpus import entries, log_density, needs_corpus, outcome
from tests.written_densities import SPELLINGS

NAMES = Scope(("x", "y", "mu", "a", "b", "n", "k", "sigma", "theta"))
ROWS = [(given, point, truth, text) for given, point, truth, texts in SPELLINGS for text in texts]


def same(one: str, other: str) -> bool:
    """Whether two texts are read as one tree."""
    return expression(one, NAMES) == expression(other, NAMES)


# Densities --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("given", "point", "truth", "text"), ROWS)
def test_a_density_is_read_as_it_is_meant(given, point, truth, text):
    """The log density at a point is SciPy's, whatever the spelling."""
    assert log_density(read(text, given).distribution, point) == pytest.approx(truth, abs=1e-10)


@pytest.mark.parametrize(("given", "point", "truth", "text"), ROWS)
def test_what_is_written_is_read_again(given, point, truth, text):
    """The tree's own text is read as the same tree."""
    reading = read(text, given)
    again = Scope((*reading.given.scope.names, "n"), reading.given.scope.vectors)
    assert line(written(reading.line), again) == reading.line


def test_a_reading_is_a_row_of_the_catalogue():
    """What comes of a text is declared as a density of the catalogue is."""
    name, row = density("exp(-abs(y-mu)/b)/(2*b)", "y: real | mu: real, b: positive", "my_laplace")
    assert name == row.name == "my_laplace"
    assert row.data == {"y": Real}
    assert row.parameters == {"mu": Real, "b": Positive}
    assert row.symbol_latex("mu") == r"\mu"
    assert row.regular


def test_a_vector_keeps_its_size():
    """A product over the classes is one over an index, not written out."""
    row = read(r"\prod_{k=1}^{K} p_k^{y_k}", "y: one-hot | p: simplex[K]").distribution
    assert isinstance(row.domains["p"], Entries)
    from derive.heads import Row

    symbols = {name: Row(sympy.IndexedBase(sympy.Symbol(name, **d.facts))) for name, d in row.domains.items()}
    found = row(symbols["y"], p=symbols["p"])
    assert isinstance(found, sympy.Product)
    assert evaluate(found, {"y": [0, 1, 0], "p": [0.2, 0.3, 0.5], "K": 3}) == pytest.approx(0.3)


@pytest.mark.parametrize(
    ("text", "given", "domain"),
    [
        (r"\lambda e^{-\lambda x}, x > 0", "x: real | lambda: positive", Positive),
        (r"\lambda e^{-\lambda x} \quad x \ge 0", "x: real | lambda: positive", Nonnegative),
        (r"\lambda e^{-\lambda x} I(x>0)", "x: real | lambda: positive", Positive),
        (r"\lambda e^{-\lambda x} 1_{[0,\infty)}(x)", "x: real | lambda: positive", Nonnegative),
        (r"p(1-p)^x, x = 0, 1, 2, \ldots", "x: count | p: unit", Count),
        (r"p^x(1-p)^{1-x}, x \in \{0, 1\}", "x: count | p: unit", Binary),
        (r"2x, 0 < x < 1", "x: positive", Unit),
    ],
)
def test_a_condition_is_the_domain_of_the_data(text, given, domain):
    """Where the data lie is read from behind the formula, from indicators and from cases."""
    assert next(iter(read(text, given).distribution.data.values())) is domain


def test_a_support_that_moves_is_not_regular():
    """The density is 0 outside a support that depends on a parameter, and its score has a mean."""
    reading = read(
        r"\frac{\alpha m^\alpha}{x^{\alpha+1}}, x \ge m", "x: positive | m: positive, alpha: positive"
    )
    assert not reading.distribution.regular
    assert reading.ends({"m": 0.5, "alpha": 2})[0] == 0.5
    assert log_density(reading.distribution, {"x": 0.4, "m": 0.5, "alpha": 2}) == -mpmath.inf


# The rules --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ab", "a*b"),
        ("2x y", "2*x*y"),
        ("-x^2", "-(x^2)"),
        ("x^-1", "x^(-1)"),
        ("e^-x", "e^(-x)"),
        ("x**2**y", "x^(2^y)"),
        ("xlog(y)", "x*log(y)"),
        (r"\frac12x", "(1/2)*x"),
        (r"\frac1{2b}", "1/(2*b)"),
        (r"\frac ab", "a/b"),
        (r"x^{\frac12}", r"x^\frac12"),
        (r"\log 2\pi\sigma^2", "log(2*pi*sigma^2)"),
        (r"\log x \log y", "log(x)*log(y)"),
        (r"\ln x^2", "log(x^2)"),
        (r"\log y!", "log(y!)"),
        ("log(x)^2", "(log(x))^2"),
        (r"\log^2 x", "(log(x))^2"),
        (r"a/b\,x", "(a/b)*x"),
        ("a/(b)x", "(a/b)*x"),
        ("1/2 (x+y)", "(1/2)*(x+y)"),
        ("n/2 log(x)", "(n/2)*log(x)"),
        ("||x|-1|", "abs(abs(x)-1)"),
        (r"\left|x-y\right|", "|x-y|"),
        (r"\lvert x-y\rvert", "|x-y|"),
        ("2|x||y|", "2*abs(x)*abs(y)"),
        (r"[x>0]y", "I(x>0)*y"),
        (r"\sqrt[3]{x}", "x^(1/3)"),
        (r"\exp{-x}", "exp(-x)"),
        (r"\exp\{-x\}", r"\exp\left[-x\right]"),
        (r"{n \choose k}", r"\binom{n}{k}"),
        (r"{1 \over \theta}", "1/theta"),
        (r"\mathrm{e}^{-x}", "e^(-x)"),
        ("σ²μ", "sigma^2*mu"),
        ("√(2π)", r"\sqrt{2\pi}"),
        ("np.exp(-x)*math.pi", "exp(-x)*pi"),
        ("x.exp()", "exp(x)"),
        (r"\operatorname{lgamma}(a)", "gammaln(a)"),
        (r"\,x\;y\!\quad a~b\ n", "x*y*a*b*n"),
        (r"\displaystyle\frac{x}{y}", r"\dfrac{x}{y}"),
        ("½x", "0.5*x"),
        (r"$x+y$", r"\[x+y\]"),
        (r"\begin{align*} & x \\ & + y \end{align*}", "x+y"),
        (r"\newcommand{\half}[1]{\frac{#1}{2}} \half{x}", r"\frac{x}{2}"),
        (r"\def\f#1#2{#1+#2} \f{x}{y}", "x+y"),
    ],
)
def test_two_spellings_are_one(one, other):
    """What people write in two ways is read as one tree."""
    assert same(one, other)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "1/2x",
            "a/b x",
            "1/2 x",
            "x/2 sigma^2",
            "2 3",
            "√2π",
            "2e-3x",
            "x!!",
            "x^y!",
            "e^-x y",
            "log x * y",
        ),
        *(
            r"\log x y",
            r"\sin x/2",
            r"\exp -x/2",
            r"\log(x)^2",
            r"\exp(x)^{2}",
            r"\log (x)(y)",
            r"\sin^{-1}x",
        ),
        *(r"\frac{x}{y}^23", r"\mu x^a^b", r"e^{x/2\sigma}", r"\log x \cdot y", r"\sin x!/2"),
    ],
)
def test_what_can_be_read_in_two_ways_is_refused(text):
    """The sentence has both readings, or says what to write."""
    with pytest.raises(Refusal) as caught:
        expression(text, NAMES)
    assert caught.value.kind == "ambiguous"
    assert "^" in str(caught.value).splitlines()[-1]


@pytest.mark.parametrize(
    ("text", "given", "meant"),
    [
        (r"e^{-v/2s}/(2s)", "v: positive | s: positive", "e^{-v/(2s)}/(2s)"),
        (r"\frac{s}{2} e^{-v/2s}", "v: positive | s: positive", r"\frac{s}{2} e^{-(v/2)s}"),
        (r"s/2 e^{-v s/2}", "v: positive | s: positive", "(s/2) e^{-v s/2}"),
        ("s e^-s v", "v: positive | s: positive", "s e^(-s v)"),
        ("1/√2π exp(-(v - m)²/2)", "v: real | m: real", "(1/(√2π)) exp(-(v - m)²/2)"),
        (
            r"\frac{1}{s\sqrt{2\pi}} \exp -(v - m)^2/2s^2",
            "v: real | m: real, s: positive",
            r"\frac{1}{s\sqrt{2\pi}} \exp (-(v - m)^2/(2s^2))",
        ),
        (
            r"\frac{1}{vs\sqrt{2\pi}} \exp\left(-\frac{\ln(v/m)^2}{2s^2}\right)",
            "v: positive | m: positive, s: positive",
            r"\frac{1}{vs\sqrt{2\pi}} \exp\left(-\frac{(\ln(v/m))^2}{2s^2}\right)",
        ),
        (r"(1/\sqrt{2\pi}s) e^{-(v-m)^2/2s^2}", "v: real | m: real, s: positive", ""),
        (r"e^{-v/2s}", "v: positive | s: positive", ""),
        (r"e^{-v/2s}, s = w", "v: positive | s: positive", ""),
    ],
)
def test_of_several_readings_the_one_that_is_a_density_is_meant(text, given, meant):
    """It is told; where none of them is one, or two are, the text is refused."""
    if not meant:
        with pytest.raises(Refusal):
            read(text, given)
        return
    reading = read(text, given)
    assert reading.text in reading.distribution.summary
    assert reading.line == read(reading.text, given).line
    symbols = declaration(given).scope
    assert reading.line == line(meant.replace("√2π", "√(2π)"), symbols)


def test_a_line_without_a_name_that_is_negative_is_a_logarithm():
    """Where it is the logarithm of a density, and it is told; else it is what it was."""
    given = "v: real | mu: real, c: positive"
    reading = read("-|v - mu|/c - log(2c)", given)
    assert "logarithm" in reading.distribution.summary
    point = {"v": 0.4, "mu": 1, "c": 2}
    assert log_density(reading.distribution, point) == pytest.approx(float(-0.3 - mpmath.log(4)))
    wrong = read("-|v - mu|/c - log(c)", given)
    with pytest.raises(Misuse, match="< 0 at"):
        check(wrong.distribution)


@pytest.mark.parametrize(
    "head",
    [
        r"p(v) = \mathrm{Laplace}(v \mid \mu, c)",
        r"p(v) = \operatorname{Exp}(v; \mu, c)",
        r"p(v) = f(v; \mu, 1/c)",
        r"f_{V \mid M}(v \mid \mu, c) = f(v; \mu, c, 1)",
    ],
)
def test_a_density_may_have_several_names(head):
    """Of which one may be a function elsewhere, and parameters may stand there as they are used."""
    given, formula = "v: real | mu: real, c: positive", r"\frac{1}{2c} e^{-|v-\mu|/c}"
    assert read(f"{head} = {formula}", given).line.values == read(formula, given).line.values


@pytest.mark.parametrize(
    ("text", "kind", "said"),
    [
        ("x + frob(y)", "unknown function", "frob"),
        (r"\arctan x", "unknown function", "inverse tangent"),
        ("x + z", "not declared", "declared are x, y, mu"),
        ("x + sigm", "not declared", "did you mean sigma?"),
        (r"\frob x", "unknown command", "frob"),
        ("x + (y", "syntax", "never closed"),
        ("x + y)", "syntax", "never opened"),
        ("x +", "syntax", "missing at the end"),
        ("x ? y", "character", "question mark"),
        (r"exp^{-x}", "nonstandard", "exp(...)"),
        ("gamma(a", "syntax", "never closed"),
        ("binom(n)", "syntax", "takes 2 arguments, got 1"),
        ("x C(n)", "not declared", "'C' is not declared"),
        ("C_n^x", "ambiguous", "this is C(n, x) or C(x, n): write one of these"),
        (r"x {}^nC_x", "not declared", "the exponent 'nC_x' is not declared"),
        (r"\exp\left(x\right]", "syntax", "expected ) before ]"),
        (r"\frac{\|x\|}{2}", "syntax", "norms"),
        (r"\int x", "unknown command", "int"),
    ],
)
def test_what_is_not_understood_is_refused_with_its_place(text, kind, said):
    """The kind, the word in question and a caret below it."""
    with pytest.raises(Refusal) as caught:
        expression(text, NAMES)
    sentence, shown, carets = str(caught.value).splitlines()
    assert caught.value.kind == kind
    assert said in sentence
    assert len(carets) <= len(shown) + 1


def test_the_caret_stands_below_the_place():
    """The line is shown as it was written."""
    with pytest.raises(Refusal) as caught:
        expression("x + 2*frob(y)", NAMES)
    assert str(caught.value).splitlines()[1:] == ["  x + 2*frob(y)", "        ^^^^"]


def test_a_declared_name_wins():
    """Over a function, over a constant, and the longest over the others."""
    scope = Scope(("a", "b", "ab", "B", "e", "pi", "x"))
    assert written(expression("B(a+x)", scope)) == r"B \cdot (a + x)"
    assert written(expression("ab", scope)) == "ab"
    assert written(expression("e^x", scope)) == written(expression("(e)^x", scope))
    assert expression("e", scope) == expression("e", Scope(("e",)))
    assert expression(r"\pi", scope) != expression(r"\pi", NAMES)
    with pytest.raises(Misuse, match="times the bracket or the function beta"):
        expression(r"B(a,b)\cdot x", Scope(("B", "a", "b", "x")))


def test_code_that_calls_a_declared_name_is_refused():
    """gamma(k) where gamma is declared: code means the function, paper a product."""
    with pytest.raises(Refusal, match="times the bracket or the function"):
        expression("gamma(k)", Scope(("gamma", "k")))


@pytest.mark.parametrize("spelling", [r"\mu_0", "μ₀", "mu_0", "μ_0", r"\mu_{0}"])
@pytest.mark.parametrize("name", ["mu_0", "mu0"])
def test_a_symbol_has_one_name(spelling, name):
    """Greek letters, their commands and their names, subscripts in any form."""
    assert written(expression(spelling, Scope((name,)))).replace("_{0}", "_0") == name


def test_a_variance_is_a_symbol():
    """σ² is the declared symbol, and σ its root."""
    given = r"y: real | mu: real, \sigma^2: positive"
    row = read(r"\frac{1}{\sigma\sqrt{2\pi}}e^{-\frac{(y-\mu)^2}{2\sigma^2}}", given).distribution
    assert list(row.parameters) == ["mu", "sigma2"]
    assert row.symbol_latex("sigma2") == r"\sigma^2"
    y, mu, v = sympy.symbols("y mu v", positive=True)
    assert row(y, mu=mu, sigma2=v).free_symbols == {y, mu, v}


def test_a_sum_ends_at_the_next_sign():
    """An index that goes on behind its sum is refused."""
    given = "x: positive | lambda: positive"
    with pytest.raises(Refusal, match="outside of its sum"):
        read(r"\ell(\lambda) = \sum_{i=1}^n \log\lambda - \lambda x_i + \sum_{i=1}^n 0 x_i", given)


def test_a_data_set_is_told_from_its_logarithm():
    """With every sample twice a likelihood is squared, its logarithm doubled, and anything else refused."""
    given = "x: positive | lambda: positive"
    point = {"x": 0.8, "lambda": 1.3}
    for text in (
        r"L(\lambda) = \lambda^n e^{-\lambda\sum_{i=1}^n x_i}",
        r"L(\lambda) = n\log\lambda - \lambda\sum_{i=1}^n x_i",
        r"L(λ|x) = n*log(λ) - λ*Σxᵢ",
        r"L(\lambda) = \prod_{i=1}^n \lambda e^{-\lambda x_i}",
    ):
        assert log_density(read(text, given).distribution, point) == pytest.approx(
            float(mpmath.log(1.3) - 1.04)
        )
    with pytest.raises(Refusal, match="neither squared nor doubled"):
        read(r"L(\lambda) = \log\lambda - \lambda\sum_{i=1}^n x_i", given)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (r"p(y) \propto e^{-y^2/b}", "proportional"),
        (r"y \sim N(0, b)", "no density"),
        (r"f(y;b,c)=\frac1b", "not declared"),
        (r"f(b|y)=\frac{y}{b}", "head"),
        (r"F(y \le b) = y b", "no density"),
        (r"\frac{x}{b}", "not declared"),
        ("exp(-y)", "not used"),
        (r"f(y) = y b = 2 y b", "not equal"),
        (r"y b, y > b > 1", "domain"),
        (r"\newcommandx\d[2][1=y,2=b]{#1/b}", "macro slip"),
        ("1/(b - b)", "no number"),
        ("log(-1)*b*y", "no number"),
        (r"\sigma(y) b", "ambiguous"),
        ("z e^{-z}, z = y h, h = z/b", "abbreviation"),
        ("z/b, z = y, z = 2 y", "twice"),
        ("z/b, z = y, and more", "syntax"),
        ("y/b, z = y", "not declared"),
        ("z(y)/b, z(t) = t", "not declared"),
        ("f(y) = y/b, F(y) = y^2/(2b)", "not declared"),
        (r"y/b \text{ if $y$ (as above)}", "syntax"),
        ("f(y) = exp(-sum(y)/b)/b", "data set"),
        ("f(y) = exp(-(y - mean(y))/b)", "unknown function"),
    ],
)
def test_what_is_no_density_is_refused(text, kind):
    """With the kind of what is wrong."""
    with pytest.raises(Refusal) as caught:
        read(text, "y: real | b: positive")
    assert caught.value.kind == kind


# Declarations -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "data", "parameters"),
    [
        ("y: real | mu: real, b: positive", {"y": Real}, {"mu": Real, "b": Positive}),
        ("y in R; mu ∈ ℝ, b > 0", {"y": Real}, {"mu": Real, "b": Positive}),
        (
            r"y \in \mathbb{R} \mid \mu \in \mathbb{R}, b \in (0, \infty)",
            {"y": Real},
            {"mu": Real, "b": Positive},
        ),
        ("k: count; n: count, p: unit", {"k": Count}, {"n": Count, "p": Unit}),
        ("x: [0, 1] | a, b: positive", {"x": Unit}, {"a": Positive, "b": Positive}),
        ("y: {0, 1} | p: probability", {"y": Binary}, {"p": Unit}),
        ("y: {0, 1, 2, ...}", {"y": Count}, {}),
        ("y: nonnegative | 0 < p < 1", {"y": Nonnegative}, {"p": Unit}),
        ("x_i: real | p: simplex[K]", {"x": Real}, {"p": Simplex}),
    ],
)
def test_a_declaration_is_read(text, data, parameters):
    """Words, sets and comparisons are domains."""
    found = declaration(text)
    assert {name: symbol.domain for name, symbol in found.data.items()} == data
    assert {name: symbol.domain for name, symbol in found.parameters.items()} == parameters


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("y: reel", "did you mean real?"),
        ("y", "no domain"),
        ("y: real | y: positive", "declared twice"),
        (r"y: real | \mu: real, mu: real", "declared twice"),
        ("y: real | sigma: positive, sigma2: positive", "and its square"),
        ("y: real | mu_0: real, mu0: real", "one symbol"),
        ("y: real | 3x: real", "is no name"),
        ("y: real | a+b: real", "is no name"),
        ("y: real | __import__: real", "is no name"),
        ("y: real | a.b: real", "is no name"),
        ("y: real | " + "a" * 40 + ": real", "is no name"),
        ("y: (1, 0)", "nothing lies there"),
        ("| mu: real", "data and parameters are declared"),
        ("y: real | mu: real | b: real", "data and parameters are declared"),
        ("y: integer in Z", "no domain"),
    ],
)
def test_a_declaration_that_is_none_is_refused(text, said):
    """With what to write instead."""
    with pytest.raises(Misuse, match=said.replace("(", r"\(")):
        declaration(text)


@pytest.mark.parametrize("name", ["i", "k", "N"])
def test_a_name_of_an_index_gets_an_underscore(name):
    """The mathematics has indices of that name; the letter stays."""
    row = read(f"exp(-y/{name})/{name}", f"y: positive | {name}: positive").distribution
    assert list(row.parameters) == [f"{name}_"]
    assert row.symbol_latex(f"{name}_") == name


# Files ------------------------------------------------------------------------------------------

TWO = """
[laplace]
description = "An error with two tails."
data = "y: real"
parameters = "mu: real, b: positive"
density = "exp(-abs(y - mu)/b)/(2*b)"
source = "Laplace (1774)"

[second]
name = "rayleigh"
data = { x = "nonnegative" }
parameters = { sigma = "positive" }
density = '\\frac{x}{\\sigma^2} e^{-x^2/(2\\sigma^2)}'
"""


def test_a_file_has_several_densities():
    """Each by its name, with its sentence and its source."""
    found = densities(TWO)
    assert list(found) == ["laplace", "rayleigh"]
    assert found["laplace"].distribution.summary == "An error with two tails."
    assert found["laplace"].distribution.source == "Laplace (1774)"
    one = 'name = "one"\ndata = "y: positive"\ndensity = "exp(-y)"'
    assert list(densities(one)) == ["one"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no density"),
        ("a = [", "not TOML"),
        ("a = " + "[" * 3000, "not TOML"),
        ("a = 1", "a table with the keys"),
        ("[a]\ndata = 'y: real'", "has no density"),
        ("[a]\ndata = 'y: real'\ndensty = '1'\ndensity = '1'", "did you mean density?"),
        ("[a]\ndata = 'y: real'\ndensity = 1", "density is a text"),
        ("[a]\ndata = 1\ndensity = '1'", "data is a text"),
        ("[a]\ndata = 'y: real'\ndensity = 'frob(y)'", "'a', character 1"),
        ("['../../etc/passwd']\ndata = 'y: real'\ndensity = 'exp(-y)'", "small letters"),
        ("[a]\nname='__class__'\ndata = 'y: real'\ndensity = 'exp(-y)'", "small letters"),
        (
            "[a]\ndata = {'y; import os' = 'real'}\ndensity = 'exp(-y)'",
            "is no name|no domain|data and parameters",
        ),
        (TWO + "[third]\nname='laplace'\ndata='y: real'\ndensity='exp(-y)'", "two densities of the name"),
    ],
)
def test_a_hostile_file_is_refused(text, said):
    """A sentence, whatever is in it."""
    with pytest.raises(Misuse, match=said):
        densities(text)


# Hostile text -----------------------------------------------------------------------------------

HOSTILE = [
    *(
        "(" * 5000,
        "x" * 9999,
        "9^9^9^9^9",
        "exp(exp(exp(exp(9))))",
        " ",
        "",
        "-" * 5000 + "y",
        "y" + "!" * 3000,
    ),
    *("(" * 300 + "y" + ")" * 300, "y" + "/y" * 3000, "{" * 4000, "|" * 3000, "y^" * 3000 + "y", "y," * 2000),
    *(
        "\\frac" * 1500,
        "\\sqrt" * 1500 + "y",
        "√" * 1500,
        "\\begin{cases}" * 300,
        "1_{" * 1500,
        "\\sum_i" * 900,
    ),
    *("\\log " * 1500 + "y", "y = " * 1000, "\\\\" * 500, "$" * 5000, "&" * 4000, "[" * 3000, "y_" * 2000),
    *(
        "10^400^400",
        "y^(10^10)",
        "(10^40)!",
        "gamma(10^30)",
        "1e99999",
        "2^(10^10)",
        "(((2^400)^400)^400)^400",
    ),
    *(
        "__import__('os').system('x')",
        "y.__class__",
        "{{7*7}}",
        "lambda: 1",
        "eval(1)",
        "#1",
        "\x00",
        "\ud800",
    ),
    r"\def\a{\a\a}\a",
    r"\def\a{yyyyyyyyyy}\def\b{\a\a\a\a\a\a\a\a\a\a}\def\c{\b\b\b\b\b\b\b\b\b\b}\def\d{\c\c\c\c\c\c\c\c\c\c}\d\d\d",
    "max(" * 38 + "y" + ",1)" * 38,
    "I(y>" * 30 + "1" + ")" * 30,
    "exp(" * 38 + "y" + ")" * 38,
    "1/(1+" * 38 + "y" + ")" * 38,
    "y^(" * 38 + "y" + ")" * 38,
    r"\sum_{k=1}^{60}\sum_{j=1}^{60} k j y",
]


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: repr(text[:20]))
def test_hostile_text_is_refused_or_read(text):
    """Nothing but Misuse comes out, and at once."""
    try:
        row = read(text, "y: real").distribution
    except Misuse:
        return
    row(sympy.Symbol("y", real=True))


PIECES = sorted(
    {piece for *_, text in ROWS for piece in re.findall(r"\\[A-Za-z]+|\\.|[A-Za-z]+|[0-9]+|\s+|.", text)}
)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(st.sampled_from(PIECES), max_size=25).map("".join) | st.text(max_size=40),
    st.sampled_from(SPELLINGS),
)
def test_arbitrary_text_is_refused_or_read(text, row):
    """Nothing but Misuse comes out of pieces of densities and of any characters."""
    try:
        reading = read(text, row[0])
    except Misuse:
        return
    scope = Scope((*reading.given.scope.names, *known.SIZES_OF_SAMPLE), reading.given.scope.vectors)
    assert line(written(reading.line), scope) == reading.line


def test_a_changed_density_is_refused_or_read():
    """Densities with a few pieces lost, doubled or exchanged: nothing but Misuse, and what is read is read again."""
    random = Random(0)
    for given_text, _, _, text in ROWS * 4:
        pieces = re.findall(r"\\[A-Za-z]+|\\.|[A-Za-z]+|[0-9]+|\s+|.", text)
        for _ in range(random.choice((1, 2, 4))):
            place = random.randrange(len(pieces) + 1)
            pieces[place : place + random.randrange(2)] = random.sample(PIECES, random.randrange(2))
        try:
            scope = declaration(given_text).scope
            scope = Scope((*scope.names, "n"), scope.vectors)
            tree = line("".join(pieces), scope)
        except Misuse:
            continue
        assert line(written(tree), scope) == tree


@pytest.mark.parametrize(("given", "point", "truth", "texts"), SPELLINGS)
def test_spacing_says_nothing(given, point, truth, texts):
    """Spaces that say nothing change nothing: the tree is the same."""
    for text in texts:
        if "\\" in text and "\\quad" not in text and "newcommand" not in text:
            spaced = text.replace("=", "= ").replace("+", r"\!+\!").replace(r"\frac", r"\dfrac")
            assert read(spaced, given).line == read(text, given).line


# The corpus -------------------------------------------------------------------------------------


@needs_corpus
@pytest.mark.parametrize("entry", entries(), ids=lambda entry: entry["id"])
def test_densities_of_others_are_read_right_or_told_what_is_wrong(entry):
    """The log density that it should have, or the diagnosis that its status names."""
    found = outcome(entry)
    assert found.right, found.told

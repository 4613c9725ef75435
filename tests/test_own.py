"""A person's own density goes the whole road."""

import math
import pickle
from concurrent.futures import ProcessPoolExecutor
from random import Random

import mpmath
import numpy as np
import pytest
import sympy
import torch
from click.testing import CliRunner

import derive
from derive.cli import main
from derive.declare import Distribution
from derive.errors import Misuse
from derive.normalisation import mass, random_points
from derive.normaliser import KERNELS
from derive.oracle import evaluate
from derive.own import asked
from derive.request import request
from derive.verify import CHECKS, verify, verify_all

LAPLACE = "exp(-abs(y-mu)/b)/(2*b)"
IN_LATEX = r"\frac{1}{2b}\exp\left(-\frac{|y-\mu|}{b}\right)"
GIVEN = "y: real | mu: real, b: positive"
FILE = r"""
[laplace]
description = "An error with two tails."
data        = "y: real"
parameters  = "mu: real, b: positive"
density     = "exp(-abs(y - mu)/b)/(2*b)"
source      = "Laplace (1774)"

[second]
name       = "rayleigh"
data       = { x = "nonnegative" }
parameters = { sigma = "positive" }
density    = '\frac{x}{\sigma^2} e^{-x^2/(2\sigma^2)}'
"""
PYTHON = '''
from derive.declare import distribution
from derive.domains import Positive, Real
from derive.words import absolute, exp

@distribution
def skewed(y: Real, *, mu: Real, b: Positive):
    """An error whose tails are exponential.

    b  half the mean distance between two
    """
    return exp(-absolute(y - mu) / b) / (2 * b)

def bare(y: Positive, *, scale: Positive):
    """One tail."""
    return exp(-y / scale) / scale

def broken(y: Real, *, mu: Real):
    """Divides by zero."""
    return 1 / 0

def empty(y: Real, *, mu: Real):
    """Returns nothing."""

number = 3
'''


def run(*words):
    """Run the command line in this process."""
    return CliRunner().invoke(main, words, catch_exceptions=False)


@pytest.fixture
def files(tmp_path, monkeypatch):
    """A folder with a TOML file and a Python file, from which the command line is run."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my_density.toml").write_text(FILE, encoding="utf-8")
    (tmp_path / "my_densities.py").write_text(PYTHON, encoding="utf-8")
    (tmp_path / "shouts.py").write_text("raise RuntimeError('never\\nimport me')", encoding="utf-8")
    return tmp_path


# What the issue asks for -------------------------------------------------------------------------


def test_a_formula_becomes_a_torch_module():
    """`derive "…" --given "…" --emit torch`, and its command makes it again."""
    made = run(LAPLACE, "--given", GIVEN, "--emit", "torch")
    assert made.exit_code == 0
    assert "class OwnDensityLoss(torch.nn.Module)" in made.stdout
    assert f"Made by `derive '{LAPLACE}' --given '{GIVEN}' --emit torch`" in made.stdout


def test_latex_is_read_from_the_command_line():
    """The same density in LaTeX, with the same loss; its backslashes stand in the docstring as they are."""
    one = run(IN_LATEX, "--given", GIVEN).stdout
    assert "loss     log b + |y − μ|/b" in one
    module = derive.density("own", IN_LATEX, given=GIVEN).load("numpy")
    assert f"derive '{IN_LATEX}' --given '{GIVEN}' --name own" in module.__doc__


def test_a_file_of_several_densities(files):
    """`derive my_density.toml:NAME --emit numpy`; without a name, one is asked for."""
    made = run("my_density.toml:rayleigh", "--emit", "numpy")
    assert made.exit_code == 0
    assert "Made by `derive my_density.toml:rayleigh --emit numpy`" in made.stdout
    refused = run("my_density.toml")
    assert refused.exit_code == 2
    assert "has 2 densities; name one: my_density.toml:laplace" in refused.stderr
    (files / "one.toml").write_text(FILE.partition("[second]")[0], encoding="utf-8")
    assert "Source: Laplace (1774)" in run("one.toml", "--emit", "numpy").stdout


def test_a_python_file_is_imported_only_when_named(files):
    """`derive my_densities.py:skewed --emit latex`."""
    made = run("my_densities.py:skewed", "--emit", "latex")
    assert made.exit_code == 0
    assert made.stdout.startswith("% derive my_densities.py:skewed\n\\begin{align*}")
    assert "derive my_densities.py:bare" in run("my_densities.py:bare").stdout
    refused = run("shouts.py")
    assert refused.exit_code == 2
    assert "is imported for one function of it" in refused.stderr


def test_from_python_it_is_a_derivation_and_a_density():
    """What `derive.density` gives has a derivation's methods, and is derived again with options."""
    d = derive.density("skewed", LAPLACE, given=GIVEN)
    assert list(d.gradient) == ["mu", "b"]
    assert "class SkewedLoss" in d.emit("torch")
    fixed = derive.derive(d, fix="b")
    assert str(fixed.loss) == "Abs(-mu + y)"
    assert fixed.name == "skewed_fix_b"
    linked = derive.derive(d, link={"b": "exp"})
    y, mu, s = 1.5, 0.25, -0.5
    truth = s + abs(y - mu) * math.exp(-s)
    assert float(linked.load("numpy").loss(y, mu, s)) == pytest.approx(truth, rel=1e-15)
    assert float(linked.load("torch").loss(*map(torch.tensor, (mu, s, y)))) == pytest.approx(truth, rel=1e-6)


def test_its_name_may_be_that_of_a_row_of_the_catalogue():
    """Nothing that is known of the row is claimed of it."""
    d = derive.density("normal", LAPLACE, given=GIVEN)
    assert "not measured" in d.emit("numpy")
    (found,) = (f for f in verify(d.request, 2) if f.check == "hand-written")
    assert found.skipped


# Whether it is a density -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "given", "said"),
    [
        (
            "exp(-abs(y-mu)/b)",
            GIVEN,
            r"it integrates to [0-9.]+ at mu = [-0-9.]+, b = [0-9.]+; check its normalising",
        ),
        (
            "exp(-(y-mu)^2/2)",
            "y: real | mu: real",
            r"integrates to 2.50662\d+ at mu = .* constant factor √\(2π\)",
        ),
        ("r^y", "y: count | r: unit", r"it sums to [0-9.]+ at r = 0\.\d+"),
        (
            "x^(a-1)*(1-x)^(b-1)",
            "x: unit | a: positive, b: positive",
            r"integrates to [0-9.]+ at a = .*--unnormalised",
        ),
        ("b*(1 - y)", "y: positive | b: positive", r"it is -[0-9.e+]+ < 0 at b = [0-9.]+, y = [0-9.]+"),
    ],
)
def test_what_is_no_density_is_refused_with_point_and_number(text, given, said):
    """From Python and from the command line."""
    with pytest.raises(Misuse, match=said):
        derive.density("mine", text, given=given)
    refused = run(text, "--given", given)
    assert refused.exit_code == 2
    assert "is not a density" in refused.stderr


@pytest.mark.parametrize("name", KERNELS)
def test_a_kernel_has_the_mass_that_its_row_says(name):
    """At random parameters, by quadrature or by summation."""
    row = KERNELS[name]
    (y, support), *others = row.data.items()
    kernel = Distribution(
        function=lambda datum, **parameters: row(datum, *parameters.values())[0],
        **{"name": name, "summary": "", "prose": {}, "source": "", "result": None},
        data={y: support},
        parameters=dict(others),
    )
    for point in random_points(kernel):
        found = mass(kernel, point)
        symbols = {one: sympy.Symbol(one, **domain.facts) for one, domain in row.data.items()}
        said = evaluate(row(*symbols.values())[1], point)
        assert abs(found.value - said) <= 1e-6 * said + 2 * found.error


@pytest.mark.parametrize(
    ("text", "given", "loss", "dropped"),
    [
        ("x^(a-1)*(1-x)^(b-1)", "x: unit | a: positive, b: positive", "log_beta(a, b)", "0"),
        ("exp(-(y-mu)^2/(2*s^2))", "y: real | mu: real, s: positive", "log(s)", "log(pi)"),
        ("exp(kappa*cos(y-mu))", "y: angle | mu: real, kappa: positive", "log_bessel_0", "log(pi)"),
        ("exp(t*y)/y!", "y: count | t: real", "exp(t)", "log_factorial(y)"),
        ("exp(t*y)", "y: binary | t: real", "softplus(t)", "0"),
        ("1/(1+((y-mu)/s)^2)", "y: real | mu: real, s: positive", "log1p_square", "log(pi)"),
    ],
)
def test_a_mass_in_closed_form_goes_in(text, given, loss, dropped):
    """By a kernel, by a finite sum, by SymPy."""
    d = derive.density("mine", text, given=given, unnormalised=True)
    assert loss in str(d.loss)
    assert dropped in str(d.dropped)
    assert "divided by its mass" in d.distribution.summary
    assert d.command.endswith("--name mine --unnormalised")
    assert all(passed for check in ("ledger", "steps") for _, passed, *_ in CHECKS[check](d, 3))
    for point in random_points(d.distribution):
        assert mass(d.distribution, point).value == pytest.approx(1, abs=1e-7)


def test_a_mass_free_of_the_parameters_is_dropped_and_told():
    """A number stands for it: its logarithm is among what was dropped, and the mass is one."""
    d = derive.density("mine", "exp(-(y-m)^4-abs(y-m)^3)", given="y: real | m: real", unnormalised=True)
    assert str(d.loss.free_symbols) and "free of θ: its mass, 1.4678244" in d.distribution.summary
    assert float(d.dropped) == pytest.approx(math.log(1.4678244107300198), rel=1e-12)
    assert all(finding.passed for finding in verify(d.request, 3))


@pytest.mark.parametrize(
    ("text", "given", "said"),
    [
        (
            "exp(-y^4-a*abs(y)^3)",
            "y: real | a: positive",
            r"depends on the parameters: its mass is 1\.\d+ at a = ",
        ),
        ("1/(a*y)", "y: positive | a: positive", r"no normalising constant: its mass is \+inf at a = "),
    ],
)
def test_a_mass_that_cannot_be_had_refuses_the_loss(text, given, said):
    """Because it depends on what is learned, or is infinite."""
    with pytest.raises(Misuse, match=said):
        derive.density("mine", text, given=given, unnormalised=True)


def test_the_classic_mistake_is_caught():
    """A beta loss without log B has its minimum elsewhere; with --unnormalised log B is there."""
    given = "x: unit | a: positive, b: positive"
    assert run("x^(a-1)*(1-x)^(b-1)", "--given", given).exit_code == 2
    assert "log B(a, b)" in run("x^(a-1)*(1-x)^(b-1)", "--given", given, "--unnormalised").stdout


# Mistakes ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["exp(-y)", "--given", "y: positive"], "there is nothing to learn: own_density has no parameters"),
        (["exp(-y/b)/b"], "a density of your own needs --given or a file"),
        (["normal", "--unnormalised"], "--unnormalised is for a density of your own"),
        (["normal", "--name", "mine"], "--name mine names a formula, which needs --given"),
        (["exp(-y/b)/b", "--given", "y: positive | b: positive", "--name", "My Density"], "small letters"),
        (["exp(-y/b)/b", "--given", "y: positive | b: positive", "--name", "a;import os"], "small letters"),
        (["exp(-y/b)/b", "--given", "y: positive | b: positive", "--fix", "c"], "the parameters are b."),
        (
            ["exp(-y/b)/b", "--given", "y: positive | b: positive", "--link", "b=tanh"],
            "links that fit: exp",
        ),
        (["nowhere.toml"], "there is no file nowhere.toml"),
        (["nowhere.py:f"], "there is no file nowhere.py"),
        (["my_density.toml:laplas"], "it has laplace, rayleigh"),
        (["my_densities.py:nothing"], "has no 'nothing'; it declares skewed"),
        (["my_densities.py:number"], "is no function, but of type int"),
        (["my_densities.py:broken"], "gives no density: ZeroDivisionError: division by zero"),
        (["my_densities.py:empty"], "gives no formula, but 'None'"),
        (["shouts.py:f"], "cannot be imported: RuntimeError: never import me"),
        (["verify", "exp(-y/b)/b"], "nothing is generated under the name"),
        (["verify", "a", "b", "--given", "y: positive | b: positive"], "options go with one density, got 2"),
        (["show", "exp(-y)", "--given", "y: positive"], "there is nothing to learn"),
    ],
)
def test_misuse_is_one_sentence(files, words, sentence):
    """Exit code 2, no traceback."""
    result = run(*words)
    assert result.exit_code == 2
    assert sentence in result.stderr
    assert result.stderr.count("\n") == 1


HOSTILE = [
    *(
        "__import__('os').system('touch hacked')",
        "y.__class__",
        "{{7*7}}",
        "eval(y)",
        "lambda: y",
        '"""',
        "`id`",
        "$(id)",
    ),
    *(
        r"\input{/etc/passwd}",
        r"\write18{id}",
        r"\def\a{\a\a}\a",
        "(" * 400 + "y",
        "9^9^9^9^9",
        "exp(exp(exp(9)))",
        "\x1b[31m",
    ),
]


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: repr(text[:20]))
def test_hostile_formulas_are_refused_with_a_caret(text):
    """A sentence and the place below it."""
    result = run(text, "--given", GIVEN)
    assert result.exit_code == 2
    assert result.stderr.startswith("derive: ")
    assert "Traceback" not in result.stderr and "\x1b" not in result.stderr


@pytest.mark.parametrize(
    "name", ["__import__", "a.b", "a;b", "os.system('x')", "_loss", "1a", "a b", "a" * 60, "é", '"""']
)
def test_hostile_names_are_refused(name):
    """A name has letters, digits and underscores, or is refused."""
    result = run("exp(-y)", "--given", f"y: positive | {name}: positive")
    assert result.exit_code == 2
    assert "Traceback" not in result.stderr


def test_hostile_prose_stays_prose(files):
    """Quotes end no docstring, braces and backslashes are no commands, control characters are gone."""
    hostile = r'''
[mine]
description = 'It ends """ here {{7*7}} \input{/etc/passwd} % $x^2$ ~ \'
data = "y: positive"
parameters = "b: positive"
density = "exp(-y/b)/b"
source = "\u001b[31m\nimport os\n\"\"\"\nraise SystemExit(1)\n\"\"\" \\"
'''
    (files / "hostile.toml").write_text(hostile, encoding="utf-8")
    d = derive.derive(asked("hostile.toml", "", "", False))
    for target in ("numpy", "torch"):
        module = d.load(target)
        assert r'It ends """ here {{7*7}} \input{/etc/passwd} % $x^2$ ~ ' in module.__doc__
        assert 'Source: [31m import os """ raise SystemExit(1) """ \\' in module.__doc__
    document = d.emit("latex", standalone=True)
    assert r"\textbackslash{}input\{/etc/passwd\} \% \$x\textasciicircum{}2\$" in document
    assert "\\input{" not in document
    assert "\x1b" not in d.emit("text") + document


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a = [", "not TOML"),
        ("[a]\ndata = 'y: real'\ndensity = 'frob(y)'", "'a', character 1"),
        ("['../../etc/passwd']\ndata = 'y: real'\ndensity = 'exp(-y)'", "small letters"),
        ("[a]\ndata = 'y: real'\ndensty = '1'\ndensity = '1'", "did you mean density?"),
        ("[a]\ndata = 'y: real'\ndensity = 1", "density is a text"),
        ("a = " + "[" * 3000, "not TOML"),
    ],
)
def test_hostile_files_are_refused(files, text, said):
    """A sentence, through the command line."""
    (files / "bad.toml").write_text(text, encoding="utf-8")
    result = run("bad.toml")
    assert result.exit_code == 2
    assert said in result.stderr
    (files / "bytes.toml").write_bytes(b"\xff\xfe\x00")
    assert "not text in UTF-8" in run("bytes.toml").stderr


# The evidence ------------------------------------------------------------------------------------


def test_an_own_density_is_verified_and_shown():
    """`derive verify` and `derive show` take what the main command takes."""
    result = run("verify", LAPLACE, "--given", GIVEN, "--link", "b=exp", "--points", "3")
    assert result.exit_code == 0, result.output
    assert "own_density_link_b_exp" in result.stdout
    assert "nothing falls short; 2 not tested" in result.stdout
    shown = run("show", LAPLACE, "--given", GIVEN).stdout
    assert "b=exp" in shown and "p(y | μ, b)" in shown and "Source" not in shown


def test_other_processes_read_it_again(files):
    """A density is pickled as its text, with the mass that was found, or as the place of its function."""
    first = derive.density("first", LAPLACE, given=GIVEN)
    second = derive.density("second", "exp(-y^2/s)", given="y: real | s: positive", unnormalised=True)
    third = derive.derive(asked("my_densities.py:skewed", "", "", False))
    for d in (first, second, third):
        again = pickle.loads(pickle.dumps(d.distribution))
        assert derive.derive(again).loss == d.loss
        assert derive.derive(again).command == d.command
    requests = [request(d.distribution, fix=options) for d, options in ((first, "b"), (second, ()))]
    (files / "my_densities.py").unlink()
    with ProcessPoolExecutor(1) as pool:
        assert pool.submit(len, [0]).result() == 1
    found = list(verify_all(requests, 2, workers=2))
    assert [findings[0].loss for findings in found] == ["first_fix_b", "second"]
    assert all(finding.passed for findings in found for finding in findings)


def test_the_record_says_what_makes_it_again():
    """`own` holds what `derive.density` takes."""
    import json

    record = json.loads(derive.density("mine", LAPLACE, given=GIVEN).emit("json"))
    again = derive.density(record["distribution"], record["own"]["density"], given=record["own"]["given"])
    assert str(again.loss) == record["loss"]["sympy"]
    assert json.loads(derive.derive("normal").emit("json"))["own"] is None


@pytest.mark.parametrize(
    ("text", "given"),
    [
        (
            "B(a, b)*x^(a-1)*(1-x)^(b-1)/B(a,b)/B(a,b)/2 + x^(b-1)*(1-x)^(a-1)/B(a,b)/2",
            "x: unit | a: positive, b: positive",
        ),
        ("w*r^y*e^(-r)/y! + (1-w)*(2*r)^y*e^(-2*r)/y!", "y: count | r: positive, w: unit"),
    ],
)
def test_words_that_the_logarithm_does_not_open_have_derivatives(text, given):
    """The logarithm of a sum keeps its Beta functions and factorials."""
    d = derive.density("mixture", text, given=given)
    module, random = d.load("numpy"), Random(0)
    point = {q.name: q.domain.typical(random) for q in d.quantities}
    _, slopes = module.loss_and_gradient(*point.values())
    for slope, name in zip(slopes, d.gradient, strict=True):
        rise = lambda t, name=name: evaluate(d.loss, {**point, name: t})  # noqa: E731
        assert float(np.asarray(slope)) == pytest.approx(float(mpmath.diff(rise, point[name])), rel=1e-7)

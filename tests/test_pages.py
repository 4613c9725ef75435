"""The pages: what they say and how; LaTeX that the real programs accept; the record under its schema."""

import json
import math
import os
import re
import shutil
import subprocess
from itertools import pairwise
from pathlib import Path
from random import Random

import jsonschema
import mpmath
import pytest
import sympy
from sympy.core.parameters import distribute
from sympy.utilities.lambdify import implemented_function

import derive
from derive import oracle, words
from derive.catalogue import VARIANTS
from derive.derivation import Role
from derive.domains import EPS_OF_SUM, SUM_TOLERANCE
from derive.pages import NAMES, _latex_steps, because, latex_printer, ledger, text_page, text_printer
from derive.printers.columns import TEXT_WIDTH
from derive.printers.text import plain_letter
from derive.record import SCHEMA as RECORD
from derive.relation import Goal, Relation
from derive.request import request
from derive.resources import RECORD_SCHEMA
from derive.words import VOCABULARY, two_pi
from tests import GENERATED, sampled, sampled_links

IDS = [request(name, **options).slug for name, options in VARIANTS]

LEDGER = {
    "student_t": (
        "log σ + (ν + 1)/2 · log(1 + ((y − μ)/(σ √ν))²) + [½ log ν + log Γ(ν/2) − log Γ((ν + 1)/2)]",
        "1",
        "½ log π",
    ),
    "student_t_fix_nu": (
        "log σ + (ν + 1)/2 · log(1 + ((y − μ)/(σ √ν))²)",
        "1",
        "½ log ν + log Γ(ν/2) + ½ log π − log Γ(ν/2 + ½)",
    ),
    "normal_fix_sigma": ("(y − μ)²", "1/(2 σ²)", "log σ + ½ log 2π"),
    "normal_fix_sigma_1": ("(y − μ)²", "½", "½ log 2π"),
    "normal_fix_sigma_i": ("((y − μ)/σ)²", "½", "log σ + ½ log 2π"),
    "normal": ("log σ + ½ ((y − μ)/σ)²", "1", "½ log 2π"),
    "normal_link_sigma_exp": ("s + ½ ((y − μ) e^(−s))²", "1", "½ log 2π"),
    "normal_shared_mu_sigma": ("log σ + ½ ((y − μ)/σ)²", "1", "½ log 2π"),
    "normal_variance": ("log v + (y − μ)²/v", "½", "½ log 2π"),
    "normal_variance_link_variance_square": ("2 log |f| + ((y − μ)/f)²", "½", "½ log 2π"),
    "laplace_fix_b": ("|y − μ|", "1/b", "log b + log 2"),
    "laplace": ("log b + |y − μ|/b", "1", "log 2"),
    "bernoulli": ("−y log p − (1 − y) log1p(−p)", "1", "0"),
    "bernoulli_link_p_sigmoid": ("y softplus(−z) + (1 − y) softplus(z)", "1", "0"),
    "categorical": ("−Σₖ yₖ log pₖ", "1", "0"),
    "categorical_link_p_softmax": ("Σₖ yₖ logsumexp(z − zₖ)", "1", "0"),
    "beta": ("log B(a, b) − (a − 1) log y − (b − 1) log1p(−y)", "1", "0"),
    "poisson_link_rate_exp": ("e^η − y η", "1", "log y!"),
}


@pytest.fixture(params=sampled(), ids=lambda row: request(row[0], **row[1]).slug)
def derived(request):
    """Each loss of the sample."""
    name, options = request.param
    return derive.derive(name, **options)


@pytest.mark.parametrize(
    ("name", "options"), [row for row, slug in zip(VARIANTS, IDS, strict=True) if slug in LEDGER]
)
def test_ledger_is_the_one_of_the_textbook(name, options):
    """Loss, factor and dropped constant read as the table of losses says."""
    derived = derive.derive(name, **options)
    show = text_printer(derived)
    assert tuple(map(show, (derived.loss, derived.factor, derived.dropped))) == LEDGER[derived.name]


def _huber_mass(threshold):
    """The integral of the exponential of minus Huber's loss."""
    core = mpmath.sqrt(2 * mpmath.pi) * mpmath.erf(threshold / mpmath.sqrt(2))
    return core + 2 * mpmath.exp(-(threshold**2) / 2) / threshold


# What a page of text says, for Python to read.
SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")
SUBSCRIPTS = str.maketrans("₁₂₃", "123")
READ = (
    (r"\[1/expm1 − 1/id\]", "slope"),
    (r"\[(\w+)=0\]", r"at_zero(\1)"),
    (r"\[(\w+)=1\]", r"at_one(\1)"),
    (r"\bin\(", "inside("),
    (r"(\w)°", r"interior(\1)"),
    (r"[⁰¹²³⁴⁵⁶⁷⁸⁹]+", lambda found: f"**{found[0].translate(SUPERSCRIPTS)}"),
    (r"−", "-"),
    (r"\[", "("),
    (r"\]", ")"),
    (r"\^", "**"),
    (r"½", "(1/2)"),
    (r"¼", "(1/4)"),
    (r"2π", "(2*π)"),
    (r"√(\w+|\()", lambda found: "sqrt(" if found[1] == "(" else f"sqrt({found[1]})"),
    (r"sqrt\(\(2\*π\)\)", "sqrt(2*π)"),
    (r"log \|([^|]*)\|", r"log(abs(\1))"),
    (r"\|([^|]*)\|", r"abs(\1)"),
    (r"log B\*\(", "logBstar("),
    (r"log (Γ|B|C|c|Φ)\(", r"log\1("),
    (r"log cosh\(", r"logcosh("),
    (r"log M\(", r"logM("),
    (r"check′", "check1"),
    (r"h′", "h1"),
    (r"w[₁₂₃]+", lambda found: found[0].translate(SUBSCRIPTS)),
    (r"log (\w+)!", r"logΓ(\1 + 1)"),
    (r"(\w+)!", r"Γ(\1 + 1)"),
    (r"([ψλ])′", r"\g<1>1"),
    (r"log Z\(", r"logZ("),
    (r"log P_0\(", r"logP_0("),
    (r"log ζ\(", r"logζ("),
    (r"ζ′", "ζ1"),
    (r"ζ″", "ζ2"),
    (r"log I_(\w|\([^()]*\))\(", r"logI(\1, "),
    (r"\b([mv])_(\w|\([^()]*\))\(", r"\1(\2, "),
    (r"I₀", "I0"),
    (r"I₁", "I1"),
    (r"(log|logit) (\w+(\([^()]*\))?|\([^()]*\))", r"\1(\2)"),
    (r" · ", "*"),
    (r"([\w)]) (?=[\w(])", r"\1*"),
)


def log_base(y, phi, p):
    """The logarithm of the base measure of a Tweedie density, 0 at the atom."""
    return words.log_tweedie_base.truth(*map(mpmath.mpf, (y, phi, p)))


def dispersed(name):
    """A moment of the distribution of Conway, Maxwell and Poisson, by what the word means."""
    meaning = VOCABULARY[name].meaning(*sympy.symbols("m n", positive=True))
    return lambda m, n: oracle.value(meaning, {"m": m, "n": n}, 30)


def inverse_mills(a):
    """The density of a standard normal over its distribution function."""
    return mpmath.npdf(a) / mpmath.ncdf(a)


def convolved(name):
    """A derivative of the density of a normal and an exponential variable's sum, by what the word means."""
    word = VOCABULARY[name]
    symbols = sympy.symbols("a b c", positive=True)
    meaning = word.meaning(*symbols)

    def value(*numbers):
        return oracle.value(meaning, dict(zip("abc", numbers, strict=True)), 30)

    return value


MEANT = {
    "w": convolved("convolution"),
    "w1": convolved("convolution_slope"),
    "w2": convolved("convolution_deviation_slope"),
    "w3": convolved("convolution_rate_slope"),
    "w12": convolved("convolution_cross"),
    "w22": convolved("convolution_deviation_curvature"),
    "w23": convolved("convolution_rate_cross"),
    "w33": lambda a, b, c: convolved("convolution_rate_curvature")(a, b, c) - 1 / c**2,
    **{
        name: getattr(mpmath, name)
        for name in ("sqrt", "log", "sign", "e", "log1p", "expm1", "gamma", "beta")
    },
    "π": mpmath.pi,
    "Γ": mpmath.gamma,
    "B": mpmath.beta,
    "logΓ": mpmath.loggamma,
    "C": mpmath.binomial,
    "logB": lambda a, b: mpmath.log(mpmath.beta(a, b)),
    "logBstar": lambda a, b: (
        mpmath.log(mpmath.beta(a, b)) + (a + b) * mpmath.log(a + b) - a * mpmath.log(a) - b * mpmath.log(b)
    ),
    "logC": lambda a, b: mpmath.log(mpmath.binomial(a, b)),
    "ψ": mpmath.digamma,
    "ψ1": lambda a: mpmath.psi(1, a),
    "logZ": words.log_dispersed_sum.truth,
    "E_j": dispersed("dispersed_mean"),
    "E_Q": dispersed("dispersed_mean_cost"),
    "V_j": dispersed("dispersed_variance"),
    "V_Q": dispersed("dispersed_curvature"),
    "C_jQ": dispersed("dispersed_covariance"),
    "logP_0": words.log_hypergeometric_sum.truth,
    "P_0": lambda *numbers: mpmath.exp(words.log_hypergeometric_sum.truth(*numbers)),
    "E_y": words.hypergeometric_mean.truth,
    "V_y": lambda *numbers: words.hypergeometric_central_moment.truth(2, *numbers),
    "ζ": mpmath.zeta,
    "ζ1": lambda a: mpmath.zeta(a, 1, 1),
    "ζ2": lambda a: mpmath.zeta(a, 1, 2),
    "logζ": lambda a: mpmath.log(mpmath.zeta(a)),
    "Φ": mpmath.ncdf,
    "logΦ": lambda a: mpmath.log(mpmath.ncdf(a)),
    "λ": inverse_mills,
    "λ1": lambda a: -inverse_mills(a) * (a + inverse_mills(a)),
    "cos": mpmath.cos,
    "sin": mpmath.sin,
    "logc": log_base,
    "c": lambda *numbers: mpmath.exp(log_base(*numbers)),
    "d": words.tweedie_deviance.truth,
    "m": lambda n, z: (
        mpmath.sqrt(z) * mpmath.besseli(n - 1, 2 * mpmath.sqrt(z)) / mpmath.besseli(n, 2 * mpmath.sqrt(z))
    ),
    "v": lambda n, z: z - MEANT["m"](n, z) * (MEANT["m"](n, z) - n),
    "logI": lambda n, a: mpmath.log(mpmath.besseli(n, a)),
    "I0": lambda a: mpmath.besseli(0, a),
    "I1": lambda a: mpmath.besseli(1, a),
    "erf": mpmath.erf,
    "expm1": mpmath.expm1,
    "check": lambda a, b: a * (b - (a < 0)),
    "check1": lambda a, b: b - (a < 0),
    "clip": lambda a, b: max(-b, min(b, a)),
    "excess": lambda a, b: max(abs(a) - b, 0),
    "huber": lambda a, b: a**2 / 2 if abs(a) < b else b * (abs(a) - b / 2),
    "logM": lambda a: mpmath.log(_huber_mass(a)),
    "slope": lambda a: 1 / mpmath.expm1(a) - 1 / a,
    "logit": lambda a: mpmath.log(a / (1 - a)),
    "r": lambda a, b: (a - b) / (b * (1 - b) * mpmath.sqrt(a * (1 - a))),
    "T": lambda a: 2 * mpmath.exp(-(a**2) / 2) / (a * _huber_mass(a)),
    "within": lambda a, b: mpmath.mpf(abs(a) < b),
    "beyond": lambda a, b: mpmath.mpf(abs(a) > b),
    "H": lambda a, b, c: mpmath.log1p(c * a / b) / c,
    "inside": lambda a: mpmath.mpf(0 < a < 1),
    "out": lambda a: mpmath.mpf(a in (0, 1)),
    "at_zero": lambda a: mpmath.mpf(a == 0),
    "at_one": lambda a: mpmath.mpf(a == 1),
    "interior": lambda a: a if 0 < a < 1 else mpmath.mpf("0.5"),
    "b": lambda a, b, c: a ** (b * c - 1) * (1 - a) ** ((1 - b) * c - 1) / mpmath.beta(b * c, (1 - b) * c),
    "asinh": mpmath.asinh,
    "sinh": mpmath.sinh,
    "h": lambda a: mpmath.sinh(a) ** 2 / 2 - mpmath.log(mpmath.cosh(a)),
    "h1": lambda a: mpmath.sinh(a) ** 2 * mpmath.tanh(a),
    "cosh": mpmath.cosh,
    "logcosh": lambda a: mpmath.log(mpmath.cosh(a)),
    "tanh": mpmath.tanh,
    "sech": mpmath.sech,
    "softplus": lambda a: mpmath.log1p(mpmath.exp(a)),
    "sigmoid": lambda a: 1 / (1 + mpmath.exp(-a)),
    "silu": lambda a: a / (1 + mpmath.exp(-a)),
}


def test_text_reads_back_as_what_it_means(derived):
    """Brackets, dots and slashes: read from left to right, a printed formula has the formula's value."""
    if any(quantity.vector for quantity in derived.quantities):
        pytest.skip("a formula over classes has indices")
    show, random = text_printer(derived), Random(derived.name)
    quantities = list({q.name: q for q in (*derived.data, *derived.parameters, *derived.quantities)}.values())
    values: dict[str, float] = {}
    for q in sorted(reversed(quantities), key=lambda q: len(q.domain.symbols)):
        values[q.name] = float(q.value or q.domain.at(values).typical(random))
    letters = {plain_letter(q.latex): mpmath.mpf(values[q.name]) for q in quantities}
    symbols = {q.plain: sympy.Float(values[q.name], 40) for q in quantities}
    parts = (derived.loss, derived.factor, derived.dropped, derived.density)
    with mpmath.workdps(30):
        for part in (*parts, *derived.gradient.values(), *derived.hessian.values()):
            text = show(part)
            for pattern, replacement in READ:
                text = re.sub(pattern, replacement, text)
            found = eval(text, {**MEANT, **letters})
            assert float(found) == pytest.approx(float(part.xreplace(symbols).doit().evalf(30)), rel=1e-12)


def test_no_line_of_a_text_page_is_too_long_or_ends_in_a_space(derived):
    """A page fits the terminal it is made for."""
    for line in derived.emit("text").splitlines():
        assert len(line) <= TEXT_WIDTH
        assert line == line.rstrip()


def test_no_line_looks_like_the_line_before(derived):
    """A step that changes nothing for the eye is a sentence more under the line that is there."""
    steps = text_page(derived)["steps"]
    lines = [[row for row in step if r"\text{\small" not in row] for step in _latex_steps(derived)]
    assert all(one[2] != other[2] for one, other in pairwise(steps))
    assert all(one != other for one, other in pairwise(lines))
    said = " ".join(" ".join(step[3] for step in steps).split())
    for step in derived.steps:
        sentence = because(step, text_printer(derived)).removesuffix(".")
        assert sentence in said or sentence.partition(": ")[2] in said  # the second use of a link


def test_a_rule_used_twice_in_a_row_is_one_line():
    """Two parameters with one link: one line, one sentence, both equations."""
    page = derive.derive("beta", link={"a": "exp", "b": "exp"}).emit("text")
    assert page.count("The model predicts the logarithm") == 1
    assert "aᵢ = e^η_aᵢ, bᵢ = e^βᵢ." in " ".join(page.split())


def test_a_linked_parameter_and_its_predictor_are_both_explained():
    """The density is about σ, the loss about s: the page says what each is."""
    page = derive.derive("normal", link={"sigma": "exp"}).emit("text")
    assert "sigma      σ  in (0, ∞)  σ = e^s" in page
    assert "log_sigma  s  in ℝ" in page
    page = derive.derive("normal", link={"mu": "identity"}).emit("text")
    assert page.count("\n  mu ") == 1
    assert "μ = μ" not in page


def test_links_and_shared_parameters_drop_nothing_more():
    """What `derive show` says of them."""
    for name, options in sampled_links():
        gone = ledger(derive.derive(name))[1:]
        assert ledger(derive.derive(name, shared=[*options["link"]]))[1:] == gone
        assert ledger(derive.derive(name, **options))[1:] == gone


def test_fractions_within_fractions_have_a_slash():
    """In an exponent, and above and below a fraction's line."""
    show = latex_printer(derive.derive("student_t"))
    y, sigma = (derive.derive("student_t").symbols[name] for name in ("y", "sigma"))
    assert show(sympy.exp(-(y**2) / (2 * sigma**2))) == r"e^{-y^2/(2 \sigma^2)}"
    assert show((1 + y / sigma) / sigma) == r"\frac{y/\sigma + 1}{\sigma}"
    assert show(y**2 / sigma) == r"\frac{y^2}{\sigma}"


def test_document_has_the_derivatives(derived):
    """The standalone document shows the gradient, and the Hessian where it is short."""
    document = derived.emit("latex", standalone=True)
    assert document.count(r"\frac{\partial\,\text{loss}}") == len(derived.learned)
    if derived.name == "normal":
        assert document.count(r"\frac{\partial^2\,\text{loss}}") == 3


def test_pdflatex_sets_the_document(derived, tmp_path):
    """The standalone document compiles without an error and without an overfull box."""
    if shutil.which("pdflatex") is None:
        pytest.skip("pdflatex is not installed (Debian: texlive-latex-recommended)")
    (tmp_path / "page.tex").write_text(derived.emit("latex", standalone=True), encoding="utf-8")
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "page.tex"]
    ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, errors="replace", check=False)
    assert ran.returncode == 0, ran.stdout[-2000:]
    assert "Overfull" not in ran.stdout


def test_katex_accepts_every_block():
    """KaTeX renders every align* block that is committed, in its strict mode."""
    where = os.environ.get("NODE_PATH", "")
    found = shutil.which("node") and subprocess.run(
        ["node", "-e", "require('katex')"],
        capture_output=True,
        check=False,
        env={**os.environ, "NODE_PATH": where},
    )
    if not found or found.returncode:
        pytest.skip("katex is not installed (npm install katex, and NODE_PATH names its folder)")
    blocks = [path.read_text("utf-8") for path in sorted((GENERATED.parent / "latex").glob("*.tex"))]
    assert len(blocks) >= len(VARIANTS)
    script = (
        "const katex=require('katex');for(const b of JSON.parse(require('fs').readFileSync(0)))"
        "katex.renderToString(b,{displayMode:true,throwOnError:true,strict:'error'})"
    )
    ran = subprocess.run(
        ["node", "-e", script], input=json.dumps(blocks), capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr[:2000]


# The record ---------------------------------------------------------------------------------------

SCHEMA = json.loads(RECORD_SCHEMA.read_text(encoding="utf-8"))


def test_record_keeps_its_schema(derived):
    """The record holds to the shipped schema, and its steps are the derivation's."""
    record = json.loads(derived.emit("json"))
    jsonschema.Draft202012Validator(SCHEMA).validate(record)
    assert [step["rule"] for step in record["steps"]] == [step.rule for step in derived.steps]


@pytest.mark.parametrize(
    "change",
    [
        lambda record: record.pop("factor"),
        lambda record: record.pop("dropped"),
        lambda record: record.pop("gradient"),
        lambda record: record["loss"].pop("srepr"),
        lambda record: record.update(extra=1),
        lambda record: record["steps"][0].update(relation="similar"),
        lambda record: record["quantities"][0].update(role="unknown"),
        lambda record: record["options"]["fix"].update(mu="one"),
    ],
)
def test_schema_refuses_what_is_not_a_record(change):
    """What is missing, unknown or misspelt is found."""
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    record = json.loads(derive.derive("normal").emit("json"))
    change(record)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(SCHEMA).validate(record)


def test_schema_says_what_the_tables_say():
    """Relations, roles, goals and names of lines are those of the program, with its words for them."""

    def described(definition, field):
        return {
            row["const"]: row["description"]
            for row in SCHEMA["$defs"][definition]["properties"][field]["oneOf"]
        }

    claimed = {row.name.lower(): row.meaning for row in Relation if row is not Relation.DIFFERENT}
    assert described("step", "relation") == claimed
    assert described("quantity", "role") == {role.name.lower(): role.value for role in Role}
    assert set(described("step", "goal")) == {goal.value for goal in Goal}
    assert set(SCHEMA["$defs"]["step"]["properties"]["name"]["enum"]) == {*NAMES, ""}
    assert SCHEMA["properties"]["schema"]["const"] == RECORD


def test_record_options_make_the_same_derivation(derived):
    """`derive(distribution, **options)` of a record is the derivation it was written from."""
    record = json.loads(derived.emit("json"))
    again = derive.derive(record["distribution"], **record["options"])
    assert again.emit("json") == derived.emit("json")


def names_for(record, function):
    """What Python needs to read a tree of the record back."""
    return {
        **vars(sympy),
        "two_pi": 2 * sympy.pi,
        "p": sympy.Function("p"),
        **{name: function(name) for name in record["words"]},
    }


def function_of(name, reference):
    """A function for SymPy, with numbers from mpmath where the record says that they are there."""
    if reference is None:
        return sympy.Function(name)
    function, *orders = reference.split()

    def truth(*numbers):
        return getattr(mpmath, function)(*map(int, orders), *(number._to_mpmath(100) for number in numbers))

    return implemented_function(name, truth)


def test_record_is_enough_to_check_the_ledger(derived):
    """With SymPy and the record alone, −log p = factor · loss + dropped, and the gradient is the loss's."""
    record = json.loads(derived.emit("json"))
    names = names_for(record, lambda name: function_of(name, record["words"][name]["mpmath"]))
    random = Random(derived.name)
    size = 3

    def meant(expression):
        """The expression with every word replaced by what the record says that it means."""
        for name, word in record["words"].items():
            if word["meaning"] is None:
                continue
            meaning = eval(word["meaning"]["srepr"], names)
            symbols = {symbol.name: symbol for symbol in meaning.free_symbols if symbol.is_Symbol}
            for call in expression.atoms(names[name]):
                places = zip(word["arguments"], call.args, strict=True)
                bound = {symbols[key]: getattr(given, "label", given) for key, given in places}
                told = {symbol: given for symbol, given in bound.items() if isinstance(given, sympy.Lambda)}
                entries = [entry for entry in meaning.atoms(sympy.Indexed) if entry.base.label in told]
                bound |= {entry: told[entry.base.label](*entry.indices).xreplace(bound) for entry in entries}
                expression = meant(expression.xreplace({call: meaning.xreplace(bound)}))
        return expression

    def read(formula):
        return meant(eval(formula["srepr"], names)).subs(sympy.Symbol("K", integer=True, positive=True), size)

    values = {}
    for quantity in sorted(reversed(derived.quantities), key=lambda q: len(q.domain.symbols)):
        if quantity.vector:
            for place, value in enumerate(quantity.domain.typical_vector(random, size), start=1):
                # A number that picks an entry is whole in SymPy too.
                values[quantity.plain[place]] = int(value) if quantity.domain.entry.integer else value
        elif quantity.value is None:
            bounds = {symbol: derived.bound(symbol).xreplace(values) for symbol in quantity.domain.symbols}
            domain = quantity.domain.at(bounds)
            # A record gives a word's meaning, and not that its zero wins at an atom.
            drawn = iter(lambda domain=domain: domain.typical(random), None)
            # SymPy's log 0 has no sign: it does not know at which end of the line an outer class lies.
            outer = (0, size) if quantity.domain.discrete and quantity.domain.size else ()
            number = next(value for value in drawn if value not in (*domain.atoms, *outer))
            values[quantity.plain] = int(number) if quantity.domain.discrete else number
    # SymPy makes cases of a class that is not known.
    classes = {s: values[s] for s in values if s.is_Symbol and s.is_integer}
    made = {row["parameter"]: read(row["definition"]) for row in record["quantities"] if row["parameter"]}
    k = sympy.Symbol("k", integer=True, positive=True)

    def number(expression):
        expression = expression.subs(classes).doit()
        for symbol in expression.atoms(sympy.Indexed):
            name = str(symbol.base.label)
            if name in made:
                expression = expression.xreplace({symbol: made[name].subs(k, symbol.indices[0]).doit()})
        expression = expression.subs({s: made[s.name] for s in expression.free_symbols if s.name in made})
        expression = sympy.sympify(expression.xreplace(values)).doit()
        return float(expression.xreplace(values).evalf(30))  # entries that data have picked

    density, loss, factor, dropped = (read(record[part]) for part in ("density", "loss", "factor", "dropped"))
    ledger = number(factor) * number(loss) + number(dropped)
    assert -math.log(number(density)) == pytest.approx(ledger, rel=1e-9)


def test_record_holds_the_trees_themselves(derived):
    """Read with the program's own words, a tree of the record is the expression that was written."""
    record = json.loads(derived.emit("json"))
    names = names_for(record, lambda name: VOCABULARY[name].head) | {"two_pi": two_pi._sympy_()}
    with distribute(False):
        for part in ("density", "loss", "factor", "dropped"):
            assert eval(record[part]["srepr"], names) == getattr(derived, part)
        for name, slope in derived.gradient.items():
            assert eval(record["gradient"][name]["srepr"], names) == slope
        for (one, other), slope in derived.hessian.items():
            assert eval(record["hessian"][one][other]["srepr"], names) == slope


def test_notebook_shows_the_derivation(derived):
    """A result shows itself as display mathematics."""
    shown = derived._repr_latex_()
    assert shown.startswith("$$\\begin{aligned}")
    assert shown.endswith("\\end{aligned}$$")


def test_a_derivation_shows_itself_in_one_line(derived):
    """The command and the ledger, not the trees."""
    shown = repr(derived)
    assert shown.startswith(f"Derivation({derived.request.command!r}: loss ")
    assert "\n" not in shown and len(shown) < 400
    assert all(text_printer(derived)(part) in shown for _, part in ledger(derived))


def test_the_package_shows_its_public_names():
    """`dir(derive)` has what a person may use."""
    assert dir(derive) == sorted(derive.__all__)


def test_nothing_given_is_nothing_asked():
    """None is no option; a misspelt one is Python's own error."""
    asked = derive.derive("normal", fix=None, link=None, shared=None)
    assert asked.request.command == "derive normal"
    with pytest.raises(TypeError, match="unexpected keyword argument 'fixed'"):
        derive.derive("normal", fixed="sigma")


README = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")


def test_readme_opens_with_what_the_program_writes():
    """The first derivation is the end of the block that its command prints, and the code is of the module."""
    opening = derive.derive("normal", link={"sigma": "exp"})
    assert f"$ {opening.request.command} --emit latex" in README

    def in_rows(block):
        rows = (re.sub(r" *\\\\\*?(\[1ex\])?$", "", row.strip()) for row in block.splitlines())
        return [row.replace(r"\small ", "") for row in rows]  # the size of prose is the page's own

    shown = in_rows(re.search(r"\\begin\{aligned\}\n(.*)\n\\end\{aligned\}", README, re.DOTALL)[1])
    printed = in_rows(opening.emit("latex"))[:-1]
    assert printed[-len(shown) :] == shown
    code = re.search(r"`--emit numpy` gives.*?```\n(.*?)```", README, re.DOTALL)[1]
    assert f"\n\n{code}\n\n" in opening.emit("numpy")


def test_readme_names_the_tolerance_of_the_domains():
    """How far probabilities may sum from one."""
    assert (SUM_TOLERANCE, EPS_OF_SUM) == (1e-5, 2)
    assert "off by at most 1e-5, or by two eps of the dtype" in README

"""The pages: LaTeX that the real programs accept, JSON under its schema, the table of the losses."""

import json
import os
import shutil
import subprocess

import jsonschema
import pytest

import derive
from derive.catalogue.variants import VARIANTS
from derive.pages import SCHEMA, text_printer
from derive.request import request

IDS = [request(name, **options).slug for name, options in VARIANTS]

LEDGER = {
    "student_t": (
        "[½ log ν + log Γ(ν/2) − log Γ((ν + 1)/2)] + log σ + (ν + 1)/2 log1p(1/ν ((y − μ)/σ)²)",
        "1",
        "½ log π",
    ),
    "student_t_fix_nu": (
        "log σ + (ν + 1)/2 log1p(1/ν ((y − μ)/σ)²)",
        "1",
        "½ log ν + log Γ(ν/2) + ½ log π − log Γ((ν + 1)/2)",
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

DOCUMENT = {
    "type": "object",
    "required": ["schema", "version", "command", "distribution", "quantities", "steps", "density", "loss"],
    "properties": {
        "schema": {"const": SCHEMA},
        "quantities": {"type": "array", "items": {"required": ["name", "role", "domain", "latex", "prose"]}},
        "steps": {
            "type": "array",
            "minItems": 4,
            "items": {
                "required": ["relation", "rule", "because", "goal", "line"],
                "properties": {
                    "relation": {"enum": ["defines", "equal", "shift", "factor", "monotone"]},
                    "line": {"required": ["sympy", "latex", "text"]},
                },
            },
        },
    },
}


@pytest.fixture(params=VARIANTS, ids=IDS)
def derived(request):
    """Each row that is generated."""
    name, options = request.param
    return derive.derive(name, **options)


def test_ledger_is_the_one_of_the_textbook(derived):
    """Loss, factor and dropped constant read as the table of losses says."""
    show = text_printer(derived)
    assert tuple(map(show, (derived.loss, derived.factor, derived.dropped))) == LEDGER[derived.name]


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
    """KaTeX renders every align* block in its strict mode."""
    where = os.environ.get("NODE_PATH", "")
    found = shutil.which("node") and subprocess.run(
        ["node", "-e", "require('katex')"],
        capture_output=True,
        check=False,
        env={**os.environ, "NODE_PATH": where},
    )
    if not found or found.returncode:
        pytest.skip("katex is not installed (npm install katex, and NODE_PATH names its folder)")
    blocks = [derive.derive(name, **options).emit("latex") for name, options in VARIANTS]
    script = (
        "const katex=require('katex');for(const b of JSON.parse(require('fs').readFileSync(0)))"
        "katex.renderToString(b,{displayMode:true,throwOnError:true,strict:'error'})"
    )
    ran = subprocess.run(
        ["node", "-e", script], input=json.dumps(blocks), capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr[:2000]


def test_json_keeps_its_schema(derived):
    """The record holds to the documented schema, and its steps are the derivation's."""
    record = json.loads(derived.emit("json"))
    jsonschema.validate(record, DOCUMENT)
    assert [step["rule"] for step in record["steps"]] == [step.rule for step in derived.steps]


def test_notebook_shows_the_derivation(derived):
    """A result shows itself as display mathematics."""
    shown = derived._repr_latex_()
    assert shown.startswith("$$\\begin{aligned}")
    assert shown.endswith("\\end{aligned}$$")

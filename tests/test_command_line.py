"""The command line, as a person meets it."""

import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from derive.cli import main
from derive.request import request
from derive.resources import TEMPLATES
from derive.targets import COMMITTED, TARGETS
from derive.verify import Finding, verify

ROOT = Path(__file__).parent.parent


def run(*words):
    """Run the command line in this process."""
    return CliRunner().invoke(main, words, catch_exceptions=False)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["norml"], "Did you mean normal?"),
        (["normal", "--fix", "sigma=-1"], "sigma lies in (0, ∞), got -1"),
        (["normal", "--fix", "mu,sigma"], "nothing is left to learn"),
        (["normal", "--link", "sigma=tanh"], "links that fit: exp, softplus, square"),
        (["normal", "--link", "sigma=expp"], "Did you mean exp?"),
        (["normal", "--fix", "sigme"], "Did you mean sigma?"),
        (["normal", "--fix", "sigma=one"], "a known value is a number"),
        (["normal", "--fix", "sigma", "--link", "sigma=exp"], "given to both --fix and --link"),
        (["normal", "--fix", "sigma=1e400"], "between 1e-100 and 1e100"),
        (["normal", "--fix", "sigma[j]"], "NAME[i]"),
        (["normal", "-o", "nowhere/page.txt"], "there is no folder nowhere"),
        (["normal", "--standalone"], "--standalone makes a whole document, so it goes with --emit latex"),
        (["normal", "-o", "/proc/nowhere"], "cannot write"),
        (["normal", "--fix", "sigma=1_0"], "a known value is a number"),
        (["normal", "--shared", "mu=1"], "it has no value"),
        (["generate", "norml"], "Did you mean normal?"),
        (["normal", "-o", ""], "-o names a file, got an empty name"),
        (["generate", "--out", ""], "--out names a folder, got an empty name"),
        (
            ["generate", "--check", "--out", "nowhere"],
            "nowhere holds no generated file of these; run this where",
        ),
        (["verify", "norml"], "Did you mean normal?"),
        (["verify", "norml", "--fix", "sigma"], "Did you mean normal?"),
        (["verify", "normal", "--fix", "sigma=-1"], "sigma lies in (0, ∞), got -1"),
        (["verify", "--fix", "sigma=1"], "options go with one density, got 0"),
        (["verify", "normal", "laplace", "--keep-factor"], "options go with one density, got 2"),
    ],
)
def test_misuse_is_one_sentence_and_exit_code_2(words, sentence):
    """A mistake is answered by one sentence that says what to do, never by a traceback."""
    result = run(*words)
    assert result.exit_code == 2
    assert sentence in result.stderr
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize("target", TARGETS)
def test_every_target_is_written_and_is_the_same_in_a_file(target, tmp_path):
    """What is printed is what `-o` writes."""
    printed = run("normal", "--link", "sigma=exp", "--emit", target)
    assert printed.exit_code == 0
    assert run("normal", "--link", "sigma=exp", "--emit", target, "-o", str(tmp_path / "file")).exit_code == 0
    assert (tmp_path / "file").read_text(encoding="utf-8") == printed.stdout


def test_a_dash_is_the_standard_output(tmp_path, monkeypatch):
    """`-o -` prints, and makes no file."""
    monkeypatch.chdir(tmp_path)
    assert run("normal", "-o", "-").stdout == run("normal").stdout
    assert not list(tmp_path.iterdir())


def test_listing_and_help_do_not_import_sympy():
    """`derive --help` and `derive list` start at once."""
    for word in ("--help", "list"):
        script = f"import sys; sys.argv = ['derive', {word!r}]\nfrom derive.cli import main\ntry:\n main()\nexcept SystemExit:\n pass\nassert 'sympy' not in sys.modules"
        subprocess.run([sys.executable, "-c", script], check=True, capture_output=True)


def test_show_says_what_each_option_drops():
    """`derive show` has the density, the source and a ledger for each option."""
    shown = run("show", "student_t").stdout
    assert "Source: Johnson" in shown
    assert "derive student_t --fix nu" in shown


def test_generated_files_are_as_committed():
    """`derive generate --check` finds nothing to accept."""
    result = run("generate", "--check", "--out", str(ROOT / "generated"))
    assert result.exit_code == 0, result.output[-3000:]


def test_check_shows_the_difference_and_the_command_that_accepts_it(tmp_path):
    """A changed file is shown as a diff, and the exit code is 1."""
    run("generate", "poisson", "--out", str(tmp_path))
    path = tmp_path / "numpy" / "poisson_link_rate_exp.py"
    path.write_text(path.read_text(encoding="utf-8").replace("FACTOR = 1", "FACTOR = 2"), encoding="utf-8")
    result = run("generate", "poisson", "--out", str(tmp_path), "--check")
    assert result.exit_code == 1
    assert "-FACTOR = 2" in result.stdout
    assert "accept them with `derive generate poisson" in result.stderr


def test_help_keeps_the_lines_of_its_examples():
    """Each example of the help stands on its own line."""
    shown = run("--help").stdout
    assert "\\b" not in shown
    assert "  derive normal --fix sigma --emit numpy         sigma known" in shown


def test_a_device_is_written_to_and_not_replaced():
    """`-o /dev/null` leaves the device a device."""
    device = Path("/dev/null")
    if not device.is_char_device():
        pytest.skip("no /dev/null here")
    assert run("normal", "-o", str(device)).exit_code == 0
    assert device.is_char_device()


def test_one_loss_with_any_options_is_verified():
    """`derive verify` takes the options of the main command, and says what has no hand-written loss."""
    result = run("verify", "normal", "--fix", "sigma=2", "--keep-factor", "--points", "2")
    assert result.exit_code == 0
    assert "normal_fix_sigma_2_keep_factor" in result.stdout
    assert "no hand-written loss for these options" in result.stdout
    assert "nothing falls short; 1 not tested" in result.stdout


@pytest.mark.parametrize(("short", "code"), [(True, 1), (False, 0)])
def test_what_falls_short_is_exit_code_1(monkeypatch, short, code):
    """The table has every finding, and the exit code tells whether all passed."""
    finding = Finding("normal", "ledger", not short, "off by 1", "at y=1, where [torch] and :one: stand")
    monkeypatch.setattr("derive.verify.verify_all", lambda requests, count, accuracy: iter([[finding]]))
    result = run("verify", "normal")
    assert result.exit_code == code
    assert ("FAILS" in result.stdout) is short
    assert "at y=1, where [torch] and :one: stand" in result.stdout


def test_a_loss_without_counterparts_says_so(monkeypatch):
    """What no other library computes is a line that was not tested, and a missing library names its remedy."""
    monkeypatch.setattr("derive.verify.elsewhere", lambda derived: [])
    monkeypatch.setattr("derive.verify._installed", lambda library: library != "torch")
    findings = verify(request("normal", fix="sigma=2"), 2)
    (found,) = (finding for finding in findings if finding.check == "other libraries")
    assert found.skipped and "no counterpart of this loss" in found.note
    assert {f.note for f in findings if f.check.startswith("torch float")} == {
        "torch is not installed: pip install torch"
    }


def test_verify_offers_the_options_of_the_main_command():
    """The same options, from the same table."""
    shown = run("verify", "--help").stdout
    for option in ("--fix", "--link", "--shared", "--keep-constants", "--keep-factor"):
        assert option in shown


def test_targets_stand_in_one_table():
    """A target's name is that of its template, and of its folder below `generated/`."""
    for row in TARGETS.values():
        assert bool(row.context) == (TEMPLATES / row.template).is_file()
        assert row.context or row.written
        assert row.context or not row.document
    folders = {path.name for path in (ROOT / "generated").iterdir() if path.is_dir()}
    assert folders == {row.name for row in COMMITTED}
    assert f"[{'|'.join(TARGETS)}]" in run("normal", "--help").stdout


def test_list_has_the_names_of_others_side_by_side():
    """A line for each density, and which only we have."""
    lines = run("list", "--counterparts").stdout.splitlines()
    assert lines[0].split() == ["name", "Torch", "SciPy", "Stan", "TFP", "gamlss"]
    normal = next(line for line in lines if line.startswith("normal "))
    assert normal.split() == [
        "normal",
        "Normal,",
        "nn.GaussianNLLLoss,",
        "nn.MSELoss",
        "norm",
        "normal",
        "Normal",
        "NO",
    ]
    assert "tweedie" in lines[-1]

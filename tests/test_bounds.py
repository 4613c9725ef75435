"""The bounds that are committed are those of all that is generated, and the code keeps them."""

import pytest
from click.testing import CliRunner

from derive import bounds
from derive.cli import main
from derive.generate import requests
from derive.request import request
from derive.verify import Finding, Share, measured, verify
from tests import sampled


def test_every_loss_that_is_generated_has_bounds():
    """And nothing else has."""
    assert set(bounds.read(bounds.COMMITTED.read_text("utf-8"))) == {row.slug for row in requests()}


def test_what_is_committed_is_as_it_would_be_written():
    """Reading and writing again changes no byte."""
    text = bounds.COMMITTED.read_text("utf-8")
    assert bounds.written(bounds.read(text)) == text


@pytest.mark.parametrize(("name", "options"), sampled(), ids=str)
def test_code_keeps_its_bounds(name, options):
    """The certificate at a few of the points that made the bounds."""
    asked = request(name, **options)
    most = bounds.committed(asked.slug)
    found = [share for finding in verify(asked, 2, accuracy=True) for share in finding.shares if share.ours]
    assert found
    assert not [share for share in found if share.bits > most[share.dtype, share.quantity]]


def test_a_bound_is_the_most_that_was_lost():
    """Over the libraries, in whole bits and one more; what others lose does not count."""
    ours = [
        Share(True, f"derive {name}", "value", "float64", 0, 9, bits)
        for name, bits in (("numpy", 1.2), ("torch", 0))
    ]
    theirs = Share(False, "scipy.stats", "value", "float64", 9, 9, 53)
    findings = [Finding("normal", "", True, "", "", (share,)) for share in (*ours, theirs)]
    assert measured(findings) == {"normal": {("float64", "value"): 3}}
    assert bounds.told(measured(findings)["normal"], "float64") == "value 3"
    assert bounds.told({}, "float64") == ""


def test_more_than_the_bound_falls_short(monkeypatch):
    """Though no number fails."""
    monkeypatch.setattr("derive.bounds.committed", lambda slug: {("float64", "value"): -1})
    short = [finding for finding in verify(request("normal"), 1, accuracy=True) if not finding.passed]
    assert {finding.check for finding in short} == {"numpy float64 value", "torch float64 value"}
    assert all("more than the bound -1" in finding.figure for finding in short)


def test_only_the_certificate_is_recorded():
    """`--record` without `--accuracy`, or of options that are not generated, is refused."""
    for arguments in (["normal"], ["normal", "--accuracy", "--fix", "sigma=2"]):
        result = CliRunner().invoke(main, ["verify", *arguments, "--record"])
        assert result.exit_code == 2
        assert "--record is for --accuracy" in result.stderr


def test_code_that_loses_all_digits_somewhere_is_written_with_a_warning(monkeypatch):
    """On the standard error, for modules; a page has no digits to lose."""
    monkeypatch.setattr(
        "derive.bounds.committed", lambda slug: {("float64", "Hessian"): 53, ("float32", "value"): 2}
    )
    for target, said in (("numpy", True), ("torch", True), ("latex", False)):
        result = CliRunner().invoke(main, ["normal", "--emit", target])
        assert result.exit_code == 0
        assert ("the Hessian has no digit left in float64" in result.stderr) == said
        assert "float32" not in result.stderr

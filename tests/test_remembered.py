"""What is unchanged by content is not generated again; anything else is."""

import json
from shutil import copytree

import pytest

from derive import remembered
from derive.generate import contents, write
from derive.remembered import NAME, made_from
from derive.request import request


@pytest.fixture(scope="module")
def generated(tmp_path_factory):
    """Where the Poisson losses were generated."""
    made = tmp_path_factory.mktemp("generated")
    write(made, contents(made, ["poisson"]))
    return made


@pytest.fixture
def folder(generated, tmp_path):
    """A copy of it."""
    return copytree(generated, tmp_path / "copy")


def test_what_is_unchanged_is_kept(folder):
    """The same texts, and none was made again; asked for afresh, all were."""
    again, afresh = contents(folder, ["poisson"]), contents(folder, ["poisson"], afresh=True)
    assert again.unchanged == 2
    assert afresh.unchanged == 0
    assert again.wanted == afresh.wanted
    assert again.memory == afresh.memory


def test_a_file_that_was_edited_or_removed_is_made_again(folder):
    """Whatever its date."""
    text = (folder / "numpy/poisson.py").read_text()
    (folder / "numpy/poisson.py").write_text(text.replace("rate", "rates"))
    (folder / "latex/poisson_link_rate_exp.tex").unlink()
    found = contents(folder, ["poisson"])
    assert found.unchanged == 0
    assert write(folder, found) == 2
    assert (folder / "numpy/poisson.py").read_text() == text
    assert contents(folder, ["poisson"]).unchanged == 2


@pytest.mark.parametrize("text", ["", "[]", "{", '{"poisson": 1}', '{"poisson": {"made from": 2}}'])
def test_a_memory_that_is_broken_is_none(folder, text):
    """It is written by a program and may be cut by one."""
    (folder / NAME).write_text(text)
    assert contents(folder, ["poisson"]).unchanged == 0


def test_other_rows_stay_remembered(folder):
    """A folder is generated row by row."""
    write(folder, contents(folder, ["rayleigh"]))
    assert {"poisson", "rayleigh"} <= set(json.loads((folder / NAME).read_text()))
    assert contents(folder, ["poisson"]).unchanged == 2


def test_a_row_is_made_from_its_file_the_engine_and_its_options(monkeypatch):
    """An edit of one file of the catalogue touches its rows alone; one of the engine touches all."""
    normal, poisson = request("normal"), request("poisson")
    before = [made_from(row) for row in (normal, poisson)]
    assert made_from(request("normal", fix="sigma")) != before[0]
    source = remembered._source
    monkeypatch.setattr(remembered, "_source", lambda path: source(path) + "#" * (path.name == "counts.py"))
    after = [made_from(row) for row in (normal, poisson)]
    assert after[0] == before[0]
    assert after[1] != before[1]
    monkeypatch.setattr(remembered, "_engine", lambda: "another")
    assert made_from(normal) != before[0]

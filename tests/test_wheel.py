"""An installed wheel serves what a checkout serves."""

import os
import subprocess
import sys
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.mark.skipif(os.name == "nt", reason="paths of a virtual environment")
def test_wheel_runs_elsewhere(tmp_path):
    """The wheel, installed in an environment of its own, derives, generates and finds its hand-written losses."""
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(tmp_path), str(ROOT)]
    subprocess.run(build, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    venv.create(tmp_path / "elsewhere", with_pip=True, system_site_packages=False)
    python = tmp_path / "elsewhere" / "bin" / "python"
    # The dependencies are those of the running environment: only the wheel itself is tried here.
    site = subprocess.run(
        [python, "-c", "import site; print(site.getsitepackages()[0])"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout.strip()
    ours = next(path for path in sys.path if path.endswith("site-packages"))
    names = [p for p in Path(ours).iterdir() if "derive" not in p.name.lower()]
    for path in names:
        target = Path(site) / path.name
        if not target.exists():
            target.symlink_to(path)
    subprocess.run(
        [python, "-m", "pip", "install", "--no-deps", "-q", wheel], check=True, capture_output=True
    )
    script = (
        "import derive, pathlib; assert 'elsewhere' in derive.__file__, derive.__file__\n"
        "d = derive.derive('normal', fix={'sigma': 1})\n"
        "assert d.load('numpy').loss(3.0, 1.0) == 4.0\n"
        "assert 'align*' in d.emit('latex')\n"
        "from derive.verify import hand_written\n"
        "assert hand_written().find('normal')\n"
    )
    subprocess.run([python, "-c", script], check=True, cwd=tmp_path)

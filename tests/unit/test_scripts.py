# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Functions of script/lib.sh."""

from __future__ import annotations

import subprocess

import pytest

from tests.conftest import ROOT


@pytest.mark.parametrize("printed", ["one\ntwo\n", "one\nfatal: no room", "", "\n"])
def test_all_that_a_long_command_prints_is_in_its_log(tmp_path, printed):
    script = f". {ROOT}/script/lib.sh; report_progress {tmp_path}/log"
    subprocess.run(
        ["bash", "-c", script],
        input=printed,
        text=True,
        check=True,
        env={"HOME": str(tmp_path), "PATH": "/usr/bin:/bin"},
    )
    expected = printed if printed.endswith("\n") or not printed else f"{printed}\n"
    assert (tmp_path / "log").read_text() == expected


@pytest.mark.parametrize("script", [path.name for path in sorted((ROOT / "script").iterdir()) if not path.suffix])
def test_a_script_explains_itself_and_does_nothing_else(tmp_path, script):
    surroundings = {"HOME": str(tmp_path), "PATH": "/usr/bin:/bin"}
    ended = subprocess.run(
        [ROOT / "script" / script, "--help"], text=True, capture_output=True, check=True, env=surroundings
    )
    assert f"\n  script/{script}" in ended.stdout and ended.stderr == ""
    assert list(tmp_path.iterdir()) == []

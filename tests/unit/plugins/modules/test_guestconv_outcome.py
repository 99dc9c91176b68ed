# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module, and its action plugin, which do the same."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest
from ansible.module_utils.testing import patch_module_args

from ansible_collections.virttools.guestconv.plugins.action.guestconv_outcome import ActionModule
from ansible_collections.virttools.guestconv.plugins.modules import guestconv_outcome

STARTED = {"guest": "web01", "outcome": "interrupted", "started": "2026-11-21T13:00:00Z"}


@pytest.fixture(params=["module", "action"])
def run(request, capsys):
    """run(**arguments) gives the result, of the module or of the action plugin."""

    def module(**arguments):
        with patch_module_args(arguments), pytest.raises(SystemExit):
            guestconv_outcome.main()
        return json.loads(capsys.readouterr().out)

    def action(**arguments):
        task = SimpleNamespace(args=arguments, async_val=0, check_mode=False, action="guestconv_outcome")
        connection = SimpleNamespace(_shell=SimpleNamespace(tmpdir=None))
        return ActionModule(task, connection, None, None, None, None).run(None, {})

    return {"module": module, "action": action}[request.param]


def test_an_outcome_is_written_for_this_user_only_and_replaced_as_a_whole(run, tmp_path):
    directory = tmp_path / "run"
    kept = run(directory=str(directory), outcome=STARTED)
    path = directory / "outcomes" / "web01.json"
    assert (kept["changed"], kept["dest"]) == (False, str(path))
    assert json.loads(path.read_text(encoding="utf-8")) == STARTED
    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    run(directory=str(directory), outcome={**STARTED, "outcome": "converted"})
    assert json.loads(path.read_text(encoding="utf-8"))["outcome"] == "converted"
    assert [file.name for file in path.parent.iterdir()] == ["web01.json"]


@pytest.mark.parametrize(
    ("alter", "said"),
    [
        ({"started": None}, "started is missing"),
        ({"outcome": "well"}, "outcome must be one of"),
        ({"guest": "../web01"}, "cannot be the name of a file"),
        ({"guest": ".web01"}, "cannot be the name of a file"),
        ({"phases": [{"name": "fetch", "seconds": float("nan")}]}, "is not a number"),
    ],
)
def test_what_is_no_outcome_is_refused(run, tmp_path, alter, said):
    result = run(directory=str(tmp_path), outcome={**STARTED, **alter})
    assert (result["failed"], result["code"], result["path"]) == (True, "outcome-invalid", "outcome")
    assert said in result["msg"]
    assert list(tmp_path.iterdir()) == []


def test_a_directory_that_cannot_be_one_is_a_failure_with_a_code(run, tmp_path):
    (tmp_path / "file").touch()
    result = run(directory=str(tmp_path / "file"), outcome=STARTED)
    assert (result["failed"], result["code"]) == (True, "path-not-writable")

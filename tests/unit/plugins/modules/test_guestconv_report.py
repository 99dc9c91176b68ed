# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json

import pytest
import yaml
from ansible.module_utils.testing import patch_module_args

from ansible_collections.virttools.guestconv.plugins.modules import guestconv_report
from ansible_collections.virttools.guestconv.plugins.plugin_utils import report_page
from tests import fleet


def run(capsys, directory, **arguments):
    """The module's result, from what it prints."""
    with (
        patch_module_args({"directory": str(directory), "_page": report_page.template(), **arguments}),
        pytest.raises(SystemExit),
    ):
        guestconv_report.main()
    return json.loads(capsys.readouterr().out)


def test_a_report_is_made_once(tmp_path, capsys):
    fleet.written(tmp_path, fleet.outcomes(12))
    first = run(capsys, tmp_path)
    assert first["changed"] is True
    assert first["summary"]["outcomes"] == {"failed": 1, "interrupted": 0, "skipped": 1, "converted": 10}
    assert first["paths"]["page"] == str(tmp_path / "index.html")
    second = run(capsys, tmp_path)
    assert second["changed"] is False
    assert second["summary"] == first["summary"]


def test_check_mode_writes_nothing(tmp_path, capsys):
    fleet.written(tmp_path, fleet.outcomes(2))
    result = run(capsys, tmp_path, _ansible_check_mode=True)
    assert result["changed"] is True
    assert [path.name for path in tmp_path.iterdir()] == ["outcomes"]


def test_failed_guests_are_no_failure_of_the_report(tmp_path, capsys):
    fleet.written(tmp_path, [{"guest": "web01", "outcome": "failed", "started": "2026-11-21T13:00:00Z"}])
    result = run(capsys, tmp_path)
    assert "failed" not in result
    assert result["summary"]["outcomes"]["failed"] == 1


def test_an_outcome_that_cannot_be_read_is_a_warning(tmp_path, capsys):
    fleet.written(tmp_path, [*fleet.outcomes(1), {"guest": "web02"}])
    result = run(capsys, tmp_path)
    assert result["summary"]["guests"] == 1
    assert result["summary"]["unreadable"] == ["outcomes/1.json: started is missing"]
    assert "outcomes/1.json" in json.dumps(result["warnings"])


def test_a_directory_without_outcomes_is_a_failure_with_a_code(tmp_path, capsys):
    result = run(capsys, tmp_path)
    assert result["failed"] is True
    assert (result["code"], result["path"]) == ("outcomes-not-found", "directory")
    assert result["hint"]


def test_every_value_that_is_returned_is_documented(tmp_path, capsys):
    fleet.written(tmp_path, fleet.outcomes(12))
    fleet.written(tmp_path / "none", [{}])
    documented = yaml.safe_load(guestconv_report.RETURN)
    assert set(run(capsys, tmp_path / "none")) - {"changed", "invocation"} == set(documented)
    result = run(capsys, tmp_path)
    for key in ("paths", "summary"):
        assert set(result[key]) == set(documented[key]["contains"])

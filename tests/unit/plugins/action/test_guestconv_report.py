# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from ansible_collections.virttools.guestconv.plugins.action.guestconv_report import ActionModule
from ansible_collections.virttools.guestconv.plugins.plugin_utils import report_page


def run(monkeypatch: pytest.MonkeyPatch, asynchronous: int = 0) -> tuple[dict[str, Any], dict[str, Any]]:
    """What the action plugin returns, and what it ran its module with."""
    ran: dict[str, Any] = {}

    def execute(self: ActionModule, **options: Any) -> dict[str, Any]:
        ran.update(options)
        return {"changed": True, "summary": {"guests": 1}}

    monkeypatch.setattr(ActionModule, "_execute_module", execute)
    task = SimpleNamespace(
        args={"directory": "/report"},
        action="virttools.guestconv.guestconv_report",
        async_val=asynchronous,
        check_mode=False,
        diff=False,
        delegate_to=None,
        environment=None,
    )
    shell = SimpleNamespace(tmpdir="/tmp/x")
    connection = SimpleNamespace(_shell=shell, has_native_async=False)
    plugin = ActionModule(task, connection, SimpleNamespace(check_mode=False), None, None, None)
    return plugin.run(task_vars={}), ran


def test_the_module_gets_its_arguments_and_the_page(monkeypatch: pytest.MonkeyPatch) -> None:
    _result, ran = run(monkeypatch)
    assert ran["module_args"] == {"directory": "/report", "_page": report_page.template()}


def test_the_result_is_the_modules(monkeypatch: pytest.MonkeyPatch) -> None:
    result, _ran = run(monkeypatch)
    assert (result["changed"], result["summary"]) == (True, {"guests": 1})


@pytest.mark.parametrize("asynchronous", [0, 60])
def test_the_module_runs_asynchronously_where_the_task_does(monkeypatch: pytest.MonkeyPatch, asynchronous: int) -> None:
    _result, ran = run(monkeypatch, asynchronous)
    assert ran["wrap_async"] is bool(asynchronous)

# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""guestconv_report, with the page to fill in: Ansible sends the code of a module as Python files only."""

from __future__ import annotations

from typing import Any

from ansible.plugins.action import ActionBase
from ansible.utils.vars import merge_hash

from ansible_collections.virttools.guestconv.plugins.plugin_utils import report_page


class ActionModule(ActionBase):  # type: ignore[misc]  # ansible has no types
    """The module guestconv_report does the work."""

    _supports_check_mode = True
    _supports_async = True

    def run(self, tmp: None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """The module's own result."""
        result = super().run(tmp, task_vars)
        arguments = dict(self._task.args, _page=report_page.template())
        wrap_async = bool(self._task.async_val) and not self._connection.has_native_async
        returned = self._execute_module(module_args=arguments, task_vars=task_vars, wrap_async=wrap_async)
        return dict(merge_hash(result, returned))

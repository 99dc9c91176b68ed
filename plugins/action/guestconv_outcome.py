# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""guestconv_outcome, on the controller and within Ansible's own process: to start a module costs 20 times as much."""

from __future__ import annotations

from typing import Any

from ansible.plugins.action import ActionBase

from ansible_collections.virttools.guestconv.plugins.module_utils.errors import GuestconvError
from ansible_collections.virttools.guestconv.plugins.module_utils.report import outcomes
from ansible_collections.virttools.guestconv.plugins.modules.guestconv_outcome import ARGUMENT_SPEC


class ActionModule(ActionBase):  # type: ignore[misc]  # ansible has no types
    """Does what the module of the same name does."""

    _requires_connection = False
    _supports_check_mode = True

    def run(self, tmp: None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """The module's result."""
        result = dict(super().run(tmp, task_vars))
        _valid, options = self.validate_argument_spec(ARGUMENT_SPEC)
        try:
            result.update(changed=False, dest=outcomes.keep(options["directory"], options["outcome"]))
        except GuestconvError as error:
            result.update(failed=True, **error.as_result())
        return result

# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""guestconv_fetch, with its progress displayed."""

from __future__ import annotations

from ansible.errors import AnsibleConnectionFailure

from ansible_collections.virttools.guestconv.plugins.plugin_utils.long_module import LongModule, Values

# A guest that was moved stays moved when its source, or the machine that did it, is taken away.
_AWAY = frozenset(
    (
        "source-not-found",
        "source-unreachable",
        "source-libvirt-unreachable",
        "source-not-readable",
        "source-denied",
    )
)


class ActionModule(LongModule):
    """The module guestconv_fetch does the work."""

    def _instead_of_a_run(self, kept: Values, arguments: Values, task_vars: Values) -> Values | None:
        """As always, but only while the source and the disks are unchanged: they are not among the arguments."""
        # Quietly, and without a slot: there is little to do, and of many guests nothing.
        asked = {name: value for name, value in arguments.items() if name not in ("copy_slots", "progress", "slots")}
        check_mode, self._task.check_mode = self._task.check_mode, True
        try:
            found = self._execute_module(module_args=asked, task_vars=task_vars)
        except AnsibleConnectionFailure as error:
            found = {"failed": True, "code": "source-unreachable", "msg": str(error)}
        finally:
            self._task.check_mode = check_mode
        if _is_away(found, arguments):
            self._display.warning(f"The disks that were fetched before are used without a check: {found.get('msg')}")
            return super()._instead_of_a_run(kept, arguments, task_vars)
        if found.get("failed"):
            return dict(found, resumed=False)
        if found.get("changed") or any(found.get(key) != kept.get(key) for key in ("disks", "hardware")):
            return None
        return super()._instead_of_a_run(kept, arguments, task_vars)


def _is_away(found: Values, arguments: Values) -> bool:
    """Whether the source is gone, and is not needed: an overlay does not work without its source."""
    code = found.get("code") if found.get("failed") else None
    return code in _AWAY or (code == "disk-not-found" and arguments.get("mode") == "copy")

# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is to become of the tools of hypervisors and of the agents of clouds, as the caller decides it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..errors import GuestconvError

REMOVE, DISABLE, KEEP = "remove", "disable", "keep"
ACTIONS = (REMOVE, DISABLE, KEEP)
# The key next to the names of tools.
REMOVE_DEPENDENCIES = "remove_dependencies"

# A hypervisor's tools are of no use on another one. The agent of a cloud has the guest's accounts and configuration in
# its hands, and may be used from elsewhere: what is switched off can be switched on again, what was purged is gone.
DEFAULTS: Mapping[str, str] = {
    "vmware": REMOVE,
    "virtualbox": REMOVE,
    "xen": REMOVE,
    "hyperv": REMOVE,
    "parallels": REMOVE,
    "nutanix": REMOVE,
    "virtuozzo": REMOVE,
    "kvm": REMOVE,
    "azure": DISABLE,
    "aws": DISABLE,
    "gcp": DISABLE,
    "oracle": DISABLE,
}


@dataclass(frozen=True)
class ToolsPolicy:
    """actions: {name of tools: one of ACTIONS}, where it is not the default. remove_dependencies: whether what only
    removed packages needed is removed, too."""

    actions: Mapping[str, str] = field(default_factory=dict)
    remove_dependencies: bool = False

    def action(self, name: str) -> str:
        """What is to be done about the tools of this name, one of DEFAULTS."""
        return self.actions.get(name, DEFAULTS[name])

    def described(self, names: Iterable[str]) -> dict[str, Any]:
        """The policy for these tools, as a description has it; {} where there are none."""
        actions: dict[str, Any] = {name: self.action(name) for name in names}
        return {**actions, REMOVE_DEPENDENCIES: self.remove_dependencies} if actions else {}


def policy_from(value: Any, path: str = "tools") -> ToolsPolicy:
    """The policy that an option, or the key `tools` of a description, asks for.

    Args: value: a dict, or None for the defaults; a value of None in it is the default, too. path: where it is.
    Errors: tools-invalid.
    """
    if value is None:
        return ToolsPolicy()
    if not isinstance(value, dict):
        raise _invalid(path, f"must be a dict, and is a {type(value).__name__}")
    given = {key: item for key, item in value.items() if item is not None}
    dependencies = given.pop(REMOVE_DEPENDENCIES, False)
    if not isinstance(dependencies, bool):
        raise _invalid(f"{path}.{REMOVE_DEPENDENCIES}", f"must be true or false, and is {dependencies!r}")
    for name in value:
        # Also where nothing is asked for: a misspelt name has no effect.
        if name not in (*DEFAULTS, REMOVE_DEPENDENCIES):
            check_action(name, None, path)
    for name, action in given.items():
        check_action(name, action, path)
    return ToolsPolicy(given, dependencies)


def check_action(name: Any, action: Any, path: str) -> None:
    """Errors: tools-invalid, where name is no name of tools, or action not one of ACTIONS."""
    if name not in DEFAULTS:
        known = ", ".join((*DEFAULTS, REMOVE_DEPENDENCIES))
        raise _invalid(f"{path}.{name}", f"is not known. Known are: {known}", list(DEFAULTS))
    if action not in ACTIONS:
        raise _invalid(f"{path}.{name}", f"must be one of {', '.join(ACTIONS)}, and is {action!r}", list(ACTIONS))


def _invalid(path: str, what: str, allowed: list[str] | None = None) -> GuestconvError:
    return GuestconvError("tools-invalid", f"{path} {what}.", path=path, extra={"allowed": allowed} if allowed else {})

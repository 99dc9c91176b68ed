# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""hivex for a stand-in of the appliance: on real hives by the hivex of this machine, on stand-ins of hives as text.

libguestfs's calls are those of hivex(3) with other types, so the library edits a real hive here just as it does in the
appliance. What is tested so must be a hive of ours: the appliance is there because a guest's may be hostile.
"""

from __future__ import annotations

import os
import tempfile
from typing import Any, Callable

from ansible_collections.virttools.guestconv.plugins.module_utils.appliance.failures import CallFailed, TextNotUtf8
from tests import hives

# Where the first bin of a real hive begins.
_BIN = 4096


def is_real(content: bytes) -> bool:
    """Whether content is that of a hive, and not of its stand-in."""
    return content[_BIN : _BIN + 4] == b"hbin"


class Hivex(hives.Hivex):
    """See tests.hives.Hivex."""

    _real: Any = None

    def _do_hivex_open(self, path: str, write: bool) -> None:
        content = self.read_hive(path)
        if not is_real(content):
            super()._do_hivex_open(path, write)
            return
        # Only real hives need the binding.
        import hivex

        self._directory = tempfile.TemporaryDirectory(prefix="hive-")
        self._copy = os.path.join(self._directory.name, "hive")
        with open(self._copy, "wb") as file:
            file.write(content)
        self._hive_path, self._hive_is_writable = path, write
        try:
            self._real = hivex.Hivex(self._copy, write=write)
        except RuntimeError as error:
            raise CallFailed("appliance-call-failed", f"hivex_open: {error}") from error

    def _do_hivex_close(self) -> None:
        if self._real is None:
            super()._do_hivex_close()
            return
        self._real = None
        self._directory.cleanup()

    def _do_hivex_commit(self, path: str | None) -> None:
        if self._real is None:
            super()._do_hivex_commit(path)
            return
        self._real.commit(None)
        with open(self._copy, "rb") as file:
            self.write_hive(self._hive_path, file.read())


def _either(name: str, call: Callable[..., Any]) -> Callable[..., Any]:
    """The method of this name: it has call for a real hive."""

    def method(self: Hivex, *arguments: Any) -> Any:
        if self._real is None:
            return getattr(hives.Hivex, name)(self, *arguments)
        try:
            return call(self._real, *arguments)
        except UnicodeDecodeError as error:
            raise TextNotUtf8("appliance-call-failed", f"{name}: {error}") from error
        except RuntimeError as error:
            raise CallFailed("appliance-call-failed", f"{name}: {error}") from error

    return method


def _nodes(real: Any, node: int) -> list[dict[str, int]]:
    return [{"hivex_node_h": each} for each in real.node_children(node)]


def _values(real: Any, node: int) -> list[dict[str, int]]:
    return [{"hivex_value_h": each} for each in real.node_values(node)]


def _value(real: Any, node: int, name: str) -> int:
    # The binding raises an error where the library has none.
    wanted = name.casefold()
    return next((each for each in real.node_values(node) if real.value_key(each).casefold() == wanted), 0)


def _set(real: Any, node: int, name: str, kind: int, data: bytes) -> None:
    real.node_set_value(node, {"key": name, "t": kind, "value": bytes(data)})


_OF_REAL: dict[str, Callable[..., Any]] = {
    "_do_hivex_root": lambda real: real.root(),
    "_do_hivex_node_name": lambda real, node: real.node_name(node),
    "_do_hivex_node_children": _nodes,
    "_do_hivex_node_get_child": lambda real, node, name: real.node_get_child(node, name) or 0,
    "_do_hivex_node_add_child": lambda real, node, name: real.node_add_child(node, name),
    "_do_hivex_node_delete_child": lambda real, node: real.node_delete_child(node),
    "_do_hivex_node_values": _values,
    "_do_hivex_node_get_value": _value,
    "_do_hivex_node_set_value": _set,
    "_do_hivex_value_key": lambda real, value: real.value_key(value),
    "_do_hivex_value_type": lambda real, value: real.value_type(value)[0],
    "_do_hivex_value_value": lambda real, value: real.value_value(value)[1],
}

for _name, _call in _OF_REAL.items():
    setattr(Hivex, _name, _either(_name, _call))

# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The registry of Windows, as hivex(3) reads and writes it."""

from __future__ import annotations

from .caller import Caller


class HivexCalls(Caller):
    """Calls to hivex. One hive is open at a time. Nodes and values are handles."""

    def hivex_open(self, path: str, *, write: bool) -> None:
        """Open the hive in a file."""
        self.call("hivex_open", path, write=write)

    def hivex_close(self) -> None:
        """Close the open hive, without what was altered in it."""
        self.call("hivex_close")

    def hivex_commit(self, path: str | None) -> None:
        """Write what was altered in the open hive to the file at path; None for its own."""
        self.call("hivex_commit", path)

    def hivex_root(self) -> int:
        """The topmost node."""
        result: int = self.call("hivex_root")
        return result

    def hivex_node_name(self, node: int) -> str:
        """The name of a node."""
        result: str = self.call("hivex_node_name", node)
        return result

    def hivex_node_children(self, node: int) -> list[dict[str, int]]:
        """The nodes below a node: hivex_node_h of each."""
        result: list[dict[str, int]] = self.call("hivex_node_children", node)
        return result

    def hivex_node_get_child(self, node: int, name: str) -> int:
        """The node of this name, in any letter case, below a node; 0 when there is none."""
        result: int = self.call("hivex_node_get_child", node, name)
        return result

    def hivex_node_add_child(self, parent: int, name: str) -> int:
        """Make a node below another, where none of this name is."""
        result: int = self.call("hivex_node_add_child", parent, name)
        return result

    def hivex_node_delete_child(self, node: int) -> None:
        """Delete a node with all below it."""
        self.call("hivex_node_delete_child", node)

    def hivex_node_values(self, node: int) -> list[dict[str, int]]:
        """The values of a node: hivex_value_h of each."""
        result: list[dict[str, int]] = self.call("hivex_node_values", node)
        return result

    def hivex_node_get_value(self, node: int, name: str) -> int:
        """The value of this name, in any letter case; 0 when there is none."""
        result: int = self.call("hivex_node_get_value", node, name)
        return result

    def hivex_node_set_value(self, node: int, name: str, kind: int, data: bytes) -> None:
        """Set a value of a node."""
        self.call("hivex_node_set_value", node, name, kind, data)

    def hivex_value_key(self, value: int) -> str:
        """The name of a value."""
        result: str = self.call("hivex_value_key", value)
        return result

    def hivex_value_type(self, value: int) -> int:
        """The type of a value."""
        result: int = self.call("hivex_value_type", value)
        return result

    def hivex_value_value(self, value: int) -> bytes:
        """The bytes of a value."""
        result: bytes = self.call("hivex_value_value", value)
        return result

# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Repositories of VMware's own packages (OSP), which are gone with the tools: nothing else is in them."""

from __future__ import annotations

import re

from ...guest.root import GuestRoot

_FILES = ("/etc/yum.repos.d/*vmware*.repo", "/etc/zypp/repos.d/*vmware*.repo", "/etc/apt/sources.list.d/*vmware*.list")
_ADDRESS = re.compile(r"(?:https?|ftp)://([^\s\"'/]+)(/[^\s\"']*)?")


def remove(root: GuestRoot) -> None:
    """Remove the files that name no repository but those of VMware's tools."""
    for path, text in root.texts(_FILES).items():
        if is_of_tools(text):
            root.remove(path, "removed the repository of VMware Tools")


def is_of_tools(text: str) -> bool:
    """Whether all addresses in a file of repositories are those of VMware's tools, and there is one."""
    lines = [line for line in text.split("\n") if not line.lstrip().startswith("#")]
    found = [match for line in lines for match in _ADDRESS.findall(line)]
    return bool(found) and all(host == "packages.vmware.com" and path.startswith("/tools/") for host, path in found)

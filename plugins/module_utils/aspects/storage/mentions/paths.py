# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files in which the path of a device may be any: kdump.conf(5), automounter maps (autofs(5)), and a few more."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from functools import partial

from ....guest import device_names
from ....guest.root import GuestRoot
from ....initrd.builders import dracut
from ....model.concerns import Concern
from ...plan import Plan
from .. import specs
from ..names import Names, lost

_FILES = (
    "/etc/kdump.conf",
    "/etc/auto.*",
    "/etc/auto.master.d/*",
    "/etc/autofs/*",
    # raw(8), and where uswsusp hibernates to (s2disk(8)).
    "/etc/sysconfig/rawdevices",
    "/etc/uswsusp.conf",
    "/etc/suspend.conf",
)
# What else dracut.conf(5) names devices by is the kernel's arguments.
_DRACUT = dracut.CONFIGURATION
_OF_DRACUT = re.compile(r"(?m)^[ \t]*(?:add_device|fstab_lines)\+?=.*$")

# A name ends as in device_names.of_hardware.
_COMMENT_OR_NAME = re.compile(r"(?m)^[ \t]*#[^\n]*|/dev/[^\s\"',;()]+")


def texts(root: GuestRoot) -> dict[str, str]:
    """These files, and those of dracut's that name devices so."""
    of_dracut = {path: text for path, text in root.texts(_DRACUT).items() if _OF_DRACUT.search(text)}
    return {**root.texts(_FILES), **of_dracut}


def concerns(root: GuestRoot, texts: Mapping[str, str], names: Names, disks: Mapping[str, str]) -> list[Concern]:
    """A concern for each name that leads to nothing which has a UUID of its own."""
    return [
        lost(names, path, name, "warning")
        for path, text in texts.items()
        for name in sorted(device_names.of_hardware("\n".join(_parts(path, text))))
        if specs.stable_path(names, name) is None
    ]


def convert(root: GuestRoot, texts: Mapping[str, str], plan: Plan, names: Names, removed: Collection[str]) -> None:
    """Name each device by UUID."""
    for path, text in texts.items():
        rename = partial(specs.stable_path, names)
        # Others may have edited it already.
        text = root.read(path) or text
        root.write(path, _edited(path, text, rename), "named each device by UUID instead of by hardware")


def _edited(path: str, text: str, rename: Callable[[str], str | None]) -> str:
    return _OF_DRACUT.sub(lambda line: edited(line[0], rename), text) if _is_of_dracut(path) else edited(text, rename)


def _is_of_dracut(path: str) -> bool:
    return "/dracut.conf" in path


def _parts(path: str, text: str) -> list[str]:
    """The lines of a file that name devices by paths alone."""
    return _OF_DRACUT.findall(text) if _is_of_dracut(path) else [text]


def edited(text: str, rename: Callable[[str], str | None]) -> str:
    """text with each device having the name that rename gives, where it gives one; comments stay."""

    def replaced(match: re.Match[str]) -> str:
        found = match.group()
        return found if not found.startswith("/dev/") else rename(found) or found

    return _COMMENT_OR_NAME.sub(replaced, text)

# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a Windows has not finished: writes to its registry, setup, updates, and what it does early at its next start."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ...guest.hives import Key
from ...guest.root import GuestRoot
from ...model.concerns import Concern
from . import release

# Bytes of the header of a hive that are read here; and those of all of it, after which its data follow.
HEADER, _WHOLE_HEADER = 44, 4096
_SIGNATURE, _NUMBERS = b"regf", 12

_SESSION_MANAGER = r"Control\Session Manager"
_COMPONENTS = r"Microsoft\Windows\CurrentVersion\Component Based Servicing"
# What the servicing stack does at the next start, in order.
_TRANSACTIONS = "/Windows/WinSxS/pending.xml"
# What is there in any Windows: a check of those volumes that are dirty. Newer ones have /q /v by default, and `chkntfs /x`
# leaves volumes out with /k.
_AUTOCHK = re.compile(r"autocheck\s+autochk\s+(?:/(?:q|v|k:[a-z]:?)\s*)*\*", re.IGNORECASE)
# Programs, and characters of each, that a message has.
_SHOWN, _LONGEST = 5, 200
# What sysprep leaves, with its option /generalize and without (Microsoft, "Windows Setup States").
_IMAGE_STATE, _SEALED = (
    r"Microsoft\Windows\CurrentVersion\Setup\State",
    re.compile("IMAGE_STATE_(?:GENERALIZE|SPECIALIZE)_RESEAL_TO_(?:OOBE|AUDIT)", re.IGNORECASE),
)

_FINISH = "Start the guest on its old hypervisor, let it finish, and shut it down with `shutdown /s /t 0`."


def is_dirty(data: bytes) -> bool:
    """Whether a hive, of which this is the header, lacks what is in its log files: its two sequence numbers differ.

    Windows Internals, "Registry": the first is raised before a write, the second after it. Windows replays the logs at
    the next start; hivex does not know them, and makes the numbers equal when it writes, so that they would be lost.
    """
    return data[:4] == _SIGNATURE and data[4:8] != data[8:_NUMBERS]


def is_truncated(data: bytes, size: int) -> bool:
    """Whether a hive, of which this is the header, has more data than its file, of so many bytes, has room for.

    Windows does not start from such a one. hivex reads it as far as it goes.
    """
    length = int.from_bytes(data[HEADER - 4 : HEADER], "little")
    return data[:4] == _SIGNATURE and 0 < length and _WHOLE_HEADER + length > size


def dirty(root: GuestRoot, path: str) -> Concern:
    """The concern that a hive is dirty."""
    return Concern(
        "registry-dirty",
        "error",
        f"The registry file {path} on {root.name} is not complete: Windows was not shut down, and has more in its log files.",
        "Start Windows once on its old hypervisor, and shut it down with `shutdown /s /t 0`. A copy that was made of the "
        "disk of a running guest cannot be converted.",
    )


def concerns(root: GuestRoot) -> list[Concern]:
    """What is pending in a Windows with a registry that can be read. Raises GuestconvError."""
    hive = root.hive(release.SYSTEM, "")
    setup = hive.key("Setup") if hive else None
    current = release.controlled(root, "")
    manager = current.key(_SESSION_MANAGER) if current else None
    found = [*_early(root, manager), *_setup(root, setup)]
    return [*found, *_updates(root)]


def _setup(root: GuestRoot, setup: Key | None) -> Iterator[Concern]:
    """Setup that goes on at the next start. An image that sysprep(8) made is in that state too, and starts anywhere."""
    if not (release.number(setup, "SystemSetupInProgress") or release.number(setup, "SetupType")):
        return
    software = root.hive(release.SOFTWARE, "")
    state = release.text(software.key(_IMAGE_STATE) if software else None, "ImageState")
    if _SEALED.fullmatch(state):
        yield Concern(
            "windows-setup-pending",
            "info",
            f"Windows on {root.name} was prepared with sysprep, and goes through its setup at the first boot. The first "
            "boot's script of guestconv runs after it.",
        )
        return
    yield Concern(
        "windows-setup-pending",
        "error",
        f"Setup of Windows on {root.name} is not finished, or an upgrade to another version is in progress.",
        _FINISH,
    )


def _updates(root: GuestRoot) -> Iterator[Concern]:
    if root.is_file(root.spelled(_TRANSACTIONS)):
        yield Concern(
            "windows-update-pending",
            "error",
            f"Windows on {root.name} has updates that it finishes installing at its next start ({_TRANSACTIONS[1:]}). On "
            "other hardware that may fail, and leave it in a state that does not start.",
            _FINISH,
        )
        return
    software = root.hive(release.SOFTWARE, "")
    if software and software.key(rf"{_COMPONENTS}\RebootPending"):
        yield Concern(
            "windows-update-pending",
            "warning",
            f"Windows on {root.name} waits for a restart to complete an update or the installation of a feature.",
            _FINISH,
        )


def _listed(programs: list[str]) -> str:
    shown = [each if len(each) <= _LONGEST else f"{each[:_LONGEST]}..." for each in programs[:_SHOWN]]
    return "; ".join([*shown, *(["..."] if len(programs) > _SHOWN else [])])


def _early(root: GuestRoot, manager: Key | None) -> Iterator[Concern]:
    value = manager.value("BootExecute") if manager else None
    unusual = [each for each in (value.texts if value else ()) if not _AUTOCHK.fullmatch(each.strip())]
    if unusual:
        yield Concern(
            "windows-boot-execute",
            "warning",
            f"Windows on {root.name} runs this at its next start, before anything else: {_listed(unusual)}.",
            "A check of a volume may take hours. If a program for defragmentation or encryption is among it, see whether it "
            "can run on other hardware.",
        )
    if manager and manager.value("PendingFileRenameOperations"):
        yield Concern(
            "windows-renames-pending",
            "info",
            f"Windows on {root.name} replaces or removes files at its next start, as many installers have it do.",
        )

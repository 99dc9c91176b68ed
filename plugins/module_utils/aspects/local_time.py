# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Guests that keep the machine's clock at the local time: the clock of a new machine is at UTC, and they would be hours off.

Such a guest is set to UTC, as `timedatectl set-local-rtc 0` sets it. It stays as it is where the source says how its clock
is, as the new machine's will be so, and next to a Windows, whose clock the new machine has.

Sources: systemd, src/basic/clock-util.c (clock_is_localtime); hwclock(8), adjtime_config(5); /etc/default/rcS of Debian 6 and
Ubuntu, /etc/sysconfig/clock of Enterprise Linux 5 and SLES 11, /etc/conf.d/hwclock of OpenRC.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from ..guest.root import GuestRoot
from ..model.description import Findings
from ..texts import assignments
from . import inits, searched
from .plan import Plan

NAME = "clock"
INSPECT_AFTER: tuple[str, ...] = ()
CONVERT_AFTER: tuple[str, ...] = ()

# Its third line says it to hwclock and to systemd.
_ADJTIME = "/etc/adjtime"
_LOCAL, _UNIVERSAL = "LOCAL", "UTC"
_LINE = 2
# What the scripts of other inits call hwclock with. {name: {a value that means the local time: the one for UTC}}
_SETTINGS: Mapping[str, Mapping[str, str]] = {
    "UTC": {"no": "yes", "false": "true"},
    "HWCLOCK": {"--localtime": "--utc"},
    "clock": {"local": "UTC"},
    "CLOCK": {"local": "UTC"},
}
_FILES = ("/etc/default/rcS", "/etc/sysconfig/clock", "/etc/conf.d/hwclock", "/etc/conf.d/clock")


def inspect(root: GuestRoot) -> Findings:
    """Nothing that can be chosen."""
    return Findings()


def convert(root: GuestRoot, plan: Plan) -> None:
    """Have the guest take the machine's clock for UTC."""
    is_of_windows = any(other.info["os"] == "windows" for other in root.guest.roots)
    if root.guest.hardware.get("clock") or is_of_windows:
        return
    paths = searched.paths(root)
    detail = "the clock of the target's machine is at UTC"
    for path in (_ADJTIME, *_FILES) if paths is None else paths:
        text = root.read(path) if path in (_ADJTIME, *_FILES) else None
        if not text:
            continue
        if path == _ADJTIME:
            root.write(path, adjusted(text), detail)
        elif inits.init_of(root) != inits.SYSTEMD:
            root.write(path, configured(text), detail)


def adjusted(text: str) -> str:
    """text of an adjtime(5) that says that the machine's clock is at UTC, where it says that it is at the local time."""
    lines = text.split("\n")
    if len(lines) > _LINE and lines[_LINE] == _LOCAL:
        lines[_LINE] = _UNIVERSAL
    return "\n".join(lines)


def configured(text: str) -> str:
    """text of a shell file whose settings say that the machine's clock is at UTC, where they say that it is not."""
    for name, values in _SETTINGS.items():
        text = assignments.edited(text, (name,), partial(_changed, values))
    return text


def _changed(values: Mapping[str, str], value: str) -> str:
    """The value of a setting, which may be in quotation marks, by what values has for it."""
    quote, within = assignments.quoting(value)
    return f"{quote}{values.get(within, within)}{quote}"

# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Services turned off as the guest's own init has it, without any program of the guest's.

Their kernel modules need nothing: they are loaded by devices that the target does not have, or by these services.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator

from ...guest.root import GuestRoot
from .. import inits

_UNITS = ("/etc/systemd/system", "/run/systemd/system", "/usr/lib/systemd/system", "/lib/systemd/system")
_MASKS = "/etc/systemd/system"
_UNIT_TYPES = (".service", ".socket", ".timer", ".mount", ".path")
_SCRIPTS = "/etc/init.d"
# Where the links of sysvinit are that start something: Debian's, Enterprise Linux's, SUSE's.
_RUNLEVELS = ("/etc/rc[0-6S].d", "/etc/rc.d/rc[0-6S].d", "/etc/init.d/rc[0-6S].d", "/etc/init.d/boot.d")


def turn_off(root: GuestRoot, names: Iterable[str], detail: str) -> None:
    """Have none of the services of these names start.

    names: shell patterns, of systemd's units with their endings, of others without.
    """
    units = [name for name in names if name.endswith(_UNIT_TYPES)]
    scripts = [name for name in names if not name.endswith(_UNIT_TYPES)]
    if inits.init_of(root) == inits.SYSTEMD:
        _mask(root, units, scripts, detail)
    else:
        for path in root.glob(*start_links(scripts)):
            # A directory of links may itself be one, to another that was looked at before.
            if root.exists(path):
                root.remove(path, detail)
        for path in root.glob(*(f"/etc/init/{name}.conf" for name in scripts)):
            # init(5) of upstart, "Override File Handling".
            root.write(f"{path[: -len('.conf')]}.override", "manual\n", detail)


def take_out(root: GuestRoot, names: Iterable[str], detail: str) -> None:
    """Remove the links by which services of these names are started, as they go themselves. names: as of turn_off."""
    units = [name for name in names if name.endswith(_UNIT_TYPES)]
    scripts = [name for name in names if not name.endswith(_UNIT_TYPES)]
    wants = (f"{_MASKS}/*.{kind}/{unit}" for unit in units for kind in ("wants", "requires"))
    for path in root.glob(*wants, *start_links(scripts)):
        if root.exists(path):
            root.remove(path, detail)


def start_links(scripts: Iterable[str]) -> Iterator[str]:
    """Patterns of the links by which sysvinit and OpenRC start scripts of these names, which are patterns, too."""
    for name in scripts:
        yield from (f"{runlevel}/S[0-9][0-9]{name}" for runlevel in _RUNLEVELS)
        yield f"/etc/runlevels/*/{name}"


def _mask(root: GuestRoot, units: Iterable[str], scripts: Iterable[str], detail: str) -> None:
    """Mask those of the units that are there, and those that systemd makes of scripts (systemd-sysv-generator(8)).

    What stands in /etc/systemd/system itself cannot be masked: it is taken out of what starts it, as `systemctl disable`
    does.
    """
    found = root.glob(*(f"{directory}/{unit}" for unit in units for directory in _UNITS))
    names = [posixpath.basename(path) for path in found]
    names += [f"{posixpath.basename(path)}.service" for path in root.glob(*(f"{_SCRIPTS}/{name}" for name in scripts))]
    for name in dict.fromkeys(names):
        path = f"{_MASKS}/{name}"
        if _is_there_itself(root, path):
            for link in root.glob(f"{_MASKS}/*.wants/{name}", f"{_MASKS}/*.requires/{name}"):
                root.remove(link, detail)
        else:
            root.link(path, "/dev/null", detail)


def _is_there_itself(root: GuestRoot, path: str) -> bool:
    """Whether there is a file or directory at path, and not a symbolic link."""
    return (root.is_file(path) or root.is_dir(path)) and root.real_path(path) == path

# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which init a guest starts."""

from __future__ import annotations

import posixpath

from ..guest.root import GuestRoot
from ..texts import fstab

SYSTEMD, UPSTART, OPENRC, BUSYBOX, SYSVINIT = "systemd", "upstart", "openrc", "busybox", "sysvinit"

INITTAB = "/etc/inittab"

# Programs that an init is by the name of its file, all links followed.
_BY_NAME = {"systemd": SYSTEMD, "busybox": BUSYBOX, "busybox.static": BUSYBOX, "openrc-init": OPENRC}
# Other inits, which have an inittab of nobody's, if any.
_OTHERS = frozenset(
    ("runit", "runit-init", "s6-linux-init", "s6-svscan", "shepherd", "dinit", "finit", "nosh", "minit")
)


def init_of(root: GuestRoot) -> str:
    """The init that the default entry of the guest's boot menu starts; "" for one that is not known.

    The kernel, or the initrd, starts what `init=` says, and /sbin/init without that (init/main.c; the initrds of all
    builders do the same). The programs of sysvinit and upstart are both called init: upstart has initctl, and the job rc,
    by which it runs the scripts of sysvinit (its /etc/init/rc.conf in Ubuntu and Enterprise Linux 6); sysvinit has an
    inittab, in which upstart reads no more than the runlevel.
    """
    asked = [argument[len("init=") :] for argument in root.boot_menu.arguments if argument.startswith("init=")]
    path = next((path for path in (*asked[-1:], "/sbin/init") if root.is_file(path)), None)
    if path is None:
        return str(root.info["init"] or "")
    name = posixpath.basename(root.real_path(path))
    if name in _BY_NAME:
        return _BY_NAME[name]
    if name in _OTHERS:
        return ""
    if root.is_file("/etc/init/rc.conf") and root.is_file("/sbin/initctl"):
        return UPSTART
    return SYSVINIT if root.is_file(INITTAB) else ""


def stops(root: GuestRoot, entry: fstab.Entry) -> bool:
    """Whether the guest does not start without what a line of its fstab mounts: fstab.Entry.stops, by the init that starts.

    systemd may be installed where another init starts, as in Debian with sysvinit or OpenRC. It is only looked at where
    the answer depends on it.
    """
    found = root.info["init"]
    return entry.stops(found) and (found != SYSTEMD or entry.stops(init_of(root)))

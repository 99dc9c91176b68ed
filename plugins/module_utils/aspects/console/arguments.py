# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The kernel's command line: console=, and what else makes a console of a port. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

from .ports import PORT

_CONSOLE = re.compile(rf"console=({PORT})(?:,.*)?$")
_TERMINAL = re.compile(r"console=tty\d+$")
# ttynull, by either of its names (drivers/tty/ttynull.c, kernel/printk/printk.c): somebody wants no console at all.
_NO_CONSOLE = ("console=", "console=null", "console=ttynull")
_XEN_EARLY = re.compile(r"earlyprintk=xen(?:,.*)?$")


def is_wanted(arguments: Sequence[str]) -> bool:
    """Whether a command line with these arguments lets the kernel have a console."""
    return not any(argument in _NO_CONSOLE for argument in arguments)


def has_generated_login(arguments: Sequence[str]) -> bool:
    """Whether systemd's getty-generator starts logins on the kernel's consoles (systemd-getty-generator(8))."""
    asked = [argument.partition("=")[2] for argument in arguments if argument.startswith("systemd.getty_auto=")]
    return is_wanted(arguments) and asked[-1:] not in (["0"], ["no"], ["false"], ["off"])


def wanted_arguments(arguments: Sequence[str], tty: str) -> list[str]:
    """The console= arguments that a command line must have for the console tty (as in targets.Model).

    arguments: those of the default entry, of which what concerns tty or virtual terminals is kept as it is.
    The last console= is /dev/console (the kernel's admin-guide/serial-console.rst), to which the initrd and systemd
    write, so the serial one comes last: it is where the host can read why a guest does not come up. The virtual
    terminal has to be named as well, as without any console= it is the console, and with one it no longer is.
    """
    if not is_wanted(arguments):
        return []
    port = tty.partition(",")[0]
    terminals = [argument for argument in arguments if _TERMINAL.match(argument)]
    for argument in arguments:
        match = _CONSOLE.match(argument)
        if match and match.group(1) == port:
            # Set up by somebody: with its own speed, and without a virtual terminal if they left it out.
            return [*terminals, argument]
    return [*(terminals or ["console=tty0"]), f"console={tty}"]


def edit_argument(argument: str, port: str | None, wanted: Sequence[str], is_xen: bool = False) -> str | None:
    """argument of the kernel's command line, as it must be on a machine whose one port is port (None: it has none).

    wanted: wanted_arguments; so all entries of the menu get the same. is_xen: whether the target is Xen.
    earlyprintk= and earlycon= are left alone: writing to a UART that is not there does nothing. But for
    earlyprintk=xen, which "can only be used in Xen domains" (the kernel's kernel-parameters.txt): on another machine
    kernels before 3.15 use Xen's start info, which is not there, and stop before they have written anything
    (drivers/tty/hvc/hvc_xen.c, xenboot_write_console).
    """
    if _XEN_EARLY.match(argument):
        return argument if is_xen else None
    match = _CONSOLE.match(argument)
    if not match:
        return argument
    if match.group(1) != port:
        return None
    return next((one for one in wanted if _CONSOLE.match(one)), argument)

# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The console: console= on the kernel's command line, and the logins on serial ports and hypervisors' consoles."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Sequence

from ..guest.root import GuestRoot
from ..model.description import Findings
from .plan import Plan

NAME = "console"
INSPECT_AFTER = ("bootloader",)
CONVERT_AFTER = ("hypervisor_tools",)

# Serial ports, and the consoles of hypervisors that systemd's getty-generator knows (virtio and Xen, old Xen, POWER,
# s390). Others, such as ttyUSB0, are hardware that somebody connects to the virtual machine, and stay.
_PORT = r"(?:ttyS\d+|hvc\d+|xvc\d+|hvsi\d+|sclp_line\d+|ttysclp\d+)"
_NAME_OF_PORT = re.compile(rf"\b{_PORT}\b")
_CONSOLE = re.compile(rf"console=({_PORT})(?:,.*)?$")
_TERMINAL = re.compile(r"console=tty\d+$")
# ttynull, by either of its names (drivers/tty/ttynull.c, kernel/printk/printk.c): somebody wants no console at all.
_NO_CONSOLE = ("console=", "console=null", "console=ttynull")

_INITTAB = "/etc/inittab"
_SECURETTY = "/etc/securetty"
_LOGIN_UNIT = ("serial-getty@", ".service")
_LOGIN_UNITS = "/etc/systemd/system/*.wants/" + "*".join(_LOGIN_UNIT)


def inspect(root: GuestRoot) -> Findings:
    """The console, which every virtual machine has one of, with what the boot menu's default entry says of consoles."""
    arguments = root.boot_menu.arguments
    found = [argument for argument in arguments if argument.startswith("console=")]
    return Findings(devices={"console": {"console": {"kernel_arguments": found}}})


def convert(root: GuestRoot, plan: Plan) -> None:
    """Make the kernel and the logins use the console that the target has, and none that it has not."""
    model = plan.model("console", "console")
    port = model.tty.partition(",")[0] if model else None
    wanted = wanted_arguments(root.boot_menu.arguments, model.tty) if model else []
    plan.command_line.edit(lambda argument: edit_argument(argument, port, wanted))
    plan.command_line.require(wanted)
    if model:
        # systemd's getty-generator puts logins on the consoles that are there when it runs, which is before the root
        # filesystem's udev loads any module. So a console that is a module has to come from the initrd.
        plan.initrd.require(model.modules)
    for path in root.glob(_LOGIN_UNITS):
        prefix, suffix = _LOGIN_UNIT
        if _is_gone(posixpath.basename(path)[len(prefix) : -len(suffix)], port):
            # The unit is bound to its device, for which getty.target, and so multi-user.target, waits 90 seconds.
            root.remove(path, "no login on a console that the target does not have")
    _edit(root, _INITTAB, edit_inittab, port)
    _edit(root, _SECURETTY, edit_securetty, port)


def wanted_arguments(arguments: Sequence[str], tty: str) -> list[str]:
    """The console= arguments that a command line must have for the console tty (as in targets.Model).

    arguments: those of the default entry, of which what concerns tty or virtual terminals is kept as it is.
    The last console= is /dev/console (the kernel's admin-guide/serial-console.rst), to which the initrd and systemd
    write, so the serial one comes last: it is where the host can read why a guest does not come up. The virtual
    terminal has to be named as well, as without any console= it is the console, and with one it no longer is.
    """
    if any(argument in _NO_CONSOLE for argument in arguments):
        return []
    port = tty.partition(",")[0]
    terminals = [argument for argument in arguments if _TERMINAL.match(argument)]
    for argument in arguments:
        match = _CONSOLE.match(argument)
        if match and match.group(1) == port:
            # Set up by somebody: with its own speed, and without a virtual terminal if they left it out.
            return [*terminals, argument]
    return [*(terminals or ["console=tty0"]), f"console={tty}"]


def edit_argument(argument: str, port: str | None, wanted: Sequence[str]) -> str | None:
    """argument of the kernel's command line, as it must be on a machine whose one port is port (None: it has none).

    wanted: wanted_arguments; so all entries of the menu get the same.
    earlyprintk= and earlycon= are left alone: writing to a UART that is not there does nothing.
    """
    match = _CONSOLE.match(argument)
    if not match:
        return argument
    if match.group(1) != port:
        return None
    return next((one for one in wanted if _CONSOLE.match(one)), argument)


def edit_inittab(text: str, port: str | None) -> str:
    """text of a sysvinit inittab (inittab(5)), with logins on ports that are gone moved to port, or commented out."""
    lines = text.split("\n")
    logins = [_login_port(line) for line in lines]
    is_there = port in logins
    for number, login in enumerate(logins):
        if not _is_gone(login, port):
            continue
        if port is None or is_there:
            # init would start it anew all the time, and complain.
            lines[number] = f"#{lines[number]}"
        else:
            lines[number] = re.sub(rf"\b{login}\b", port, lines[number])
            is_there = True
    return "\n".join(lines)


def edit_securetty(text: str, port: str | None) -> str:
    """text of a securetty(5) that lets root in at port as well, if it did at another port of this kind."""
    names = [line.strip() for line in text.split("\n")]
    if port is None or port in names or not any(re.fullmatch(_PORT, name) for name in names):
        return text
    return text + ("" if text.endswith("\n") else "\n") + f"{port}\n"


def _edit(root: GuestRoot, path: str, edit: Callable[[str, str | None], str], port: str | None) -> None:
    text = root.read(path)
    if text is not None:
        root.write(path, edit(text, port), "logins are on the console that the target has")


def _is_gone(name: str | None, port: str | None) -> bool:
    return name is not None and name != port and re.fullmatch(_PORT, name) is not None


def _login_port(line: str) -> str | None:
    """The port that a line of an inittab runs a getty on, or None."""
    fields = line.split(":", 3)
    if len(fields) < 4 or "#" in fields[0] or fields[2] != "respawn":
        return None
    process = fields[3]
    found = _NAME_OF_PORT.findall(process, process.find("getty")) if "getty" in process else []
    return found[-1] if found else None

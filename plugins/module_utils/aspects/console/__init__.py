# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The console: console= on the kernel's command line, and the logins on serial ports and hypervisors' consoles.

A file for each program that runs logins; ports.py has what is a port.
"""

from __future__ import annotations

from ...guest.root import GuestRoot
from ...model.description import Findings
from .. import inits
from ..plan import Plan
from . import arguments, inittab, openrc, securetty, systemd, upstart

NAME = "console"
INSPECT_AFTER = ("bootloader",)
CONVERT_AFTER = ("hypervisor_tools",)

_SECURETTY = "/etc/securetty"
_JOBS = f"{upstart.DIRECTORY}/*.conf"
_DETAIL = "logins are on the console that the target has"
# The hypervisor on which the kernel's arguments for Xen hold.
_XEN = "xen"


def inspect(root: GuestRoot) -> Findings:
    """The console, which every virtual machine has one of, with what the boot menu's default entry says of consoles."""
    found = [argument for argument in root.boot_menu.arguments if argument.startswith("console=")]
    return Findings(devices={"console": {"console": {"kernel_arguments": found}}})


def convert(root: GuestRoot, plan: Plan) -> None:
    """Make the kernel and the logins use the console that the target has, and none that it has not."""
    model = plan.model("console", "console")
    port = model.tty.partition(",")[0] if model else None
    wanted = arguments.wanted_arguments(root.boot_menu.arguments, model.tty) if model else []
    is_xen = _XEN in plan.target.hypervisors
    plan.command_line.edit(lambda argument: arguments.edit_argument(argument, port, wanted, is_xen))
    plan.command_line.require(wanted)
    if model:
        # systemd's getty-generator puts logins on the consoles that are there when it runs, which is before the root
        # filesystem's udev loads any module. So a console that is a module has to come from the initrd.
        plan.initrd.require(model.modules)
    _convert_logins(root, plan, port)


def _convert_logins(root: GuestRoot, plan: Plan, port: str | None) -> None:
    """The logins of every init that is there. One call finds which files are."""
    there = root.glob(*systemd.PATTERNS, openrc.PATTERN, _JOBS, inits.INITTAB, _SECURETTY)
    units = [path for path in there if path.startswith("/etc/systemd/")]
    systemd.convert(root, units, port, has_own=arguments.has_generated_login(root.boot_menu.arguments))
    plan.concerns += systemd.concerns(root, units, port)
    openrc.convert(root, [path for path in there if path.startswith("/etc/runlevels/")], port)
    if any(path.startswith(f"{upstart.DIRECTORY}/") for path in there):
        upstart.convert(root, port)
    if inits.INITTAB in there:
        is_busybox = inits.init_of(root) == inits.BUSYBOX
        text = root.read(inits.INITTAB)
        if text is not None:
            root.write(inits.INITTAB, inittab.edit_inittab(text, port, is_busybox), _DETAIL)
    if _SECURETTY in there:
        text = root.read(_SECURETTY)
        if text is not None:
            root.write(_SECURETTY, securetty.edit_securetty(text, port), _DETAIL)

# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""NICs in the initrd: whether it brings any up, and what its builder's configuration says of them.

A NIC that is up cannot be renamed before Linux 6.2 (dev_change_name() of net/core/dev.c: EBUSY), and systemd 250 to 252
do not even try. So where the initrd brings NICs up, what gives them their names in the guest must be in it too.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from ....guest.root import GuestRoot
from ....initrd import builders
from ...boot.command_line import ArgumentEdit
from ...plan import Plan
from .. import values
from ..formats import kernel_arguments


def uses_network(root: GuestRoot) -> bool:
    """Whether an initrd of the guest brings NICs up."""
    if kernel_arguments.use_network(_arguments(root)):
        return True
    return any(root.glob(pattern) for builder in builders.BUILDERS for pattern in builder.NETWORK_PROGRAMS)


def keys(root: GuestRoot) -> set[str]:
    """What initrds know NICs by that they configure, by the command line or by themselves: names, or MAC addresses."""
    settings = kernel_arguments.settings_of(_arguments(root))
    return {key for setting in settings for key in (setting.name, setting.hardware_mac) if key}


def _arguments(root: GuestRoot) -> list[str]:
    """The arguments of the command line, and those that the builders give their initrds."""
    arguments = list(kernel_arguments.arguments_of(root))
    for builder in builders.BUILDERS:
        for text in root.texts(builder.CONFIGURATION).values():
            arguments += builder.network_arguments(text)
    return arguments


def edit_configuration(root: GuestRoot, plan: Plan, change: ArgumentEdit, names: Mapping[str, str]) -> None:
    """Edit the configuration of the initrd's builder, in the guest and in the initrd.

    change(argument of the kernel's command line) -> the argument on the target, or None. names: {old: new}, of NICs.
    """

    def rename(text: str) -> str:
        return values.with_names_replaced(text, names)

    for builder in builders.BUILDERS:
        for path, text in root.texts(builder.CONFIGURATION).items():
            edited = builder.with_network(text, change, rename)
            root.write(path, edited, "the initrd uses the network card as it is on the target")
        plan.initrd.edit(builder.COPIES, partial(builder.copy_with_network, edit=change, rename=rename))

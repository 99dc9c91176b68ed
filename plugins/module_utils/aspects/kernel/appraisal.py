# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""IMA's appraisal: a kernel that opens root's files only if their hashes or signatures (security.ima) are right.

What conversion writes has none that is right, and none can be made without the guest's keys (EVM's are in its TPM).
"""

from __future__ import annotations

from ...guest.boot_menu import BootMenu
from ...model.concerns import Concern
from ...texts import kernel_arguments

# The policy that appraises all files that root owns, under its name of today and the old one; secure_boot and the others
# are about modules, firmware and the policy itself, of which conversion changes none. In the kernel's
# Documentation/admin-guide/kernel-parameters.txt.
_POLICY = "appraise_tcb"
_OLD = "ima_appraise_tcb"
# Modes in which a file is opened all the same (security/integrity/ima/ima_appraise.c).
_LENIENT = ("off", "fix", "log")


def is_enforced(command_line: str) -> bool:
    """Whether a kernel with this command line refuses files of root's without a right security.ima."""
    arguments = kernel_arguments.split(command_line)
    pairs = [argument.partition("=")[::2] for argument in arguments]
    policies = [name for key, value in pairs if key == "ima_policy" for name in value.replace("|", " ").split()]
    modes = [value for key, value in pairs if key == "ima_appraise"]
    is_lenient = bool(modes) and modes[-1].startswith(_LENIENT)
    return (_POLICY in policies or _OLD in arguments) and not is_lenient


def concerns(menu: BootMenu) -> list[Concern]:
    """The concern about entries of a boot menu that enforce it: an error where that is the default."""
    enforced = [entry for entry in menu.entries if is_enforced(entry.arguments)]
    if not enforced:
        return []
    is_default = menu.default in enforced
    names = ", ".join(dict.fromkeys(entry.kernel for entry in enforced))
    return [
        Concern(
            "ima-appraisal-enforced",
            "error" if is_default else "warning",
            f"The boot menu starts {names} with IMA's policy {_POLICY} enforced: it opens no file of root's whose security.ima "
            "is not right, and conversion cannot sign the files that it changes.",
            "Set ima_appraise=fix on the kernel's command line in the guest before conversion. Sign or hash the files again "
            "on the target, and then remove it.",
        )
    ]

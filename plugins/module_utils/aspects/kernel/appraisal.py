# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""IMA's appraisal: a kernel that opens root's files only if their hashes or signatures (security.ima) are right.

What conversion writes has none that is right, and none can be made without the guest's keys (EVM's are in its TPM).
"""

from __future__ import annotations

import re

from ...guest.root import GuestRoot
from ...model.concerns import Concern
from ...texts import kernel_arguments

# The policy that appraises all files that root owns, under its name of today and the old one; secure_boot and the others
# are about modules, firmware and the policy itself, of which conversion changes none. In the kernel's
# Documentation/admin-guide/kernel-parameters.txt.
_POLICY = "appraise_tcb"
_OLD = "ima_appraise_tcb"
# Modes in which a file is opened all the same (security/integrity/ima/ima_appraise.c).
_LENIENT = ("off", "fix", "log")

# What systemd loads as it starts (src/core/ima-setup.c), and what dracut's module does (98integrity/ima-policy-load.sh).
_FILES = ("/etc/ima/ima-policy", "/etc/sysconfig/ima-policy")
# The functions of rules that are about files being read (Documentation/ABI/testing/ima_policy in the kernel). Others are
# about programs, modules, firmware, keys and the policy.
_READING = ("FILE_CHECK", "PATH_CHECK")
_MASKS = ("MAY_READ", "^MAY_READ")
# Conditions on who reads a file, or owns it.
_IDS = re.compile(r"(?:e?[ug]id|fowner|fgroup)(?P<sign>[=<>])(?P<number>[0-9]{1,10})")


def is_enforced(command_line: str) -> bool:
    """Whether a kernel with this command line refuses files of root's without a right security.ima."""
    arguments = kernel_arguments.split(command_line)
    pairs = [argument.partition("=")[::2] for argument in arguments]
    policies = [name for key, value in pairs if key == "ima_policy" for name in value.replace("|", " ").split()]
    return (_POLICY in policies or _OLD in arguments) and not _is_lenient(command_line)


def _is_lenient(command_line: str) -> bool:
    pairs = [argument.partition("=")[::2] for argument in kernel_arguments.split(command_line)]
    modes = [value for key, value in pairs if key == "ima_appraise"]
    return bool(modes) and modes[-1].startswith(_LENIENT)


def appraises_files(policy: str) -> bool:
    """Whether a policy, a rule a line, has files of root's appraised as they are read. The first rule that fits counts."""
    for line in policy.split("\n"):
        action, *words = line.split() or [""]
        ids = [found for found in map(_IDS.fullmatch, words) if found]
        if action not in ("appraise", "dont_appraise") or not all(map(_is_of_root, ids)):
            continue
        conditions = dict(word.partition("=")[::2] for word in words if not _IDS.fullmatch(word))
        if action == "dont_appraise":
            if not conditions:
                return False
        elif conditions.get("func", _READING[0]) in _READING and conditions.get("mask", _MASKS[0]) in _MASKS:
            return True
    return False


def _is_of_root(condition: re.Match[str]) -> bool:
    number = int(condition["number"])
    return {"=": number == 0, "<": number > 0, ">": False}[condition["sign"]]


def concerns(root: GuestRoot) -> list[Concern]:
    """The concern about entries of the boot menu that enforce it: an error where that is the default."""
    menu = root.boot_menu
    files = [path for path in root.glob(*_FILES) if menu.entries and appraises_files(root.read(path) or "")]
    enforced = [
        entry for entry in menu.entries if is_enforced(entry.arguments) or (files and not _is_lenient(entry.arguments))
    ]
    if not enforced:
        return []
    by_name = any(is_enforced(entry.arguments) for entry in enforced)
    policy = f"IMA's policy {_POLICY}" if by_name else f"the policy of IMA in {', '.join(files)}"
    return [_concern(menu.default in enforced, [entry.kernel for entry in enforced], policy)]


def _concern(is_default: bool, kernels: list[str], policy: str) -> Concern:
    return Concern(
        "ima-appraisal-enforced",
        "error" if is_default else "warning",
        f"The boot menu starts {', '.join(dict.fromkeys(kernels))} with {policy} enforced: it opens no file of root's whose "
        "security.ima is not right, and conversion cannot sign the files that it changes.",
        "Set ima_appraise=fix on the kernel's command line in the guest before conversion. Sign or hash the files again "
        "on the target, and then remove it.",
    )

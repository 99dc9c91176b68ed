# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""IMA's appraisal: a kernel that opens root's files only if their hashes or signatures (security.ima) are right.

What conversion writes has none that is right, and none can be made without the guest's keys (EVM's are in its TPM).
"""

from __future__ import annotations

import re
from collections.abc import Callable

from ...guest.root import GuestRoot
from ...guest.storage.layers.filesystem import Filesystem
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
# In include/uapi/linux/magic.h of the kernel, of filesystems that a root may have.
_MAGIC = {
    **dict.fromkeys(("ext2", "ext3", "ext4"), 0xEF53),
    "xfs": 0x58465342,
    "btrfs": 0x9123683E,
    "f2fs": 0xF2F52010,
    "jfs": 0x3153464A,
    "reiserfs": 0x52654973,
    "vfat": 0x4D44,
    # They are never on a disk.
    "tmpfs": 0x01021994,
    "proc": 0x9FA0,
    "sysfs": 0x62656572,
    "debugfs": 0x64626720,
    "ramfs": 0x858458F6,
    "devpts": 0x1CD1,
    "binfmt_misc": 0x42494E4D,
    "securityfs": 0x73636673,
    "selinuxfs": 0xF97CFF8C,
    "cgroup": 0x27E0EB,
    "cgroup2": 0x63677270,
    "nsfs": 0x6E736673,
    "efivarfs": 0xDE5E81E4,
    "overlay": 0x794C7630,
}
_HEXADECIMAL = re.compile(r"(?:0[xX])?[0-9a-fA-F]{1,16}")


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


def appraises_files(policy: str, filesystem: Filesystem) -> bool:
    """Whether a policy, a rule a line, has root's files on a filesystem appraised as they are read.

    The first rule that fits counts. One for files with certain SELinux labels, or for certain readers, may be about any.
    """
    for line in policy.split("\n"):
        action, *words = line.split() or [""]
        ids = [found for found in map(_IDS.fullmatch, words) if found]
        if action not in ("appraise", "dont_appraise") or not all(map(_is_of_root, ids)):
            continue
        conditions = dict(word.partition("=")[::2] for word in words if not _IDS.fullmatch(word))
        is_reading = conditions.pop("func", _READING[0]) in _READING and conditions.pop("mask", _MASKS[0]) in _MASKS
        places = {key: conditions.pop(key) for key in _PLACES if key in conditions}
        if not is_reading or not all(_PLACES[key](filesystem, value) for key, value in places.items()):
            continue
        if action == "appraise":
            return True
        if not conditions:
            return False
    return False


def _has_magic(filesystem: Filesystem, value: str) -> bool:
    """Whether a condition fsmagic= is about a filesystem; of a type that is not known here it may be."""
    known = _MAGIC.get(filesystem.type)
    number = int(value, 16) if _HEXADECIMAL.fullmatch(value) else None
    return known == number if known is not None else number not in _MAGIC.values()


# The conditions on the filesystem that a file is on. One driver of the kernel's mounts ext2, ext3 and ext4.
_PLACES: dict[str, Callable[[Filesystem, str], bool]] = {
    "fsmagic": _has_magic,
    "fsname": lambda filesystem, name: (
        name[:3] == filesystem.type[:3] if name[:3] == "ext" else name == filesystem.type
    ),
    "fsuuid": lambda filesystem, uuid: uuid.lower() == filesystem.uuid.lower(),
}


def _is_of_root(condition: re.Match[str]) -> bool:
    number = int(condition["number"])
    return {"=": number == 0, "<": number > 0, ">": False}[condition["sign"]]


def concerns(root: GuestRoot) -> list[Concern]:
    """The concern about entries of the boot menu that enforce it: an error where that is the default."""
    menu = root.boot_menu
    there = {mount.filesystem.name: mount.filesystem for mount in root.mounted}
    policies = {path: root.read(path) or "" for path in root.glob(*_FILES) if menu.entries}
    files = [path for path, text in policies.items() if any(appraises_files(text, each) for each in there.values())]
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

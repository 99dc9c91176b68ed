# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Debconf's answers, by which upgrades of Debian's and Ubuntu's packages install GRUB. Pure, but for convert."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from functools import partial
from typing import Callable

from .....guest.root import GuestRoot
from . import install_devices

_DATABASE = "/var/cache/debconf/config.dat"

# Debian makes the UEFI fallback when it is told to (grub-efi-amd64.postinst), Ubuntu unless it is told not to.
_KEEP_FALLBACK = {"grub2/force_efi_extra_removable": "true", "grub2/no_efi_extra_removable": "false"}


def convert(root: GuestRoot, names: Mapping[str, str], starting: Collection[str], keep_fallback: bool) -> None:
    """Have upgrades install GRUB to the disks of the target. names: plan.Plan.disk_names.

    starting: the disks with GRUB in their boot sectors. keep_fallback: whether upgrades must keep the UEFI fallback up to
    date, which would fall behind what it starts.
    """
    text = root.read(_DATABASE)
    if text is None:
        return
    with_system_partition = {each.disk.identifier for each in root.guest.storage.efi_system_partitions}
    text = edit_devices(text, names, starting, with_system_partition)
    root.write(_DATABASE, text, "upgrades of GRUB install it to the disks of the target")
    if keep_fallback:
        root.write(_DATABASE, answer_for_fallback(text), "upgrades of GRUB keep the UEFI fallback up to date")


def edit_devices(
    text: str, names: Mapping[str, str], starting: Collection[str] = (), with_system_partition: Collection[str] = ()
) -> str:
    """text of debconf's database with the disks and partitions that GRUB is installed to named as on the target.

    starting: the disks with GRUB in their boot sectors. with_system_partition: those with an EFI system partition.
    """
    return _edit_questions(
        text,
        {
            "grub-pc/install_devices": lambda question: _edit_disks(question, names, starting),
            "grub-efi/install_devices": lambda question: _edit_partitions(question, names, with_system_partition),
        },
    )


def answer_for_fallback(text: str) -> str:
    """text of debconf's database with the questions answered that say whether the UEFI fallback is kept up to date."""
    return _edit_questions(text, {name: partial(_answered, answer) for name, answer in _KEEP_FALLBACK.items()})


def _answered(answer: str, question: str) -> str:
    return question if (_value(question) or "false") == answer else _with_value(question, answer)


def _edit_questions(text: str, edits: Mapping[str, Callable[[str], str]]) -> str:
    questions = text.split("\n\n")
    for number, question in enumerate(questions):
        edit = edits.get(question.partition("\n")[0].partition("Name: ")[2])
        if edit:
            questions[number] = edit(question)
    return "\n\n".join(questions)


def _edit_disks(question: str, names: Mapping[str, str], starting: Collection[str]) -> str:
    """The answer for grub-pc. What cannot be resolved stays: the package asks again."""
    value = _value(question) or ""
    listed = value.split(", ")
    if install_devices.is_of_target(listed, names, starting) or not install_devices.is_lasting(listed, names, starting):
        return question
    found = install_devices.renamed(listed, names, starting)
    return _with_value(question, ", ".join(found)) if ", ".join(found) != value else question


def _edit_partitions(question: str, names: Mapping[str, str], with_system_partition: Collection[str]) -> str:
    """The answer for Ubuntu's grub-multi-install, which fails, and the upgrade with it, where one of them is not there.

    Not answered, it takes what is mounted at /boot/efi.
    """
    value = _value(question) or ""
    listed = value.split(", ") if value else []
    on_target = [install_devices.on_target(name, names) for name in listed]
    found = [name for name in on_target if name is not None]
    is_known = len(found) == len(on_target)
    if is_known and install_devices.is_of_target(listed, names, with_system_partition):
        return question
    if not is_known or not install_devices.is_lasting(listed, names, with_system_partition):
        return "\n".join(line for line in question.split("\n") if not line.startswith(("Value:", "Flags:")))
    return _with_value(question, ", ".join(dict.fromkeys(found))) if ", ".join(found) != value else question


def _value(question: str) -> str | None:
    found = re.search(r"(?m)^Value:(.*)$", question)
    return found.group(1).strip(" \t") if found else None


def _with_value(question: str, value: str) -> str:
    lines = [line for line in question.split("\n") if not line.startswith("Value:")]
    # Debconf writes the fields in this order: Name, Template, Value, Owners, Flags, Variables.
    place = next((number for number, line in enumerate(lines) if line.startswith("Template:")), 0) + 1
    return "\n".join([*lines[:place], f"Value: {value}", *lines[place:]])

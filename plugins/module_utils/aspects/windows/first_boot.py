# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
r"""The first boot of Windows on the target: what the aspects ask for in the plan, and the user's script and packages.

All of it is in C:\Windows\Guestconv: the script (script.py), what it installs, and a checksum of it in the file
`pending`, which is called `ran` when all is done. What has run is not asked for once more by another conversion.

A service starts the script. It needs no program that has the interface of a service: cmd.exe starts another one, and
ends. Windows waits for it in vain, notes that in its log, and the other one goes on (CreateService, ServicesPipeTimeout).
"""

from __future__ import annotations

import hashlib
from dataclasses import replace

from ...devices.targets import Target
from ...devices.targets.kvm import QEMU_AGENT
from ...errors import GuestconvError
from ...guest.hives import Key
from ...guest.root import GuestRoot
from ...model.description import Findings
from ...model.first_boot import FirstBoot, PackageFile
from ...texts import registry
from ..plan import Plan
from . import release, restoring, script

NAME = "first_boot"
INSPECT_AFTER: tuple[str, ...] = ()
# All that ask for something at the first boot.
CONVERT_AFTER: tuple[str, ...] = ("condition", "bootloader", "network", "drivers", "hypervisor_tools")

_FOR = "to run once at the first boot on the target"
# The first line of a script for PowerShell, as for cloudbase-init; others are for cmd.exe.
_POWERSHELL = ("#ps1", "#ps1_sysnative", "#ps1_x86")
# What the script notes of its steps, and what it has of the user's, below its directory.
_OF_STEPS, _OF_USER = ("boots", "step-*", "msiexec-*.log"), ("user.cmd", "user.ps1", "files/*")
# How the names of the guest agent's packages begin, as virtio-win has them. Its service is called so.
_AGENT = "qemu-ga"

_SERVICE = {
    "Type": registry.dword(0x10),
    "Start": registry.dword(2),
    "ErrorControl": registry.dword(0),
    "ObjectName": registry.string("LocalSystem"),
    "DisplayName": registry.string("First boot on the new hypervisor (guestconv)"),
    "ImagePath": registry.expand(
        # Without what the registry has cmd.exe do at each start (AutoRun).
        r'%SystemRoot%\System32\cmd.exe /d /c start "" %SystemRoot%\System32\cmd.exe /d /c '
        r"%SystemRoot%\Guestconv\firstboot.cmd"
    ),
}


def inspect(root: GuestRoot) -> Findings:
    """Nothing: the first boot is asked for when the guest is converted."""
    return Findings()


def convert(root: GuestRoot, plan: Plan) -> None:
    """Put the script into the guest, unless it has run there or has nothing to do. Errors: first-boot-not-possible.

    It replaces the script of a conversion after which the guest was not started, or did not come to its end.
    """
    asked = _with_agent(root, plan.first_boot or FirstBoot(), plan.target)
    steps = [*plan.windows_first_boot, *restoring.restored(root, plan.windows_until_first_boot)]
    directory = f"{root.spelled('/Windows')}/Guestconv"
    pending = _checksum(root, f"{directory}/pending")
    if not steps and asked == FirstBoot():
        if pending:
            _take_back(root, directory)
        return
    user = _user(root, asked)
    user_text = _script_text(root, asked, user.script)
    if asked.agent:
        plan.hardware.guest_agent = True
    try:
        text = script.text(steps, user)
    except ValueError as error:
        raise _not_possible(root, f"cmd.exe would interpret {error}.") from error
    checksum = hashlib.sha256(text.encode() + asked.checksum.encode()).hexdigest()
    if not pending and _checksum(root, f"{directory}/ran") == checksum:
        return
    services = _services(root)
    if pending != checksum:
        _forget(root, directory, *_OF_STEPS, *_OF_USER)
    restoring.apply(root, plan.windows_until_first_boot)
    for each in asked.files:
        root.write_bytes(f"{directory}/files/{each.name}", each.content, f"a package {_FOR}", mode=0o600)
    if user.script:
        root.write(f"{directory}/{user.script}", user_text, f"the script of the user, {_FOR}")
    root.write(f"{directory}/firstboot.cmd", text, f"the script {_FOR}")
    root.write(f"{directory}/pending", f"{checksum}\n", f"the mark {_FOR}")
    key = services.create(script.SERVICE)
    # Windows removes a service with it at the next start: one that was to be deleted while it was in use.
    key.delete_value("DeleteFlag")
    for name, value in _SERVICE.items():
        key.set(name, value)


def _checksum(root: GuestRoot, mark: str) -> str:
    return (root.read(mark) or "").partition("\n")[0]


def _forget(root: GuestRoot, directory: str, *names: str) -> None:
    """Remove files of an earlier script: in another one, the steps have other numbers, and may need other files."""
    for path in root.glob(*(f"{directory}/{name}" for name in names)):
        root.remove(path, "a file of an earlier script of the first boot")


def _take_back(root: GuestRoot, directory: str) -> None:
    """Remove the script of an earlier conversion, which has nothing to do after this one."""
    detail = "nothing is to be done at the first boot any more"
    _forget(root, directory, *_OF_STEPS, *_OF_USER, "firstboot.cmd", "pending")
    root.remove_all(f"{directory}/files", detail)
    current = release.controlled(root, detail)
    service = current.key(rf"Services\{script.SERVICE}") if current else None
    if service:
        service.delete()


def _user(root: GuestRoot, asked: FirstBoot) -> script.User:
    if asked.packages:
        raise _not_possible(
            root,
            f"Windows has no package manager that is known, for {', '.join(asked.packages)}.",
            "Give the paths of packages *.msi in first_boot.packages.",
        )
    for each in asked.files:
        if each.kind != "msi":
            raise _not_possible(root, f"Windows does not install {each.name}.", "Give packages *.msi.")
    is_given = any(each.name.lower().startswith(_AGENT) for each in asked.files)
    if asked.agent and not is_given and _services(root).key(_AGENT) is None:
        raise _not_possible(
            root,
            "the agent of a Windows guest is a package that must be given.",
            "Give virtio_win, or the path of its qemu-ga-x86_64.msi in first_boot.packages.",
        )
    first = asked.script.partition(b"\n")[0].decode("utf-8-sig", "replace").strip().lower()
    name = "user.ps1" if first in _POWERSHELL else "user.cmd"
    return script.User(name if asked.script else "", tuple(each.name for each in asked.files))


def _with_agent(root: GuestRoot, asked: FirstBoot, target: Target) -> FirstBoot:
    """asked with the package of QEMU's agent that virtio-win has, where the agent is asked for, and its package not given.

    Errors: first-boot-not-possible.
    """
    if asked.agent and target.agent != QEMU_AGENT:
        raise _not_possible(
            root,
            f"no agent for Windows is known for the target {target.name}.",
            "Leave first_boot.agent out. A package *.msi of an agent can be in first_boot.packages.",
        )
    known, virtio_win = release.of(root), root.guest.virtio_win
    if (
        not asked.agent
        or any(each.name.lower().startswith(_AGENT) for each in asked.files)
        or not (known and virtio_win)
    ):
        return asked
    found = virtio_win.agents.get(known.arch)
    if found is None:
        return asked
    name = found.name.rpartition("/")[2].lower()
    return replace(asked, files=(*asked.files, PackageFile(name, "msi", found.content())))


def _script_text(root: GuestRoot, asked: FirstBoot, name: str) -> str:
    """The user's script, as the guest reads it; bytes that are no UTF-8 are surrogates. Errors: first-boot-not-possible.

    PowerShell takes a script for UTF-8 by the mark at its beginning. cmd.exe takes it for text in the code page of the
    console, which is OEMCP ("Code Page Identifiers"), and does not find all labels in one with the line ends of Unix.
    """
    try:
        text = asked.script.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError:
        # It is in a code page already.
        return _for_cmd(name, asked.script.decode("utf-8", "surrogateescape"))
    if text.isascii():
        return _for_cmd(name, text)
    if name == "user.ps1":
        return f"\ufeff{text}"
    page = _code_page(root)
    try:
        encoded = _for_cmd(name, text).encode(f"cp{page}" if page != "65001" else "utf-8")
    except (LookupError, UnicodeEncodeError) as error:
        what = f"{error.object[error.start]!r} is not in" if isinstance(error, UnicodeEncodeError) else "it is not in"
        raise _not_possible(
            root,
            f"cmd.exe would not read the script as it is written: {what} the guest's code page {page or '(unknown)'}.",
            "Write the script for PowerShell, with the first line #ps1, or in ASCII.",
        ) from error
    return encoded.decode("utf-8", "surrogateescape")


def _for_cmd(name: str, text: str) -> str:
    return text if name == "user.ps1" else "\r\n".join(text.replace("\r\n", "\n").split("\n"))


def _code_page(root: GuestRoot) -> str:
    """The number of the code page of consoles; "" where it is not known."""
    current = release.controlled(root, "")
    key = current.key(r"Control\Nls\CodePage") if current else None
    number = release.text(key, "OEMCP") if key else ""
    return number if number.isascii() and number.isdigit() else ""


def _services(root: GuestRoot) -> Key:
    found = release.controlled(root, "a service starts what is to run at the first boot")
    services = found.key("Services") if found else None
    if services is None:
        raise _not_possible(root, "its registry has no services.")
    return services


def _not_possible(root: GuestRoot, why: str, hint: str = "") -> GuestconvError:
    return GuestconvError(
        "first-boot-not-possible",
        f"What is to be done at the first boot cannot be done in the guest on {root.name}: {why}",
        path="first_boot",
        hint=hint or "Change first_boot for this guest, or leave it out.",
    )

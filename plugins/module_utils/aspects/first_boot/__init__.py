# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The first boot on the target: the user's script, and packages such as the target's agent, once.

All of it is in one directory of the guest: the runner (`run`), the script (`script`), packages that the user gives
(`files`), and a checksum of what was asked for in the file `pending`, which is called `ran` from the beginning of the one
run. What has run is not asked for once more by another conversion.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Sequence

from ...devices.targets import Target
from ...devices.targets.kvm import QEMU_AGENT
from ...devices.targets.target import Agent
from ...errors import GuestconvError
from ...guest.root import GuestRoot
from ...model.description import Findings
from ...model.first_boot import FirstBoot
from .. import inits
from ..plan import Plan
from . import runner
from .hooks import DIRECTORY, HOOKS, RUNNER, Hook, with_line
from .managers import Manager, manager_of

NAME = "first_boot"
INSPECT_AFTER: tuple[str, ...] = ()
# The old hypervisor's tools may be what is to be installed.
CONVERT_AFTER = ("hypervisor_tools",)

_PENDING, _RAN, _SCRIPT = (f"{DIRECTORY}/{name}" for name in ("pending", "ran", "script"))
_PATH = ("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin")
_FOR = "to run once at the first boot on the target"


def inspect(root: GuestRoot) -> Findings:
    """Nothing: the first boot is asked for when the guest is converted."""
    return Findings()


def convert(root: GuestRoot, plan: Plan) -> None:
    """Put what is asked for into the guest, unless it has run there. Errors: first-boot-not-possible."""
    asked = plan.first_boot
    if asked is None:
        return
    if asked.agent and plan.target.agent == QEMU_AGENT:
        plan.hardware.guest_agent = True
    if (root.read(_RAN) or "").partition("\n")[0] == asked.checksum:
        return
    job = job_for(root, asked, plan.target)
    if job is None:
        return
    init = inits.init_of(root)
    hook = HOOKS.get(init)
    if hook is None or hook.line and not root.is_file(inits.INITTAB):
        raise _not_possible(root, "its init is not known, and so not how it starts a program.")
    for each in asked.files:
        root.write_bytes(f"{DIRECTORY}/files/{each.name}", each.content, f"a package {_FOR}", mode=0o600)
    if asked.script:
        root.write(_SCRIPT, asked.script.decode("utf-8", "surrogateescape"), f"the script {_FOR}", mode=0o700)
    root.write(RUNNER, runner.text(job, hook), f"the program that has the first boot {_FOR}", mode=0o700)
    root.write(_PENDING, f"{asked.checksum}\n", f"the mark {_FOR}", mode=0o600)
    _hang_in(root, hook)


def _hang_in(root: GuestRoot, hook: Hook) -> None:
    detail = "starts what is to run at the first boot on the target"
    for path, text in hook.files.items():
        root.write(path, text, detail, mode=0o755 if path in hook.programs else 0o644)
    for path, target in hook.links.items():
        root.link(path, target, detail)
    if hook.line:
        root.write(inits.INITTAB, with_line(root.read(inits.INITTAB) or "", hook.line), detail)


def job_for(root: GuestRoot, asked: FirstBoot, target: Target) -> runner.Job | None:
    """What the runner has to do in this guest; None where nothing is left to do. Errors: first-boot-not-possible."""
    agent = _missing_agent(root, asked, target)
    names = list(asked.packages)
    files = [each.name for each in asked.files]
    manager = None
    if names or files or agent:
        manager = _manager(root, asked, [*names, *files, *([agent.package] if agent else [])])
        names += [agent.named.get(manager.name, agent.package)] if agent else []
    script = _script_command(root, asked.script, checks=manager is None) if asked.script else []
    if manager is None and not script:
        return None
    return runner.Job(manager, names, files, agent.services if agent else (), script)


def _missing_agent(root: GuestRoot, asked: FirstBoot, target: Target) -> Agent | None:
    """The target's agent, if it is asked for and not installed."""
    if not asked.agent:
        return None
    if target.agent is None:
        raise _not_possible(
            root, f"no agent is known for guests of the target {target.name}.", "Leave first_boot.agent out."
        )
    return None if root.glob(*target.agent.programs) else target.agent


def _manager(root: GuestRoot, asked: FirstBoot, wanted: Sequence[str]) -> Manager:
    """The guest's package manager. wanted: what is to be installed, for messages."""
    manager = manager_of(root)
    if manager is None:
        raise _not_possible(root, f"it has no package manager that is known, for {', '.join(wanted)}.")
    for each in asked.files:
        if each.kind != manager.kind:
            raise _not_possible(root, f"its package manager, {manager.name}, does not install {each.name}.")
    return manager


def _script_command(root: GuestRoot, script: bytes, checks: bool) -> list[str]:
    """The command line of the script, as the kernel makes it of its first line (fs/binfmt_script.c), or sh.

    By its interpreter, as the filesystem may be mounted with noexec. checks: refuse an interpreter that is not there.
    """
    first = script.partition(b"\n")[0].decode("utf-8", "surrogateescape")
    if first.endswith("\r"):
        raise _not_possible(
            root, "the lines of the script end as those of Windows.", "Save it with the line ends of Unix."
        )
    words = first[2:].strip(" \t").split(None, 1) if first.startswith("#!") else ["/bin/sh"]
    if not words or not words[0].startswith("/"):
        raise _not_possible(
            root, f"the first line of the script, {first!r}, names no program.", "Begin it with #!/bin/sh."
        )
    if checks:
        _require_program(root, words[0])
        if posixpath.basename(words[0]) == "env" and re.match(r"[A-Za-z0-9._+-]+\Z", " ".join(words[1:])):
            _require_program(root, *(f"{directory}/{words[1]}" for directory in _PATH))
    return [*words, "./script"]


def _require_program(root: GuestRoot, *paths: str) -> None:
    if not any(root.is_file(path) for path in paths):
        name = paths[0] if len(paths) == 1 else posixpath.basename(paths[0])
        raise _not_possible(root, f"it has no {name}, which the first line of the script names.")


def _not_possible(root: GuestRoot, why: str, hint: str = "") -> GuestconvError:
    return GuestconvError(
        "first-boot-not-possible",
        f"What first_boot asks for cannot be done in the guest on {root.name}: {why}",
        path="first_boot",
        hint=hint or "Change first_boot for this guest, or leave it out.",
    )

# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab: one case, inspected and converted by the engine as a module does it, on the stand-in for the appliance."""

from __future__ import annotations

import copy
import traceback
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ansible_collections.virttools.guestconv.plugins.module_utils.commands import first_boot, keys
from ansible_collections.virttools.guestconv.plugins.module_utils.devices.targets import TARGETS
from ansible_collections.virttools.guestconv.plugins.module_utils.errors import GuestconvError
from ansible_collections.virttools.guestconv.plugins.module_utils.guest.guest import Guest
from ansible_collections.virttools.guestconv.plugins.module_utils.guest.storage import roots
from ansible_collections.virttools.guestconv.plugins.module_utils.model.changes import Change
from ansible_collections.virttools.guestconv.plugins.module_utils.model.selection import select
from ansible_collections.virttools.guestconv.plugins.module_utils.model.tools import policy_from
from ansible_collections.virttools.guestconv.plugins.module_utils.systems import SYSTEMS, engine
from ansible_collections.virttools.guestconv.plugins.module_utils.virtio_win.library import VirtioWin
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.virtio_win import virtio_win_files
from tests.text_guests import sectors
from tests.text_guests.disks import Disks
from tests.text_guests.model import Case

# What a case has no word for: its guests have no network.
_NOT_ASKED = ("nic-unknown",)


@dataclass
class Outcome:
    """What came of a conversion.

    description: of the guest, {} when there was none. error: why it was refused. crash: the traceback of an error that is
    none of the product's. ran: command lines of the guest's programs. hardware: what the target must offer.
    """

    description: dict[str, Any] = field(default_factory=dict)
    concerns: list[dict[str, Any]] = field(default_factory=list)
    error: GuestconvError | None = None
    crash: str = ""
    changes: list[Change] = field(default_factory=list)
    ran: list[list[str]] = field(default_factory=list)
    hardware: dict[str, Any] = field(default_factory=dict)

    @property
    def is_converted(self) -> bool:
        """Whether the conversion came to its end."""
        return self.error is None and not self.crash

    @property
    def summary(self) -> str:
        """In a few words."""
        if self.crash:
            return f"CRASH {self.crash.splitlines()[-1]}"
        return f"refused {self.error.code}" if self.error else "converted"

    @property
    def said(self) -> str:
        """All that a person is told."""
        parts = [f"{each['severity']} {each['code']} {each['message']} {each['hint']}" for each in self.concerns]
        if self.error:
            parts.append(f"{self.error.code} {self.error.message} {self.error.hint or ''}")
        return " | ".join(parts)


class Lab:
    """One case on its disks. outcome: of the first conversion, once it was run."""

    def __init__(self, case: Case, top: Path) -> None:
        self.case = case
        self.disks = Disks(case, top)
        self._top = top.parent
        self._keys = [_as_option(key, top.parent / f"key{number}") for number, key in enumerate(case.keys)]
        self.outcome = Outcome()
        self._second: Outcome | None = None

    def run(self) -> Outcome:
        """Convert the guest."""
        self.outcome = self._converted()
        return self.outcome

    def second(self) -> Outcome:
        """What comes of a conversion of the guest that was converted already."""
        if self._second is None:
            self._second = self._converted()
        return self._second

    def _converted(self) -> Outcome:
        outcome = Outcome()
        appliance = self.disks.appliance
        begin = len(appliance.ran)
        try:
            self._convert(outcome)
        except GuestconvError as error:
            outcome.error = error
        except Exception:
            outcome.crash = traceback.format_exc()
        finally:
            outcome.ran = appliance.ran[begin:]
            appliance.close()
        return outcome

    def virtio_win(self) -> VirtioWin | None:
        """That of the option, with drivers of the tests."""
        system = self.case.options.get("virtio_win")
        if system is None:
            return None
        return VirtioWin.opened(virtio_win_files.unpacked(self._top / "virtio-win", virtio_win_files.tree((system,))))

    def _convert(self, outcome: Outcome) -> None:
        target = TARGETS[self.case.options.get("target", "kvm")]
        given = keys.from_option(self._keys)
        policy = policy_from(self.case.tools)
        guest = Guest.opened(
            self.disks.appliance, self.disks.images, target, self.case.hardware, given, policy, self.virtio_win()
        )
        roots.find_transformed(guest, SYSTEMS, self.case.root)
        found = outcome.description = engine.inspect(guest)
        outcome.concerns = _of_interest(found)
        _refuse_inconvertible(outcome)
        initrd = self.case.options.get("initrd", "auto")
        at_first_boot = first_boot.from_option(self.case.first_boot)
        selected = select(self._asked(found), found)
        outcome.hardware = engine.convert(guest, found, selected, initrd, first_boot=at_first_boot)
        guest.close()
        for index, partitioned in guest.partitioned.items():
            # As a module does when the appliance is closed.
            self.disks.appliance.partition(index, partitioned.head[: sectors.SIZE])
        outcome.changes = guest.changes()
        # The conversion may have found more.
        outcome.concerns = _of_interest(found)

    def _asked(self, found: dict[str, Any]) -> dict[str, Any]:
        """What a playbook that makes the case's choices passes to convert."""
        asked = copy.deepcopy(found)
        for kind, choice in self.case.choices:
            name, of_one, driver = choice.rpartition("=")
            for device in [name] if of_one else list(asked["devices"][kind]):
                asked["devices"][kind][device]["driver"] = driver
        for kind, name in self.case.removed:
            del asked["devices"][kind][name]
        return asked


def _as_option(key: Mapping[str, str], file: Path) -> dict[str, str]:
    """An item of the option keys. file: where the bytes of a key file are written, if it has some."""
    if "bytes" not in key:
        return dict(key)
    file.write_bytes(bytes.fromhex(key["bytes"]))
    return {**{name: value for name, value in key.items() if name != "bytes"}, "file": str(file)}


def _of_interest(found: dict[str, Any]) -> list[dict[str, Any]]:
    """The concerns of a description that cases are about."""
    return [each for each in found["concerns"] if each["code"] not in _NOT_ASKED]


def _refuse_inconvertible(outcome: Outcome) -> None:
    errors = [concern for concern in outcome.concerns if concern["severity"] == "error"]
    if errors:
        raise GuestconvError(errors[0]["code"], " | ".join(concern["message"] for concern in errors))

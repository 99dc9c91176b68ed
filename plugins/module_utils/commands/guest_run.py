# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One run of guestconv_inspect or guestconv_convert: the guest, opened, and what is gathered for the result."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

from ..ansible_module.argument_specs import APPLIANCE
from ..ansible_module.run import Module, Result
from ..appliance.appliance import Appliance
from ..devices.targets import Target
from ..disks import journal, later_states, room
from ..disks.images import Disk
from ..guest.guest import Guest
from ..model import document
from ..model.concerns import Concern
from ..model.description import Description, add_concerns
from ..model.tools import ToolsPolicy, policy_from
from ..run.progress import Progress
from ..run.timeline import Timeline
from ..virtio_win import library
from . import keys

_SUPERSEDED = (
    "If the guest runs on the other image, delete the checkpoint or snapshot on the source, which merges it into the disk; or "
    "name the other image, with the disk in `backing`. Do not convert this disk in place, or the other image becomes worthless."
)


class GuestRun:
    """What one run of a module gathers for its result: its timeline, its warnings."""

    def __init__(self, module: Module, progress: Progress) -> None:
        self.progress = progress
        self.timeline = Timeline(progress.begin)
        self._options = module.params
        # Ansible adds the warnings to the result, be that a success or a failure.
        self._warn = module.warn

    def as_converted(self, disks: Sequence[Disk]) -> tuple[Sequence[Disk], bool]:
        """disks; where a commit was interrupted, what they will be once it is finished. And whether one was.

        Errors: those of journal.pending().
        """
        interrupted = journal.pending(disks)
        if interrupted is None:
            return disks, False
        self._warn(
            "A conversion of these disks was interrupted while it was being committed. They are shown as they will be; "
            "the next guestconv_convert of them finishes it."
        )
        return interrupted.as_converted(), True

    def recovered(self, disks: Sequence[Disk]) -> tuple[Sequence[Disk], bool]:
        """disks, after an interrupted commit of them was finished. And whether there was one.

        Errors: those of journal.pending() and Journal.finish().
        """
        interrupted = journal.pending(disks)
        if interrupted is None:
            return disks, False
        with self.timeline.step("recover"):
            interrupted.finish(tell=self.progress.tell)
        self._warn("An earlier conversion of these disks, interrupted while it was being committed, was finished.")
        return disks, True

    @contextmanager
    def opened(
        self,
        disks: Sequence[Disk],
        target: Target,
        read_only: bool,
        hardware: Mapping[str, Any] | None = None,
        tools: ToolsPolicy | None = None,
        virtio_win: str | None = None,
    ) -> Iterator[Guest]:
        """Yields the guest on disks, opened in the appliance while the block runs.

        Args: hardware: what is known of the source. tools: what is to become of hypervisors' tools. By default each is the
        option of this name. virtio_win: where its drivers are if the option does not say so. Errors: those of Appliance,
        Guest and keys.from_option, workdir-not-usable, virtio-win-not-usable.
        """
        options = self._options
        if options["workdir"]:
            room.require_usable_directory(options["workdir"], "workdir-not-usable", "workdir")
        given = keys.from_option(options["keys"])
        policy = policy_from(options["tools"]) if tools is None else tools
        drivers = library.from_option(options["virtio_win"] or virtio_win)
        appliance = Appliance(disks, read_only=read_only, **{name: options[name] for name in APPLIANCE})
        try:
            with ExitStack() as stack:
                with self.timeline.step("launch"):
                    stack.enter_context(appliance)
                with self.timeline.step("open"):
                    known = without_none(hardware or options["hardware"] or {})
                    guest = Guest.opened(appliance, disks, target, known, given, policy, drivers)
                yield guest
        finally:
            self.timeline.count(appliance)
            for warning in appliance.warnings:
                self._warn(warning)

    def with_older_states(self, found: Description, disks: Sequence[Disk]) -> Description:
        """found, with a concern for each of the disks, as the caller named them, that a snapshot next to it supersedes."""
        add_concerns(
            found,
            [
                Concern("disk-superseded", "warning", sentence, _SUPERSEDED)
                for disk in disks
                for sentence in later_states.states_after(disk.path)
            ],
        )
        return found

    def result(self, guest: Description, **values: Any) -> Result:
        """The result of a module: the description in both forms, and how the run went."""
        result = dict(values, guest=guest, timeline=self.timeline.as_dict())
        with self.timeline.step("document"):
            result["xml"] = document.to_xml(guest)
        if keys.hidden_in(self._options["keys"], result):
            self._warn(
                "A passphrase of the option keys is a part of other texts in the result, in which Ansible replaces it. A "
                "description with such a text is refused by guestconv_convert: give the passphrase by file."
            )
        return result


def without_none(value: Any) -> Any:
    """value less the suboptions that the caller did not give, which Ansible fills with None."""
    if isinstance(value, dict):
        return {key: without_none(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [without_none(item) for item in value]
    return value

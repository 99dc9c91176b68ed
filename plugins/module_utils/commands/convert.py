# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What guestconv_convert does, from its options to its result."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..ansible_module.run import Module, Result
from ..devices.targets import TARGETS
from ..disks import destination, images
from ..disks.commit import InPlace
from ..disks.copies import ToCopies
from ..disks.images import Disk
from ..disks.throwaway import Throwaway
from ..disks.to_volumes import ToVolumes
from ..disks.workspace import Workspace
from ..errors import GuestconvError
from ..guest.guest import Guest
from ..guest.storage import roots
from ..model import document, selection
from ..model.changes import as_diff
from ..model.description import Description
from ..model.first_boot import FirstBoot
from ..model.tools import ToolsPolicy, policy_from
from ..run.progress import Progress
from ..systems import SYSTEMS, engine
from ..texts import untrusted_json
from . import first_boot
from .guest_run import GuestRun

# How much of a run is done when a step begins, in percent, about as docs/benchmarks.md has them.
STEPS = {
    "disks": 0,
    "launch": 1,
    "open": 45,
    "inspect": 50,
    "convert": 60,
    "close": 80,
    "commit": 82,
    "document": 99,
}


def convert(module: Module, progress: Progress) -> Result:
    """The module's result. Errors: GuestconvError; the disks are then as before, or the next run finishes them."""
    options = module.params
    run = GuestRun(module, progress)
    dest = destination.from_option(options["dest"])
    at_first_boot = first_boot.from_option(options["first_boot"])
    asked = _asked(options["guest"])
    target = TARGETS[options["target"]] if asked is None else selection.check(asked)
    with run.timeline.step("disks"):
        originals = images.disks_from_option(options["disks"], names=selection.disk_names(asked))
        if dest or module.check_mode:
            disks, is_recovery = run.as_converted(originals)
        else:
            disks, is_recovery = run.recovered(originals)
    with _workspace(module, dest, disks, originals, progress) as workspace:
        with run.opened(
            workspace.overlays, target, False, _hardware(asked), _tools(asked), _virtio_win(asked)
        ) as guest:
            found, converted = _convert_guest(guest, workspace, asked, options, run, at_first_boot)
        if (converted["changes"] or dest) and not module.check_mode:
            with run.timeline.step("commit"):
                for index, partitioned in guest.partitioned.items():
                    workspace.partition(index, partitioned)
                workspace.commit()
    changed = bool(converted["changes"]) or is_recovery or bool(dest)
    return run.result(found, changed=changed, disks=workspace.results, **converted)


def _workspace(
    module: Module,
    dest: str | list[str] | None,
    disks: Sequence[Disk],
    originals: Sequence[Disk],
    progress: Progress,
) -> Workspace:
    """The Workspace for what the module's options ask for. Errors: dest-not-usable."""
    options = module.params
    settings: dict[str, Any] = {"workdir": options["workdir"], "tell": progress.tell, "originals": originals}
    if isinstance(dest, list):
        destination.refuse_format(options["dest_format"], "dest_format")
    if module.check_mode:
        return Throwaway(disks, dest, options["dest_format"], **settings)
    if isinstance(dest, list):
        return ToVolumes(disks, dest, **settings)
    if dest:
        return ToCopies(disks, dest, options["dest_format"], **settings)
    return InPlace(disks, **settings)


def _convert_guest(
    guest: Guest,
    workspace: Workspace,
    asked: Description | None,
    options: dict[str, Any],
    run: GuestRun,
    at_first_boot: FirstBoot | None,
) -> tuple[Description, dict[str, Any]]:
    """Convert an opened guest. Returns: the description that it was converted by, and what conversion did."""
    root = options["root"]
    with run.timeline.step("inspect"):
        if asked is not None:
            storage = guest.storage
            selection.check_fingerprint(asked, (storage.fingerprint(), storage.first_fingerprint()))
            root = selection.only_root(asked, storage.identities())
        roots.find_transformed(guest, SYSTEMS, root)
        found = run.with_older_states(engine.inspect(guest, tell=run.progress.tell), workspace.originals)
        run.progress.guest = _hostname(found)
        _refuse_inconvertible(found)
        for index, partitioned in guest.partitioned.items():
            workspace.require_partitionable(index, partitioned)
        selected = selection.select(found if asked is None else asked, found)
    with run.timeline.step("convert"):
        hardware = engine.convert(
            guest, found, selected, initrd=options["initrd"], tell=run.progress.tell, first_boot=at_first_boot
        )
    with run.timeline.step("close"):
        guest.close()
        guest.appliance.close()
    changes = guest.changes()
    found["devices"] = selected.settings
    return found, {
        "hardware": hardware,
        "changes": [change.as_dict() for change in changes],
        "diff": as_diff(changes),
    }


def _hostname(found: Description) -> str | None:
    """The guest's name by its first root that has one, or None."""
    names = (root["info"].get("hostname") for root in found["roots"].values())
    return next(filter(None, names), None)


def _asked(guest: object) -> Description | None:
    """The caller's description as a dict, from either of its forms; None when there is none.

    Errors: description-malformed, those of document.from_xml().
    """
    if guest is None or isinstance(guest, dict):
        return guest
    text = guest.lstrip("\ufeff \t\r\n") if isinstance(guest, str) else ""
    if text.startswith("<"):
        return document.from_xml(text)
    if text.startswith("{"):
        # As `ansible -a 'guest=...'` and templates with to_json pass it.
        try:
            guest = untrusted_json.loads(text)
        except ValueError:
            pass
    return selection.as_mapping(guest)


def _hardware(asked: Description | None) -> dict[str, Any] | None:
    """What the caller's description says of the source; if that is no dict, select() reports it."""
    return asked["hardware"] if asked is not None and isinstance(asked["hardware"], dict) else None


def _tools(asked: Description | None) -> ToolsPolicy | None:
    """What the caller's description decides about hypervisors' tools; None where the option does."""
    return None if asked is None else policy_from(asked.get("tools"), "guest.tools")


def _virtio_win(asked: Description | None) -> str | None:
    """The path of the virtio-win that the caller's description was made with; None without one."""
    roots = asked["roots"] if asked is not None else {}
    for root in roots.values() if isinstance(roots, dict) else ():
        info = root.get("info") if isinstance(root, dict) else None
        found = info.get("virtio_win") if isinstance(info, dict) else None
        if isinstance(found, dict) and isinstance(found.get("path"), str):
            return str(found["path"])
    return None


def _refuse_inconvertible(found: Description) -> None:
    errors = [concern for concern in found["concerns"] if concern["severity"] == "error"]
    if errors:
        raise GuestconvError(
            errors[0]["code"],
            "The guest cannot be converted. " + " ".join(concern["message"] for concern in errors),
            hint=" ".join(concern["hint"] for concern in errors if concern["hint"]),
            path="guest.concerns",
            extra={"concerns": errors},
        )

# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the modules guestconv_inspect and guestconv_convert do, from their options to their results."""

from __future__ import annotations

from contextlib import contextmanager

from ..ansible_module.module_support import APPLIANCE, Timeline
from ..appliance.appliance import Appliance
from ..devices.targets import TARGETS
from ..disks import images, journal
from ..disks.commit import InPlace
from ..disks.copies import ToCopies
from ..disks.throwaway import Throwaway
from ..disks.workspace import Workspace
from ..errors import GuestconvError
from ..guest.guest import Guest
from ..guest.storage import roots
from ..model import description, document
from ..model.changes import as_diff
from ..systems import SYSTEMS, engine
from ..texts import untrusted_json

# What share of a run is behind it when a step begins, in percent, about as docs/benchmarks.md has them.
INSPECT_STEPS = {"disks": 0, "launch": 1, "open": 70, "inspect": 75, "document": 99}
CONVERT_STEPS = {
    "disks": 0,
    "launch": 1,
    "open": 45,
    "inspect": 50,
    "convert": 60,
    "close": 80,
    "commit": 82,
    "document": 99,
}


def inspect(module, progress):
    """guestconv_inspect, which tells of its progress (progress.Progress). Returns the module's result."""
    options = module.params
    run = _Run(module, progress)
    with run.timeline.step("disks"):
        disks, _pending = run.as_converted(images.disks_from_option(options["disks"]))
    with run.opened(disks, TARGETS[options["target"]], read_only=True) as guest:
        with run.timeline.step("inspect"):
            roots.find(guest, SYSTEMS, options["root"])
            found = engine.inspect(guest, applications=options["applications"], tell=progress.tell)
    return run.result(found, changed=False)


def convert(module, progress):
    """guestconv_convert, which tells of its progress (progress.Progress). Returns the module's result."""
    options = module.params
    run = _Run(module, progress)
    _refuse_empty(options["dest"])
    asked = _asked(options["guest"])
    target = TARGETS[options["target"]] if asked is None else description.target_of(asked)
    with run.timeline.step("disks"):
        originals = images.disks_from_option(options["disks"], names=description.disk_names(asked))
        if options["dest"] or module.check_mode:
            disks, is_recovery = run.as_converted(originals)
        else:
            disks, is_recovery = run.recovered(originals)
    with _workspace(module, disks, originals, progress) as workspace:
        with run.opened(workspace.overlays, target, read_only=False, hardware=_hardware(asked)) as guest:
            found, converted = _convert_guest(guest, asked, options, run)
        if (converted["changes"] or options["dest"]) and not module.check_mode:
            with run.timeline.step("commit"):
                workspace.commit()
    changed = bool(converted["changes"]) or is_recovery or bool(options["dest"])
    return run.result(found, changed=changed, disks=workspace.results, **converted)


def _workspace(module, disks, originals, progress) -> Workspace:
    """The Workspace for what the module's options ask for."""
    options = module.params
    settings = {"workdir": options["workdir"], "tell": progress.tell, "originals": originals}
    copies = {"dest": options["dest"], "dest_format": options["dest_format"]}
    if module.check_mode:
        return Throwaway(disks, **copies, **settings)
    if options["dest"]:
        return ToCopies(disks, **copies, **settings)
    return InPlace(disks, **settings)


def _convert_guest(guest, asked, options, run):
    """Convert an opened guest. Returns the description that it was converted by, and what is to be told of it."""
    root = options["root"]
    with run.timeline.step("inspect"):
        if asked is not None:
            storage = guest.storage
            description.check_fingerprint(asked, (storage.fingerprint(), storage.first_fingerprint()))
            root = description.only_root(asked, storage.identities())
        roots.find(guest, SYSTEMS, root)
        found = engine.inspect(guest, tell=run.progress.tell)
        run.progress.guest = _hostname(found)
        _refuse_inconvertible(found)
        selection = description.select(found if asked is None else asked, found)
    with run.timeline.step("convert"):
        hardware = engine.convert(guest, found, selection, initrd=options["initrd"], tell=run.progress.tell)
    with run.timeline.step("close"):
        guest.appliance.close()
    changes = [change for root in guest.roots for change in root.changes()]
    found["devices"] = selection.settings
    return found, {
        "hardware": hardware,
        "changes": [change.as_dict() for change in changes],
        "diff": as_diff(changes),
    }


class _Run:
    """What one run of a module gathers for its result."""

    def __init__(self, module, progress):
        self.progress = progress
        self.timeline = Timeline(progress.begin)
        self._options = module.params
        # Ansible adds what it is given so to the result, be that a success or a failure.
        self._warn = module.warn

    def as_converted(self, disks):
        """disks; where a commit was interrupted, what they will be once it is finished. And whether one was."""
        interrupted = journal.pending(disks)
        if interrupted is None:
            return disks, False
        self._warn(
            "A conversion of these disks was interrupted while it was being committed. They are shown as they will be; "
            "the next guestconv_convert of them finishes it."
        )
        return interrupted.as_converted(), True

    def recovered(self, disks):
        """disks, after an interrupted commit of them was finished. And whether there was one."""
        interrupted = journal.pending(disks)
        if interrupted is None:
            return disks, False
        with self.timeline.step("recover"):
            interrupted.finish(tell=self.progress.tell)
        self._warn("An earlier conversion of these disks, interrupted while committed, was finished.")
        return disks, True

    @contextmanager
    def opened(self, disks, target, read_only, hardware=None):
        """The guest on disks (guest.Guest), opened in the appliance while the block runs."""
        options = self._options
        if options["workdir"]:
            images.require_usable_directory(options["workdir"], "workdir-not-usable")
        appliance = Appliance(disks, read_only=read_only, **{name: options[name] for name in APPLIANCE})
        try:
            with self.timeline.step("launch"):
                appliance.__enter__()
            with self.timeline.step("open"):
                guest = Guest.opened(appliance, disks, target, _without_none(hardware or options["hardware"] or {}))
            yield guest
        finally:
            appliance.__exit__(None, None, None)
            self.timeline.count(appliance)
            for warning in appliance.warnings:
                self._warn(warning)

    def result(self, guest, **values):
        """The result of a module: the description in both forms, and how the run went."""
        result = dict(values, guest=guest, timeline=self.timeline.as_dict())
        with self.timeline.step("document"):
            result["xml"] = document.to_xml(guest)
        return result


def _hostname(found):
    """The guest's name by its first root that has one, or None."""
    names = (root["info"].get("hostname") for root in found["roots"].values())
    return next(filter(None, names), None)


def _asked(guest):
    """The caller's description as a dict, from either of its forms; None when there is none."""
    if guest is None or isinstance(guest, dict):
        return guest
    text = guest.lstrip("\ufeff \t\r\n") if isinstance(guest, str) else ""
    if text.startswith("<"):
        return document.from_xml(text)
    if text.startswith("{"):
        # As `ansible -a 'guest=...'` and templates with to_json pass it.
        try:
            return untrusted_json.loads(text)
        except ValueError:
            pass
    return description.as_mapping(guest)


def _hardware(asked):
    """What the caller's description says of the source; if that is no dict, select() will say so."""
    return asked["hardware"] if asked is not None and isinstance(asked["hardware"], dict) else None


def _refuse_empty(dest):
    # A variable that was left empty must not make a conversion in place of one to a copy.
    if dest == "":
        raise GuestconvError(
            "dest-not-usable",
            "dest is empty.",
            path="dest",
            hint="Name a directory for the converted copies, or leave dest out to convert the disks in place.",
        )


def _without_none(value):
    """value less the suboptions that the caller did not give, which Ansible fills with None."""
    if isinstance(value, dict):
        return {key: _without_none(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [_without_none(item) for item in value]
    return value


def _refuse_inconvertible(found):
    errors = [concern for concern in found["concerns"] if concern["severity"] == "error"]
    if errors:
        raise GuestconvError(
            errors[0]["code"],
            "The guest cannot be converted. " + " ".join(concern["message"] for concern in errors),
            hint=" ".join(concern["hint"] for concern in errors if concern["hint"]),
            path="guest.concerns",
            extra={"concerns": errors},
        )

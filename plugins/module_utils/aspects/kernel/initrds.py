# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Initrds: what they hold is read natively; what they lack is appended as one more archive.

The kernel unpacks every archive of an initrd, each over the earlier ones. So the guest's own tool, which would see the
appliance's hardware in the place of the target's, and takes minutes under emulation, is run only where an archive
would not do. What the initrd is made from is changed as well, for the next time that the guest makes it.
"""

from __future__ import annotations

import posixpath
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from ... import initrd as initrd_format
from ...errors import GuestconvError
from ...guest.root import GuestRoot
from ...initrd import builders
from ...initrd.builders import initramfs_tools
from ...initrd.builders.builder import InitrdBuilder
from ..plan import Plan
from . import texts

_MODE = 0o644


@dataclass(frozen=True)
class Initrd:
    """An initrd in a root: the paths of its images, the kernel's version, and the modules that this can load.

    modules: the kernel's directory of modules. path: of the image that is completed, once that is known.
    """

    paths: tuple[str, ...]
    version: str
    loadable: frozenset[str]
    modules: str
    path: str = ""


@dataclass(frozen=True)
class Completion:
    """What is done to an initrd that lacks something.

    archive: what is appended to it; None where the guest's own tool makes it again, by this command, and why it must.
    size: bytes that it takes on the filesystem of the initrd. unpacked: those that the tool takes in /var/tmp.
    missing: names of modules. added: paths of files of the guest that it gets copies of.
    """

    initrd: Initrd
    builder: InitrdBuilder | None
    archive: bytes | None
    size: int
    missing: Sequence[str]
    added: Sequence[str]
    unpacked: int = 0
    why: GuestconvError | None = None
    command: Sequence[str] = ()


def decide(root: GuestRoot, initrd: Initrd, plan: Plan) -> Completion | None:
    """What must be done so that the initrd holds the modules and texts that the aspects asked for; None for nothing.

    Nothing is written. Raises GuestconvError, also where the initrd would not be complete after that.
    """
    with tempfile.TemporaryDirectory(prefix="guestconv-initrd-") as directory:
        images = _Images(root, initrd, plan, directory)
        try:
            initrd, found = images.read()
        except initrd_format.NotSupplementable as error:
            if plan.initrd.mode == "supplement":
                raise
            initrd = replace(initrd, path=images.last_read)
            return _rebuild(root, None, initrd, _loadable(initrd, plan), list(plan.initrd.files), error)
        completion = _completion(root, found, initrd, plan)
        if completion and completion.archive:
            images.append(initrd.path, completion.archive)
            _check(images.read()[1], initrd, plan)
        return completion


def sizes(root: GuestRoot, initrd: Initrd, plans: Iterable[Plan]) -> list[int]:
    """The bytes that completing the initrd takes by each of these plans, which have modules only. Raises GuestconvError."""
    plans = list(plans)
    with tempfile.TemporaryDirectory(prefix="guestconv-initrd-") as directory:
        initrd, found = _Images(root, initrd, plans[0], directory).read()
        completions = [_completion(root, found, initrd, plan) for plan in plans]
        return [completion.size if completion else 0 for completion in completions]


def carry_out(root: GuestRoot, completion: Completion, plan: Plan) -> None:
    """Do what was decided. Raises GuestconvError."""
    initrd, builder, archive = completion.initrd, completion.builder, completion.archive
    if archive is None:
        _run_builder(root, completion)
        with tempfile.TemporaryDirectory(prefix="guestconv-initrd-") as directory:
            found = _Images(root, initrd, plan, directory).read()[1]
            _check(found, initrd, plan)
            _check_programs(found, initrd, plan)
        return
    added = f"the modules {', '.join(completion.missing)}" if completion.missing else "its configuration"
    root.append_bytes(initrd.path, archive, f"supplemented with {added}")
    # What was there before is known: only what was put behind it is read back.
    if root.tail(initrd.path, len(archive)) != archive:
        raise _not_complete(initrd, ["what was appended to it"])
    if builder is not None:
        builder.include(root, completion.missing, completion.added)


class _Images:
    """The images of an initrd, and copies of them in a directory of this machine.

    last_read: the path of the one that could not be read.
    """

    def __init__(self, root: GuestRoot, initrd: Initrd, plan: Plan, directory: str) -> None:
        self._root, self._initrd, self._plan = root, initrd, plan
        self._copies = {path: f"{directory}/{number}" for number, path in enumerate(dict.fromkeys(initrd.paths))}
        self._read: dict[str, initrd_format.Initrd] = {}
        self.last_read = initrd.paths[-1]
        for path, copy in self._copies.items():
            root.download(path, copy)

    def append(self, path: str, archive: bytes) -> None:
        """Have an archive behind the end of the copy of the image at path."""
        self._read.pop(path, None)
        with open(self._copies[path], "ab") as file:
            file.write(archive)

    def read(self) -> tuple[Initrd, initrd_format.Initrd]:
        """The initrd with the path of the image to complete, and what all images together hold. Raises GuestconvError."""
        images = self._readable()
        paths = list(images)
        place = _main(list(images.values()), self._initrd.version)
        found = images[paths[0]] if len(paths) == 1 else initrd_format.joined(list(images.values()), place)
        return replace(self._initrd, path=paths[place]), found

    def _readable(self) -> dict[str, initrd_format.Initrd]:
        """The images that can be read, by their paths. Raises GuestconvError where the kernel's modules may be in others.

        What stands before or behind the image with the modules (microcode, files of the user's) is not changed.
        """
        images, failed = {}, {}
        for path in dict.fromkeys(self._initrd.paths):
            try:
                images[path] = self._image(path)
            except GuestconvError as error:
                failed[path] = error
        if failed and not any(image.modules(self._initrd.version) for image in images.values()):
            self.last_read = next(reversed(failed))
            raise failed[self.last_read]
        return images

    def _image(self, path: str) -> initrd_format.Initrd:
        if path not in self._read:
            try:
                self._read[path] = initrd_format.read(self._copies[path], texts.wanted(self._plan))
            except GuestconvError as error:
                error.add_place(path)
                raise
        return self._read[path]


def _main(images: Sequence[initrd_format.Initrd], version: str) -> int:
    """The index of the image that the others only add to: early microcode before it, files of the user's behind it."""
    places = range(len(images))
    tests: tuple[Callable[[initrd_format.Initrd], object], ...] = (
        lambda image: image.modules(version),
        lambda image: image.builder != builders.UNKNOWN,
        lambda image: not image.is_early,
    )
    for test in tests:
        for place in reversed(places):
            if test(images[place]):
                return place
    return places[-1]


def _completion(root: GuestRoot, found: initrd_format.Initrd, initrd: Initrd, plan: Plan) -> Completion | None:
    """The Completion of an initrd that holds `found`; None when it lacks nothing."""
    changed = texts.changed(found, plan)
    missing = _missing_modules(found, initrd, plan)
    if not missing and not changed:
        return None
    builder = builders.builder_for(found.builder, root.is_file)
    added = [f"/{path}" for path in changed if path not in found.members]
    if builder is None and missing:
        raise _not_supported(initrd, f"it was made by {found.builder}, which guestconv does not know")
    unpacked = sum(archive.unpacked for archive in found.archives)
    if plan.initrd.mode == "rebuild":
        return _rebuild(root, builder, initrd, missing, added, None, unpacked)
    try:
        archive = _archive(root, found, initrd, builder, changed, missing, added)
    except initrd_format.NotSupplementable as error:
        if plan.initrd.mode == "supplement":
            raise
        return _rebuild(root, builder, initrd, missing, added, error, unpacked)
    return Completion(initrd, builder, archive, len(archive), missing, added)


def _archive(
    root: GuestRoot,
    found: initrd_format.Initrd,
    initrd: Initrd,
    builder: InitrdBuilder | None,
    changed: Mapping[str, bytes],
    missing: Sequence[str],
    added: Sequence[str],
) -> bytes:
    """The archive to append. changed: as of texts.changed. missing: names of modules. added: those that are new."""
    if found.nested_images and (missing or added):
        # What is in a filesystem image within the initrd is mounted over what an archive would add.
        raise initrd_format.NotSupplementable(
            "initrd-not-appendable", f"its files are in {', '.join(found.nested_images)}"
        )
    if missing and builder and not builder.loads_added(found.members):
        raise initrd_format.NotSupplementable(
            "initrd-not-appendable", "it loads no modules but those of the list that it was made with"
        )
    modules = _module_files(root, found, initrd, missing) if missing else []
    files = [initrd_format.File(path, _MODE, content) for path, content in changed.items()]
    return initrd_format.supplement(found, files + modules)


def _loadable(initrd: Initrd, plan: Plan) -> list[str]:
    """The modules that the aspects asked for, less those that are built in or that this kernel has not at all."""
    return [name for name in plan.initrd.modules if name in initrd.loadable]


def _missing_modules(found: initrd_format.Initrd, initrd: Initrd, plan: Plan) -> list[str]:
    there = found.modules(initrd.version)
    return [name for name in _loadable(initrd, plan) if name not in there]


def _module_files(
    root: GuestRoot, found: initrd_format.Initrd, initrd: Initrd, missing: Sequence[str]
) -> list[initrd_format.File]:
    """The modules with those that they depend on, and the indexes by which kmod and udev find them."""
    source = initrd.modules
    # Some of them are wanted both as texts and as they are: each is read once.
    indexes = {name: root.read_bytes(f"{source}/{name}") for name in ("modules.dep", *initrd_format.INDEX_FILES)}
    lists = {name: indexes[f"modules.{name}"] or b"" for name in ("dep", "softdep", "builtin", "alias")}
    modules = initrd_format.KernelModules(
        **{name: text.decode("utf-8", "surrogateescape") for name, text in lists.items()}
    )
    paths = modules.missing(missing, found.modules(initrd.version))
    contents = {path: _module(root, posixpath.join(source, path)) for path in paths}
    there = {name: text for name, text in indexes.items() if text is not None and name in initrd_format.INDEX_FILES}
    return initrd_format.module_files(found, initrd.version, modules, contents, there)


def _module(root: GuestRoot, path: str) -> bytes:
    """The file of a module that the kernel's modules.dep names."""
    content = root.read_bytes(path)
    if content is None:
        raise GuestconvError(
            "module-file-missing",
            f"modules.dep of the kernel on {root.name} names {path}, which is not there.",
            hint="Install the guest's kernel package again before it moves, or run depmod -a in the guest.",
        )
    return content


def _rebuild(
    root: GuestRoot,
    builder: InitrdBuilder | None,
    initrd: Initrd,
    modules: Sequence[str],
    files: Sequence[str],
    why: GuestconvError | None,
    unpacked: int = 0,
) -> Completion:
    """Have the guest's own tool make the initrd with modules and copies of files.

    why: the error that keeps it from being supplemented. unpacked: bytes of all that it holds; 0 where it was not read.
    """
    builder = builder or builders.builder_for(builders.UNKNOWN, root.is_file)
    if builder is None or not builders.is_installed(builder, root.is_file):
        reason = why.message if why else "the program that makes initrds is not there"
        raise _not_supported(initrd, reason)
    size = root.size(initrd.path)
    # The new one is about as large as the old one.
    takes = size if builder.KEEPS_OLD else 0
    command = builder.command(initrd.path, initrd.version)
    return Completion(initrd, builder, None, takes, modules, files, unpacked or size, why, command)


def _run_builder(root: GuestRoot, completion: Completion) -> None:
    if completion.builder:
        completion.builder.include(root, completion.missing, completion.added)
    because = f", as {completion.why.message}" if completion.why else ""
    what = ", ".join([*completion.missing, *completion.added]) or "its configuration"
    detail = f"rebuilt {completion.initrd.path} with {what}{because}"
    root.run(completion.command, detail, replaces=[completion.initrd.path])


def _not_supported(initrd: Initrd, reason: str) -> GuestconvError:
    return GuestconvError(
        "initrd-not-supported",
        f"{initrd.path} lacks drivers for the target, and guestconv cannot add any to it: {reason}.",
        hint="Make the initrd in the guest with the drivers of the target before it moves.",
    )


def _check(found: initrd_format.Initrd, initrd: Initrd, plan: Plan) -> None:
    """Doubt what was made: the initrd must hold all that was asked for."""
    lacking = _missing_modules(found, initrd, plan)
    lacking += texts.changed(found, plan)
    if lacking:
        raise _not_complete(initrd, lacking)


def _not_complete(initrd: Initrd, lacking: Sequence[str]) -> GuestconvError:
    return GuestconvError(
        "initrd-not-complete",
        f"{initrd.path} lacks {', '.join(lacking)} after it was to be completed.",
        hint="Look with the option trace at what was done; please report it.",
    )


def _check_programs(found: initrd_format.Initrd, initrd: Initrd, plan: Plan) -> None:
    """See that an initrd which was made anew can still open an encrypted root."""
    there = {posixpath.basename(path) for path in found.members}
    if plan.initrd.programs and there.isdisjoint(plan.initrd.programs):
        raise _cannot_unlock(initrd, f"it has none of the programs {', '.join(plan.initrd.programs)}")
    if found.builder == initramfs_tools.NAME:
        places = (initramfs_tools.CRYPTTAB, initramfs_tools.OLD_CRYPTTAB)
        contents = [found.content(place) for place in places if plan.initrd.mappings]
        opened = initramfs_tools.opened(content.decode("utf-8", "replace") for content in contents if content)
        lacking = [min(names) for names in plan.initrd.mappings if opened.isdisjoint(names)]
        if lacking:
            raise _cannot_unlock(initrd, f"its {places[0]} has no line for {', '.join(lacking)}")


def _cannot_unlock(initrd: Initrd, why: str) -> GuestconvError:
    return GuestconvError(
        "initrd-cannot-unlock",
        f"{initrd.path} cannot open the encrypted root after it was rebuilt: {why}.",
        hint="Check the guest's configuration of its initrd and its /etc/crypttab, or use the option initrd: supplement.",
    )

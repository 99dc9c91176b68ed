# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Initrds: what they hold is read natively; what they lack is appended as one more archive.

The kernel unpacks every archive of an initrd, each over the earlier ones. So the guest's own tool, which would see the
appliance's hardware in the place of the target's, and takes minutes under emulation, is run only where an archive
would not do. What the initrd is made from is changed as well, for the next time that the guest makes it.
"""

from __future__ import annotations

import os
import posixpath
import tempfile

from ... import initrd as initrd_format
from ...errors import GuestconvError
from ...initrd import builders
from . import texts

# Room to leave on the filesystem: a full /boot stops the guest's next kernel update.
_SPARE = 1024 * 1024

_MODE = 0o644


def prepare(root, kernel, conversion):
    """See that kernel's initrd holds the modules and texts that the aspects asked for. Raises GuestconvError."""
    with tempfile.NamedTemporaryFile(prefix="guestconv-initrd-") as local:
        root.download(kernel.initrd, local.name)
        try:
            found = _read(local.name, kernel, conversion)
        except initrd_format.NotSupplementable as error:
            _rebuild(root, None, kernel, _loadable(kernel, conversion), list(conversion.initrd_files), error)
            archive = None
        else:
            changed = texts.otherwise(found, conversion)
            missing = _missing_modules(found, kernel, conversion)
            if not missing and not changed:
                return
            archive = _complete(root, found, kernel, conversion, changed, missing)
        if archive is None:
            root.download(kernel.initrd, local.name)
        else:
            # What was there before is known, and large: only what was put behind it is read back.
            local.seek(0, os.SEEK_END)
            local.write(root.tail(kernel.initrd, len(archive)))
            local.flush()
        _check(_read(local.name, kernel, conversion), kernel, conversion)


def _complete(root, found, kernel, conversion, changed, missing):
    """Complete the initrd. Returns the archive that was appended to it, None when it was made anew.

    changed: as of texts.otherwise. missing: names of modules.
    """
    builder = builders.of(root, found.builder)
    added = [f"/{path}" for path in changed if path not in found.members]
    if builder is None and missing:
        raise _not_supported(kernel, f"it was made by {found.builder}, which guestconv does not know")
    if conversion.initrd == "rebuild":
        _rebuild(root, builder, kernel, missing, added, None)
        return None
    try:
        if found.nested_images and (missing or added):
            # What is in a filesystem image within the initrd is mounted over what an archive would add.
            raise initrd_format.NotSupplementable(
                "initrd-not-appendable", f"its files are in {', '.join(found.nested_images)}"
            )
        modules = _module_files(root, found, kernel, missing) if missing else []
        files = [initrd_format.File(path, _MODE, content) for path, content in changed.items()]
        archive = initrd_format.supplement(found, files + modules)
    except initrd_format.NotSupplementable as error:
        if conversion.initrd == "supplement":
            raise
        _rebuild(root, builder, kernel, missing, added, error)
        return None
    _append(root, kernel, archive, missing)
    if builder is not None:
        builder.include(root, missing, added)
    return archive


def _read(path, kernel, conversion):
    """The initrd of kernel, of which the host's file path is a copy. Raises GuestconvError."""
    try:
        return initrd_format.read(path, texts.wanted(conversion))
    except GuestconvError as error:
        error.add_place(kernel.initrd)
        raise


def _loadable(kernel, conversion):
    """The modules that the aspects asked for, less those that are built in or that this kernel has not at all."""
    return [name for name in conversion.initrd_modules if name in kernel.loadable]


def _missing_modules(found, kernel, conversion):
    there = found.modules(kernel.version)
    return [name for name in _loadable(kernel, conversion) if name not in there]


def _module_files(root, found, kernel, missing):
    """The modules with those that they depend on, and the indexes by which kmod and udev find them."""
    source = f"/lib/modules/{kernel.version}"
    # Some of them are wanted both as texts and as they are: each is read once.
    indexes = {name: root.read_bytes(f"{source}/{name}") for name in ("modules.dep", *initrd_format.INDEX_FILES)}
    lists = {name: indexes[f"modules.{name}"] or b"" for name in ("dep", "softdep", "builtin", "alias")}
    modules = initrd_format.KernelModules(
        **{name: text.decode("utf-8", "surrogateescape") for name, text in lists.items()}
    )
    paths = modules.missing(missing, found.modules(kernel.version))
    contents = {path: root.read_bytes(posixpath.join(source, path)) for path in paths}
    there = {name: indexes[name] for name in initrd_format.INDEX_FILES if indexes[name] is not None}
    return initrd_format.module_files(found, kernel.version, modules, contents, there)


def _append(root, kernel, archive, missing):
    room = root.free(posixpath.dirname(kernel.initrd))
    if room < len(archive) + _SPARE:
        raise GuestconvError(
            "boot-full",
            f"{posixpath.dirname(kernel.initrd)} in the guest has {room >> 10} KiB free; "
            f"{(len(archive) + _SPARE) >> 10} KiB are needed to add drivers to {kernel.initrd}.",
            hint="Remove an old kernel in the guest.",
        )
    added = f"the modules {', '.join(missing)}" if missing else "its configuration"
    root.append_bytes(kernel.initrd, archive, f"supplemented with {added}")


def _rebuild(root, builder, kernel, modules, files, why):
    """Have the guest's own tool make the initrd with modules and copies of files.

    why: the error that keeps it from being supplemented.
    """
    builder = builder or builders.of(root, "unknown")
    if builder is None or not root.is_file(builder.program):
        reason = why.message if why else "the program that makes initrds is not there"
        raise _not_supported(kernel, reason)
    builder.include(root, modules, files)
    because = f", as {why.message}" if why else ""
    what = ", ".join([*modules, *files]) or "its configuration"
    root.run(builder.command(kernel), f"rebuilt {kernel.initrd} with {what}{because}")


def _not_supported(kernel, reason):
    return GuestconvError(
        "initrd-not-supported",
        f"{kernel.initrd} lacks drivers for the target, and guestconv cannot add any to it: {reason}.",
        hint="Make the initrd in the guest with the drivers of the target before it moves.",
    )


def _check(found, kernel, conversion):
    """Doubt what was written: the initrd as it is now must hold all that was asked for."""
    lacking = _missing_modules(found, kernel, conversion)
    lacking += texts.otherwise(found, conversion)
    if lacking:
        raise GuestconvError(
            "initrd-not-complete",
            f"{kernel.initrd} lacks {', '.join(lacking)} after it was to be completed.",
            hint="Look with the option trace at what was done; please report it.",
        )

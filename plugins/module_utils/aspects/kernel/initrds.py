# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Initrds: what they hold is read natively; what they lack is appended as one more archive.

The kernel unpacks every archive of an initrd, each over the earlier ones. So the guest's own tool, which would see the
appliance's hardware in the place of the target's, and takes minutes under emulation, need not run. What the initrd
is made from is changed as well, for the next time that the guest makes it.
"""

from __future__ import annotations

import posixpath
import re
import tempfile

from ansible_collections.virttools.guestconv.plugins.module_utils import initrd as initrd_format
from ansible_collections.virttools.guestconv.plugins.module_utils.errors import GuestconvError

# Where the builder of an initrd is told which modules to put into it (initramfs-tools(7)).
_MODULE_LISTS = {"initramfs-tools": "/etc/initramfs-tools/modules"}

# Room to leave on the filesystem: a full /boot stops the guest's next kernel update.
_SPARE = 1024 * 1024

_MODE = 0o644


def prepare(root, kernel, conversion):
    """See that kernel's initrd holds the modules and texts that the aspects asked for. Raises GuestconvError."""
    with tempfile.NamedTemporaryFile(prefix="guestconv-initrd-") as local:
        root.download(kernel.initrd, local.name)
        found = _read(local.name, kernel, conversion)
        files = _edited_texts(found, conversion)
        missing = _missing_modules(found, kernel, conversion)
        if missing:
            _refuse_unless_supplemented(found, kernel)
            files += _module_files(root, found, kernel, missing)
        if not files:
            return
        _append(root, found, kernel, files, missing)
        root.download(kernel.initrd, local.name)
        _check(_read(local.name, kernel, conversion), kernel, conversion, files)
    if missing:
        _add_to_list(root, found.builder, missing)


def _read(path, kernel, conversion):
    def wanted(name):
        return any(re.fullmatch(pattern, name) for pattern, _edit in conversion.initrd_edits)

    try:
        return initrd_format.read(path, wanted)
    except GuestconvError as error:
        raise GuestconvError(error.code, f"{kernel.initrd}: {error.message}", hint=error.hint) from error


def _edited_texts(found, conversion):
    """The texts of the initrd that must be otherwise, as files to append."""
    files = []
    for name in found.members:
        for pattern, edit in conversion.initrd_edits:
            content = found.content(name) if re.fullmatch(pattern, name) else None
            if content is not None:
                text = content.decode("utf-8", "surrogateescape")
                edited = edit(text)
                if edited != text:
                    files.append(initrd_format.File(name, _MODE, edited.encode("utf-8", "surrogateescape")))
    return files


def _missing_modules(found, kernel, conversion):
    there = found.modules(kernel.version)
    return [name for name in conversion.initrd_modules if name in kernel.loadable and name not in there]


def _refuse_unless_supplemented(found, kernel):
    if found.builder not in _MODULE_LISTS or found.nested_images:
        raise GuestconvError(
            "initrd-not-supported",
            f"{kernel.initrd} lacks drivers for the target, and guestconv cannot add any to it yet: "
            f"it was made by {found.builder}.",
            hint="Make the initrd in the guest with the drivers of the target before it moves.",
        )


def _module_files(root, found, kernel, missing):
    """The modules with those that they depend on, and the indexes by which kmod and udev find them."""
    source = f"/lib/modules/{kernel.version}"
    texts = {name: root.read(f"{source}/modules.{name}") or "" for name in ("dep", "softdep", "builtin", "alias")}
    modules = initrd_format.KernelModules(**texts)
    paths = modules.missing(missing, found.modules(kernel.version))
    contents = {path: root.read_bytes(posixpath.join(source, path)) for path in paths}
    indexes = {name: root.read_bytes(f"{source}/{name}") for name in initrd_format.INDEX_FILES}
    there = {name: content for name, content in indexes.items() if content is not None}
    return initrd_format.module_files(found, kernel.version, modules, contents, there)


def _append(root, found, kernel, files, missing):
    archive = initrd_format.supplement(found, files)
    room = root.free(posixpath.dirname(kernel.initrd))
    if room < len(archive) + _SPARE:
        raise GuestconvError(
            "boot-full",
            f"{posixpath.dirname(kernel.initrd)} in the guest has {room >> 10} KiB free; "
            f"{(len(archive) + _SPARE) >> 10} KiB are needed to add drivers to {kernel.initrd}.",
            hint="Remove an old kernel in the guest.",
        )
    added = f"modules {', '.join(missing)}" if missing else "its configuration"
    root.append_bytes(kernel.initrd, archive, f"supplemented with {added}")


def _check(found, kernel, conversion, files):
    """Doubt what was written: the initrd as it is now must hold all that was asked for."""
    lacking = _missing_modules(found, kernel, conversion)
    lacking += [file.path for file in files if found.resolve(file.path) not in found.members]
    if lacking:
        raise GuestconvError(
            "initrd-not-complete", f"{kernel.initrd} still lacks {', '.join(lacking)} after it was supplemented."
        )


def _add_to_list(root, builder, missing):
    path = _MODULE_LISTS[builder]
    text = root.read(path) or ""
    listed = {line.split()[0].replace("-", "_") for line in text.splitlines() if line.split()}
    lines = [f"{name}\n" for name in missing if name not in listed]
    if text and not text.endswith("\n"):
        text += "\n"
    root.write(path, text + "".join(lines), "the initrd's next build includes the drivers for the target")

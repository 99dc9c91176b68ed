# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which kernel modules a supplement must hold, and the indexes that let kmod inside the initrd see them.

Only modules.dep (with .bin) says where modules are, and it must fit the initrd, not the guest's disk: mkinitramfs (its
"decompress modules for boot speed") and mkinitcpio (MODULES_DECOMPRESS) unpack kernel/x.ko.xz to kernel/x.ko, so with
the guest's own modules.dep nothing that is already there would load any more. Hence it is written anew.
The other indexes are the guest's own, whole. That more modules are named in them than there are is harmless: modprobe
and udev look an alias up in modules.alias.bin, then the module in modules.dep.bin; a module without an entry or a file
gives ENOENT, which udev logs at debug level (systemd, src/shared/module-util.c) and which kmod ignores for soft
dependencies (kmod, libkmod-module.c, kmod_module_probe_insert_module: `err == -EEXIST || !m->required`). Tried with
kmod 30: modules that are there load by name and by alias, with soft dependencies that are not.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from ..errors import GuestconvError
from . import compression
from .errors import NotSupplementable, ToolMissing
from .image import Initrd
from .module_index import binary_index
from .module_names import MODULE, module_name, spelled
from .writer import File

# The indexes to take from the guest as they are; not all of them exist with every kmod. modules.dep is not one of them.
INDEX_FILES = (
    "modules.alias",
    "modules.alias.bin",
    "modules.symbols",
    "modules.symbols.bin",
    "modules.softdep",
    "modules.weakdep",
    "modules.devname",
    "modules.builtin",
    "modules.builtin.bin",
    "modules.builtin.alias.bin",
    "modules.builtin.modinfo",
    "modules.order",
)
_FROM_THE_ROOT = re.compile(r"^/(?:usr/)?lib/modules/[^/]+/+")
_COMPRESSIONS = {"gz": "gzip", "xz": "xz", "zst": "zstd"}
# The largest in distributions, with debugging data stripped, are some 20 MiB (nvidia, amdgpu).
_LARGEST_MODULE = 64 << 20


class _Dependencies(NamedTuple):
    path: str
    needs: tuple[str, ...]  # names


class KernelModules:
    """The modules of one of the guest's kernels, from the texts of its index files.

    dep, softdep, builtin, alias: the texts of modules.dep, modules.softdep, modules.builtin and modules.alias.
    """

    def __init__(self, dep: str, softdep: str = "", builtin: str = "", alias: str = "") -> None:
        self._modules: dict[str, _Dependencies] = {}
        for line in dep.split("\n"):
            path, colon, needs = line.partition(":")
            name = module_name(path) if colon else None
            if name:
                # depmod lists what must be loaded first last.
                names = (module_name(need) for need in reversed(needs.split()))
                # depmod before module-init-tools 3.4 wrote them from the root of the filesystem.
                self._modules[name] = _Dependencies(_FROM_THE_ROOT.sub("", path), tuple(filter(None, names)))
        self._builtin = frozenset(filter(None, map(module_name, builtin.split())))
        self._before, self._after = _soft_dependencies(softdep)
        self._resolve_soft_aliases(alias)

    def missing(self, wanted: Iterable[str], present: Iterable[str]) -> list[str]:
        """The paths (in the guest's module tree) of the modules to add, dependencies before what needs them.

        wanted: names of modules.  present: names of modules that the initrd has.
        Soft dependencies are included where they exist. Raises GuestconvError module-not-found for a wanted module that
        the kernel does not have, built in or not.
        """
        present = frozenset(present)
        wanted = [spelled(name) for name in wanted]
        for name in wanted:
            if name not in self._modules and name not in self._builtin:
                raise GuestconvError("module-not-found", f"the guest's kernel has no module {name}")
        paths: list[str] = []
        seen: set[str] = set()
        pending = [(name, False) for name in reversed(wanted)]
        while pending:
            name, needs_done = pending.pop()
            if needs_done:
                paths.append(self._modules[name].path)
            if needs_done or name in seen or name not in self._modules:
                continue
            seen.add(name)
            pending += [(other, False) for other in reversed(self._after.get(name, ()))]
            if name not in present:
                pending.append((name, True))
            first = (*self._before.get(name, ()), *self._modules[name].needs)
            pending += [(other, False) for other in reversed(first)]
        return paths

    def dependency_files(self, paths: Mapping[str, str]) -> dict[str, bytes]:
        """The bytes of {modules.dep, modules.dep.bin} for an initrd that has modules at {name: path}.

        Raises GuestconvError initrd-modules-differ when it has one that the guest's kernel does not: it was made for
        another build of the kernel, so modules from this one may not fit.
        """
        strange = sorted(name for name in paths if name not in self._modules)
        if strange:
            raise NotSupplementable(
                "initrd-modules-differ",
                "the initrd has modules that the guest's kernel has not: " + ", ".join(strange[:10]),
                hint="let the guest rebuild the initrd",
            )
        lines = {}
        for name, module in self._modules.items():
            if name in paths:
                needs = [paths.get(need) or self._modules[need].path for need in module.needs if need in self._modules]
                lines[name] = " ".join([paths[name] + ":"] + needs[::-1])
        text = "".join(line + "\n" for line in lines.values())
        return {"modules.dep": text.encode("utf-8", "surrogateescape"), "modules.dep.bin": binary_index(lines)}

    def _resolve_soft_aliases(self, alias: str) -> None:
        """Let soft dependencies on aliases (crc32c) be on the modules that have them; patterns are not looked for."""
        known = self._modules.keys() | self._builtin
        named = {other for table in (self._before, self._after) for others in table.values() for other in others}
        modules: dict[str, list[str]] = {name: [] for name in named - known}
        for line in alias.split("\n") if modules else ():
            words = line.split()
            if len(words) == 3 and words[0] == "alias" and spelled(words[1]) in modules:
                modules[spelled(words[1])].append(spelled(words[2]))
        for table in (self._before, self._after):
            for name, others in table.items():
                table[name] = [module for other in others for module in modules.get(other, (other,))]


def module_files(
    initrd: Initrd,
    version: str,
    kernel: KernelModules,
    contents: Mapping[str, bytes],
    indexes: Mapping[str, bytes],
) -> list[File]:
    """The files of a supplement that adds kernel modules to an initrd; pass them to `supplement`.

    version: of the kernel.  kernel: its KernelModules.  contents: {path from kernel.missing: bytes of that file}.
    indexes: {name from INDEX_FILES: its bytes in the guest}.
    Modules are added uncompressed: every kmod and busybox loads those, whatever libraries the initrd lacks.
    Raises GuestconvError: initrd-modules-differ, modules-dep-invalid, module-corrupt, initrd-tool-missing.
    """
    tree = initrd.module_tree(version)
    paths = initrd.modules(version)
    files = []
    for path, content in contents.items():
        plain = path[: path.rindex(".ko") + 3]
        paths[module_name(path) or path] = plain
        files.append(File(f"{tree}/{plain}", 0o644, uncompressed(path, content)))
    for name, content in {**indexes, **kernel.dependency_files(paths)}.items():
        files.append(File(f"{tree}/{name}", 0o644, content))
    return files


def uncompressed(path: str, content: bytes) -> bytes:
    """The bytes of a module whose file, of that path, has content. Raises GuestconvError: module-corrupt."""
    match = MODULE.search(path)
    suffix = match.group(2) if match else None
    if not suffix:
        return content
    try:
        unpacked = compression.unpack_all(content, _COMPRESSIONS[suffix], _LARGEST_MODULE)
    except ToolMissing:
        raise
    except GuestconvError as error:
        raise GuestconvError("module-corrupt", f"the guest's module {path} cannot be decompressed") from error
    if unpacked is None:
        raise GuestconvError("module-corrupt", f"the guest's module {path} unpacks to too many bytes")
    return unpacked


def _soft_dependencies(text: str) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    """({module: names to load before it}, {module: names to load after it}) from "softdep NAME pre: A post: B"."""
    before: dict[str, list[str]] = {}
    after: dict[str, list[str]] = {}
    for line in text.split("\n"):
        words = line.split("#")[0].split()
        if len(words) < 3 or words[0] != "softdep":
            continue
        table = None
        for word in words[2:]:
            if word in ("pre:", "post:"):
                table = before if word == "pre:" else after
            elif table is not None:
                table.setdefault(spelled(words[1]), []).append(spelled(word))
    return before, after

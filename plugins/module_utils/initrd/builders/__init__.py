# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One file per program that makes initrds, and the registry: a new one is a file of its own and a name in BUILDERS."""

from __future__ import annotations

from collections.abc import Callable, Container

from . import (
    dracut,
    genkernel,
    initramfs_tools,
    make_initrd,
    mkinitcpio,
    mkinitfs,
    red_hat_mkinitrd,
    suse_mkinitrd,
)
from .builder import InitrdBuilder, distinct

BUILDERS: tuple[InitrdBuilder, ...] = (
    initramfs_tools,
    dracut,
    mkinitcpio,
    mkinitfs,
    make_initrd,
    genkernel,
    suse_mkinitrd,
    red_hat_mkinitrd,
)

UNKNOWN = "unknown"

# Those of which only this is known, for an error that names them. They load the modules of a list, or by an index of
# their own, so that nothing which is appended is found. booster's generator/generator.go writes its configuration, as
# tinyramfs's script does.
_OTHERS = (
    ("booster", ("etc/booster.init.yaml",)),
    ("tinyramfs", ("etc/tinyramfs/config",)),
    # The script of Slackware's mkinitrd that loads its list of modules.
    ("Slackware's mkinitrd", ("load_kernel_modules",)),
    # Its init reads the functions there (generate_init() of ugrd's initramfs_generator.py).
    ("ugrd", ("etc/profile",)),
    # Where it mounts the root (mktirfs).
    ("tiny-initramfs", ("target",)),
)


def made_by(members: Container[str]) -> str:
    """The name of what made an initrd with these members, by evidence; UNKNOWN where there is none."""
    evidence = (*((builder.NAME, builder.EVIDENCE) for builder in BUILDERS), *_OTHERS)
    return next((name for name, files in evidence if any(file in members for file in files)), UNKNOWN)


def builder_for(name: str, is_file: Callable[[str], bool]) -> InitrdBuilder | None:
    """The builder of this name; where an initrd does not say (UNKNOWN), the one that is installed; None without.

    is_file: whether there is a file at a path in the guest.
    """
    for builder in BUILDERS:
        if name == builder.NAME or (name == UNKNOWN and is_installed(builder, is_file)):
            return builder
    return None


def is_installed(builder: InitrdBuilder, is_file: Callable[[str], bool]) -> bool:
    """Whether its program is in the guest. is_file: see builder_for."""
    return any(map(is_file, builder.PROGRAMS))


def places(path: str) -> tuple[str, ...]:
    """Where in an initrd of any of them the copy of a file of the guest may be."""
    return distinct(place for builder in BUILDERS for place in builder.places(path))


def images() -> tuple[str, ...]:
    """The names in an initrd of filesystem images that hide what is in the archives."""
    return distinct(image for builder in BUILDERS for image in builder.IMAGES)

# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files of Debian's packages of boot loaders that cannot be installed in the guest that boot_variants.py builds upon."""

from __future__ import annotations

import hashlib
import os
import shlex
import tarfile
from functools import partial
from pathlib import Path

from tests.guests.apt_sources import debian_sources
from tests.guests.build import made_once, scratch_beside
from tests.guests.errors import run

# GRUB has the command blscfg since 2.14. Its programs need the C library of that release too, so they run in a tree of
# it. Such packages' guests would have them from the distribution.
_BLSCFG_SUITE = "forky"
_BLSCFG_PACKAGES = ("base-files", "grub-common", "grub-efi-amd64-bin", "grub-pc-bin")
_DIRECTORY = "usr/lib/grub"
_IMAGES = f"{_DIRECTORY}/images"


# With the tree as $1, which has no shell.
def _blscfg_commands(prefix):
    """prefix: the directory from which the BIOS's image loads all else, as GRUB calls it."""
    return (
        f"mkdir $1/{_IMAGES}",
        # What is needed to find that: all else is loaded from there.
        f"chroot $1 grub-mkimage -O i386-pc -o /{_IMAGES}/core.img -p '{prefix}' biosdisk part_msdos ext2",
        f"chroot $1 grub-mkimage -O x86_64-efi -o /{_IMAGES}/grubx64.efi -p /EFI/debian "
        "part_gpt fat ext2 normal configfile search_fs_uuid",
        f"cp $1/{_DIRECTORY}/i386-pc/boot.img $1/{_IMAGES}",
        f"chroot $1 grub-mkimage --version > $1/{_IMAGES}/version",
        # Who makes images or debugs them needs these; a GRUB that boots does not.
        f"cd $1/{_DIRECTORY} && rm -rf */monolithic */*.module */*.image */*.exec",
    )


# What the first needs for a menu that has texts only.
EXTLINUX_MODULES = ("ldlinux.c32", "libcom32.c32", "libutil.c32", "menu.c32")

# It conflicts with GRUB 2's.
_LEGACY_SUITE = "bookworm"


class Files:
    """What is in a tar of usr/lib/grub, as grub/."""

    def __init__(self, tar):
        self._tar = Path(tar)

    @property
    def name(self):
        """Another one for other files."""
        return self._tar.name

    def read(self, path):
        """The content of the file at a path below usr/lib/grub."""
        with tarfile.open(self._tar) as archive:
            return archive.extractfile(f"grub/{path}").read()

    @property
    def version(self):
        """Of GRUB, as its program says it: "grub-mkimage (GRUB) 2.14-4"."""
        return self.read("images/version").decode().split()[-1].rstrip(")")

    def put(self, appliance, directory, destination):
        """Copy the files of a directory below usr/lib/grub to destination, which is made if need be."""
        appliance.mkdir_p(destination)
        with tarfile.open(self._tar) as archive, scratch_beside(self._tar) as scratch:
            wanted = Path(scratch, "wanted.tar")
            with tarfile.open(wanted, "w") as files:
                for member in archive.getmembers():
                    folder, _slash, name = member.name.rpartition("/")
                    if folder == f"grub/{directory}" and member.isfile():
                        content = archive.extractfile(member)
                        member.name = name
                        files.addfile(member, content)
            appliance.tar_in(str(wanted), destination)


def blscfg_grub():
    """GRUB of a release that reads the Boot Loader Specification's entries: i386-pc/, x86_64-efi/ and images/."""
    return Files(_fetched(_BLSCFG_SUITE, _BLSCFG_PACKAGES, _blscfg_commands("(hd0,msdos3)/grub")))


def blscfg_grub_of_el():
    """The same for a /boot that is the first partition, with GRUB's files where Fedora and EL have them."""
    return Files(_fetched(_BLSCFG_SUITE, _BLSCFG_PACKAGES, _blscfg_commands("(hd0,msdos1)/grub2")))


def grub_on_btrfs():
    """GRUB for a btrfs that is the second partition, in a subvolume that holds GRUB's files only: i386-pc/ and images/."""
    commands = tuple(
        command.replace("biosdisk part_msdos ext2", "biosdisk part_msdos btrfs")
        for command in _blscfg_commands("(hd0,msdos2)/@/boot/grub2")
    )
    return Files(_fetched(_BLSCFG_SUITE, _BLSCFG_PACKAGES, commands))


def grub_legacy():
    """GRUB legacy: x86_64-pc/, and its program as images/grub."""
    commands = (
        f"mkdir $1/{_IMAGES}",
        f"cp $1/usr/sbin/grub $1/{_IMAGES}",
        f"chroot $1 grub --version > $1/{_IMAGES}/version",
    )
    return Files(_fetched(_LEGACY_SUITE, ("grub-legacy",), commands))


def extlinux():
    """EXTLINUX's program with all that it needs, to be run in any system, and what it boots by: images/."""
    # The C library and its loader, as the program is not linked statically.
    needed = "lib/x86_64-linux-gnu/libc.so.6 lib/x86_64-linux-gnu/ld-linux-x86-64.so.2 usr/bin/extlinux usr/lib/EXTLINUX/mbr.bin"
    modules = " ".join(f"usr/lib/syslinux/modules/bios/{name}" for name in EXTLINUX_MODULES)
    commands = (f"mkdir -p $1/{_IMAGES}", f"cd $1 && cp -L {needed} {modules} {_IMAGES}")
    return Files(_fetched(_LEGACY_SUITE, ("extlinux", "syslinux-common", "libc6"), commands))


def _fetched(suite, packages, commands):
    key = hashlib.sha256(repr((suite, packages, commands)).encode()).hexdigest()[:12]
    return made_once(f"loaders-{suite}-{key}.tar", partial(_fetch, suite, packages, commands))


def _fetch(suite, packages, commands, tar):
    """Write a tar of /usr/lib/grub as packages of suite have it, unpacked but not installed, after commands."""
    with scratch_beside(tar) as scratch:
        made = Path(scratch, "files.tar")
        argv = ["mmdebstrap", "--mode=root", "--variant=extract", "--include=" + ",".join(packages)]
        # A mirror that stands still, as that of a snapshot, has an index that is too old. It is still signed.
        argv += ['--aptopt=Acquire::Check-Valid-Until "false"']
        argv += [f"--extract-hook={command}" for command in commands]
        argv += [f"--extract-hook=tar-out /{_DIRECTORY} {shlex.quote(str(made))}", suite, os.devnull]
        if os.geteuid() != 0:
            argv.insert(0, "sudo")
        # Without sources mmdebstrap takes Debian's own.
        sources = debian_sources(suite)
        run(argv + ["-"] if sources else argv, input=sources)
        made.rename(tar)

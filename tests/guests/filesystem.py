# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes a guest's files: mmdebstrap installs Debian packages into a tar, and applies a recipe's configuration to it.

Both run on the host's own processor. In the appliance, under emulation, they would take many times as long.
"""

from __future__ import annotations

import io
import os
import shlex
import tarfile
import tempfile
from pathlib import Path

from tests.guests.apt_sources import debian_sources
from tests.guests.errors import run

# Nobody reads them in a test, and they are a quarter of a small system. Kept: copyright files, as policy demands.
_LEFT_OUT = (
    "path-exclude=/usr/share/man/*",
    "path-exclude=/usr/share/locale/*",
    "path-exclude=/usr/share/doc/*",
    "path-include=/usr/share/doc/*/copyright",
)


def install(packages, tar):
    """Write a tar of a Debian system with packages (recipes.Packages), and nothing that they merely recommend.

    The packages that are named count as installed by the user, the others as installed automatically: what autoremove
    goes by. The mirror is the one that this host uses. Raises BuildError.
    """
    argv = ["--variant=minbase", "--include=" + ",".join(packages.names)]
    argv += ["--dpkgopt=" + option for option in _LEFT_OUT]
    argv += [packages.suite, str(tar)]
    sources = debian_sources(packages.suite)
    # Without sources mmdebstrap takes Debian's own. Empty standard input would mean no sources at all.
    if sources:
        _mmdebstrap(argv + ["-"], input=sources)
    else:
        _mmdebstrap(argv)


def configure(recipe, installed, tar):
    """Write a tar of the system in the tar installed, with the files and after the commands of recipe.

    Raises BuildError.
    """
    with tempfile.TemporaryDirectory(prefix="guestconv-files-") as scratch:
        files = Path(scratch, "files.tar")
        _pack(recipe.files, files)
        # No apt: the packages are there. No clean-up of what makes guests differ: a machine-id is wanted.
        argv = ["--variant=custom", "--skip=setup,update,cleanup/mmdebstrap,cleanup/reproducible"]
        argv += [f"--setup-hook=tar-in {shlex.quote(str(source))} /" for source in (installed, files)]
        argv += [f'--customize-hook=chroot "$1" sh -ec {shlex.quote(command)}' for command in recipe.commands]
        _mmdebstrap(argv + [recipe.packages.suite, str(tar)])


def _mmdebstrap(argv, **options):
    """Run mmdebstrap with argv as root: without, it needs subordinate user ids, which not every user has."""
    # It pipes a tar-in's archive into tar, which leaves at the end-of-archive mark: mmdebstrap then may die of SIGPIPE
    # over the padding that follows. Told to ignore zeros, tar reads on to the end.
    command = ["env", "TAR_OPTIONS=--ignore-zeros", "mmdebstrap", "--mode=root"] + argv
    run(command if os.geteuid() == 0 else ["sudo"] + command, **options)


def _pack(files, tar):
    """Write a tar of files, {absolute path: text}, all of them root's."""
    with tarfile.open(tar, "w") as archive:
        for path, text in files.items():
            data = text.encode()
            member = tarfile.TarInfo("." + path)
            member.size = len(data)
            member.mode = 0o644
            archive.addfile(member, io.BytesIO(data))

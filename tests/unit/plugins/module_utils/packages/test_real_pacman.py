# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The removal of packages by the real pacman, in a directory with packages that are made for it."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import tarfile

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.errors import CommandFailed
from ansible_collections.virttools.guestconv.plugins.module_utils.packages.manager import DatabaseDamaged
from ansible_collections.virttools.guestconv.plugins.module_utils.packages.pacman import Pacman
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.guest.fake_root import FakeRoot

pytestmark = pytest.mark.skipif(not shutil.which("pacman"), reason="pacman is not installed")

# {name: its other fields}, and a configuration file of each that somebody may have changed.
PACKAGES = {
    "libmspack": "",
    "open-vm-tools": "depend = libmspack>=0.1\nbackup = etc/open-vm-tools.conf\n",
    "gtkmm": "depend = open-vm-tools\n",
    "hyperv": "provides = hyperv-daemons\n",
    "company-base": "depend = hyperv-daemons\n",
}
ENVIRONMENT = {**os.environ, "LC_ALL": "C"}


def call(top, *arguments):
    options = ["--root", str(top), "--dbpath", str(top / "var/lib/pacman"), "--config", str(top / "etc/pacman.conf")]
    options += ["--cachedir", str(top / "var/cache"), "--hookdir", str(top / "hooks"), "--logfile", str(top / "log")]
    ran = subprocess.run(
        ["pacman", *options, *arguments], capture_output=True, text=True, env=ENVIRONMENT, timeout=600, check=False
    )
    if ran.returncode:
        raise CommandFailed("guest-command-failed", ran.stderr)
    return ran.stdout


class Root(FakeRoot):
    """Has the files of a directory, in which the real pacman runs."""

    def __init__(self, top):
        super().__init__(info={"package_format": "pacman"})
        self.top = top
        self.look()

    def look(self):
        """Read what is there."""
        paths = [path for path in self.top.rglob("*") if path.is_file()]
        self.files = {f"/{path.relative_to(self.top)}": path.read_bytes().decode("utf-8", "replace") for path in paths}

    def run(self, argv, detail, touches=(), replaces=(), seconds=0):
        self.commands.append(list(argv))
        assert argv[0] == "pacman"
        printed = call(self.top, *argv[1:])
        self.look()
        return printed


def package(directory, name, fields):
    """The file of a package, as makepkg makes it: a tar archive that begins with .PKGINFO (PKGBUILD(5))."""
    path = directory / f"{name}-12.1-1-any.pkg.tar.gz"
    info = f"pkgname = {name}\npkgver = 12.1-1\npkgdesc = A package\narch = any\nsize = 1\n{fields}"
    with tarfile.open(path, "w:gz") as archive:
        for place, text in ((".PKGINFO", info), (f"etc/{name}.conf", "as it came\n"), (f"usr/bin/{name}", "x\n")):
            member = tarfile.TarInfo(place)
            member.size = len(text)
            archive.addfile(member, io.BytesIO(text.encode()))
    return str(path)


@pytest.fixture
def top(tmp_path):
    top = tmp_path / "guest"
    for directory in ("var/lib/pacman", "var/cache", "etc", "hooks"):
        (top / directory).mkdir(parents=True)
    (top / "etc/pacman.conf").write_text(
        "[options]\nArchitecture = auto\nSigLevel = Never\nLocalFileSigLevel = Never\n"
    )
    files = [package(tmp_path, name, fields) for name, fields in PACKAGES.items()]
    call(top, "-U", "--noconfirm", "--noprogressbar", *files)
    return top


def judged(root, *names):
    manager = Pacman(root)
    everything = manager.packages()
    return manager.judged([each for each in everything if each.name in names], everything)


def names(packages):
    return sorted(each.name for each in packages)


def test_exactly_what_is_asked_for_is_removed_and_a_changed_file_is_kept(top):
    (top / "etc/open-vm-tools.conf").write_text("as somebody changed it\n")
    root = Root(top)
    found = judged(root, "open-vm-tools", "gtkmm")
    assert found.staying == () and names(found.going) == ["gtkmm", "open-vm-tools"]
    Pacman(root).remove(found.going, "removed")
    assert {one["name"] for one in Pacman(root).applications()} == set(PACKAGES) - {"open-vm-tools", "gtkmm"}
    assert "/usr/bin/open-vm-tools" not in root.files and "/usr/bin/libmspack" in root.files
    assert root.files["/etc/open-vm-tools.conf.pacsave"] == "as somebody changed it\n"


def test_what_another_package_needs_stays_as_pacman_itself_says(top):
    root = Root(top)
    found = judged(root, "open-vm-tools", "hyperv")
    assert found.going == ()
    assert {each.name for each, _why in found.staying} == {"open-vm-tools", "hyperv"}
    for name in ("open-vm-tools", "hyperv"):
        with pytest.raises(CommandFailed, match="could not satisfy dependencies"):
            Pacman(root).remove([each for each in Pacman(root).packages() if each.name == name], "removed")
    assert {one["name"] for one in Pacman(root).applications()} == set(PACKAGES)


def test_an_ignored_package_stays(top):
    with (top / "etc/pacman.conf").open("a") as file:
        file.write("HoldPkg = gtk*\n")
    found = judged(Root(top), "gtkmm")
    assert found.going == () and "HoldPkg" in found.staying[0][1]


def test_an_interrupted_pacman_is_known_before_anything_is_removed(top):
    (top / "var/lib/pacman/db.lck").touch()
    with pytest.raises(DatabaseDamaged, match="interrupted"):
        Pacman(Root(top)).packages()

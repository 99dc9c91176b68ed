# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The removal of packages by the real dpkg, in a directory with packages that are made for it."""

from __future__ import annotations

import os
import shutil
import subprocess

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.errors import CommandFailed
from ansible_collections.virttools.guestconv.plugins.module_utils.packages.dpkg import Dpkg
from ansible_collections.virttools.guestconv.plugins.module_utils.packages.manager import DatabaseDamaged
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.guest.fake_root import FakeRoot

pytestmark = pytest.mark.skipif(not shutil.which("dpkg-deb"), reason="dpkg is not installed")

# {name: its other fields}.
PACKAGES = {
    "libmspack0": "",
    "open-vm-tools": "Depends: libmspack0\n",
    "open-vm-tools-desktop": "Depends: open-vm-tools\n",
    "walinuxagent": "",
    "company-base": "Depends: walinuxagent\n",
}
ENVIRONMENT = {**os.environ, "LC_ALL": "C", "PATH": f"{os.environ['PATH']}:/usr/sbin:/sbin"}
OPTIONS = ("--force-not-root", "--force-bad-path")


class Root(FakeRoot):
    """Has the files of a directory, in which the real dpkg runs."""

    def __init__(self, top):
        self.top = top
        super().__init__(info={"package_format": "deb"})
        self.look()

    def look(self):
        """Read what is there."""
        paths = [path for path in self.top.rglob("*") if path.is_file()]
        self.files = {f"/{path.relative_to(self.top)}": path.read_text() for path in paths}

    def run(self, argv, detail, touches=(), replaces=(), seconds=0):
        self.commands.append(list(argv))
        call(self.top, *argv)
        self.look()
        return ""

    def write(self, path, text, detail, mode=0o644):
        super().write(path, text, detail, mode)
        (self.top / path[1:]).parent.mkdir(parents=True, exist_ok=True)
        (self.top / path[1:]).write_text(text)

    def remove(self, path, detail):
        super().remove(path, detail)
        (self.top / path[1:]).unlink()


def call(top, program, *arguments, **options):
    command = [program, f"--root={top}", *(OPTIONS if program == "dpkg" else ()), *arguments]
    ran = subprocess.run(command, capture_output=True, text=True, env=ENVIRONMENT, timeout=600, check=False, **options)
    if ran.returncode:
        raise CommandFailed("guest-command-failed", ran.stderr)
    return ran.stdout


@pytest.fixture(scope="session")
def built(tmp_path_factory):
    """The packages' files."""
    top = tmp_path_factory.mktemp("debs")
    for name, fields in PACKAGES.items():
        (top / name / "DEBIAN").mkdir(parents=True)
        # dpkg-deb asks for it, whatever the umask is.
        (top / name / "DEBIAN").chmod(0o755)
        (top / name / "etc").mkdir()
        (top / name / "etc" / f"{name}.conf").write_text("a = 1\n")
        (top / name / "DEBIAN" / "conffiles").write_text(f"/etc/{name}.conf\n")
        control = f"Package: {name}\nVersion: 1.0-1\nArchitecture: all\nMaintainer: A <a@example.org>\n{fields}"
        (top / name / "DEBIAN" / "control").write_text(f"{control}Description: A package\n")
        subprocess.run(["dpkg-deb", "--build", name], cwd=top, check=True, capture_output=True, env=ENVIRONMENT)
    return [str(top / f"{name}.deb") for name in PACKAGES]


@pytest.fixture
def root(built, tmp_path):
    for directory in ("var/lib/dpkg/info", "var/lib/dpkg/updates", "var/lib/apt"):
        (tmp_path / directory).mkdir(parents=True)
    (tmp_path / "var/lib/dpkg/status").write_text("")
    call(tmp_path, "dpkg", "-i", *built)
    states = "Package: libmspack0\nArchitecture: all\nAuto-Installed: 1\n\n"
    (tmp_path / "var/lib/apt/extended_states").write_text(states)
    return Root(tmp_path)


def judged(root, *patterns):
    root.look()
    everything = Dpkg(root).packages()
    return Dpkg(root).judged([each for each in everything if each.name.startswith(patterns)], everything)


def names(packages):
    return [each.name for each in packages]


def test_oracle_14_exactly_what_is_asked_for_is_purged(root):
    found = judged(root, "open-vm-tools")
    assert (names(found.dependencies), found.staying) == (["libmspack0"], ())
    Dpkg(root).remove(found.going, "removed")
    left = {each.name for each in Dpkg(root).packages()}
    assert left == set(PACKAGES) - {"open-vm-tools", "open-vm-tools-desktop"}
    assert {path for path in root.files if path.startswith("/etc/")} == {f"/etc/{name}.conf" for name in left}
    assert call(root.top, "dpkg", "--audit") == ""


def test_what_is_on_hold_stays_with_what_it_needs(root):
    call(root.top, "dpkg", "--set-selections", input="open-vm-tools-desktop hold\n")
    found = judged(root, "open-vm-tools")
    assert found.going == ()
    assert {each.name: why for each, why in found.staying} == {
        "open-vm-tools-desktop": "it is on hold",
        "open-vm-tools": "open-vm-tools-desktop cannot do without it",
    }


def test_what_another_package_needs_stays_as_dpkg_would_have_it(root):
    found = judged(root, "walinuxagent")
    assert [why for _each, why in found.staying] == ["company-base cannot do without it"]
    with pytest.raises(CommandFailed, match="company-base depends on walinuxagent"):
        call(root.top, "dpkg", "--purge", "walinuxagent")


def test_what_somebody_has_diverted_a_file_of_stays(root):
    call(root.top, "dpkg-divert", "--local", "--no-rename", "--add", "/etc/open-vm-tools.conf")
    found = judged(root, "open-vm-tools")
    assert names(found.going) == ["open-vm-tools-desktop"]
    assert [why for _each, why in found.staying] == ["its file /etc/open-vm-tools.conf is diverted (dpkg-divert)"]


def test_a_database_that_dpkg_cannot_read_is_damaged(root):
    status = root.top / "var/lib/dpkg/status"
    status.write_text(status.read_text().replace("Version: 1.0-1", "Version 1.0-1", 1))
    with pytest.raises(CommandFailed, match="parsing file"):
        call(root.top, "dpkg", "--audit")
    with pytest.raises(DatabaseDamaged, match="cannot be read at 'Version 1.0-1'"):
        judged(root, "open-vm-tools")

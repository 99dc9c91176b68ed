# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Guests that run a script, and install a package, at their first boot on KVM and at no other: by several inits."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.qemu.accelerator import (
    PROCESSORS,
    choose,
    find_emulator,
)
from tests.end_to_end.conftest import looked_into
from tests.guests import build, systems

pytestmark = pytest.mark.matrix

# Seconds. A boot takes minutes where it is emulated, on a busy machine half an hour; one that hangs would take for ever.
_CEILING = 5400

# What each starts powers the guest off, in this boot and in the next one, when the runner has long ended.
_SYSTEMD = """\
#!/bin/bash
echo "the script runs as $(id -un) with $(guestconv-example)"
echo once >>/root/witness
cat >/etc/systemd/system/off.timer <<END
[Timer]
OnActiveSec=30
Unit=poweroff.target
[Install]
WantedBy=multi-user.target
END
systemctl enable off.timer
systemctl start off.timer
"""
_INITTAB = """\
echo "the script runs as $(id -un)"
echo once >>/root/witness
echo 'off:2345:once:/bin/sh -c "sleep 30; poweroff"' >>/etc/inittab
(sleep 30; poweroff) </dev/null >/dev/null 2>&1 &
"""

_LOCAL = """\
echo "the script runs as $(id -un)"
echo once >>/root/witness
echo '(sleep 30; poweroff) </dev/null >/dev/null 2>&1 &' >/etc/local.d/off.start
chmod +x /etc/local.d/off.start
. /etc/local.d/off.start
"""

# {guest: (script, what starts the runner)}. The guests of tests/guests/systems.py have other inits.
GUESTS = {
    "debian12-vmware": (_SYSTEMD, "/etc/systemd/system/multi-user.target.wants/guestconv-first-boot.service"),
    "alpine": (_LOCAL, "/etc/inittab"),
    "debian13-sysvinit": (_INITTAB, "/etc/inittab"),
}
DIRECTORY = "/var/lib/guestconv/first-boot"


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    """The path of a Debian package with one program."""
    top = tmp_path_factory.mktemp("package")
    for path, text in {
        "tree/DEBIAN/control": "Package: guestconv-example\nVersion: 1\nArchitecture: all\nMaintainer: a <a@b>\n"
        "Description: an example\n",
        "tree/usr/bin/guestconv-example": "#!/bin/sh\necho the package\n",
    }.items():
        (top / path).parent.mkdir(parents=True, exist_ok=True)
        (top / path).write_text(text, encoding="utf-8")
    (top / "tree/usr/bin/guestconv-example").chmod(0o755)
    subprocess.run(["dpkg-deb", "--build", "--root-owner-group", "tree", "example_1_all.deb"], cwd=top, check=True)
    return top / "example_1_all.deb"


def boot(disk, *arguments):
    """Boot a disk on virtio, on which all that the guest writes stays, until the guest powers itself off."""
    accelerator, _why = choose("auto")
    command = [find_emulator(), "-nodefaults", "-no-user-config", "-display", "none", "-machine", "q35", "-m", "1024"]
    command += ["-accel", accelerator, "-cpu", PROCESSORS[accelerator], "-device", "virtio-vga", "-serial", "stdio"]
    command += ["-drive", f"file={disk},format=qcow2,if=none,id=disk", "-device", "virtio-blk-pci,drive=disk"]
    command += ["-netdev", "user,id=net,restrict=on", "-device", "virtio-net-pci,netdev=net,romfile=", *arguments]
    try:
        ended = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, errors="replace", check=False, timeout=_CEILING
        )
    except subprocess.TimeoutExpired as error:
        raise AssertionError(f"the machine still runs after {_CEILING} s:\n{error.stdout}") from None
    assert ended.returncode == 0, ended.stdout + ended.stderr


@pytest.fixture(params=GUESTS)
def name(request):
    return request.param


@pytest.fixture
def disk(name, scratch):
    """A copy of the guest's image, which goes with the test."""
    path = scratch / f"first-boot-{name}.qcow2"
    shutil.copyfile(systems.disk(name) if name in systems.SYSTEMS else build.guest(name), path)
    yield path
    path.unlink()


def test_the_script_and_the_packages_of_the_user_run_once_and_their_log_stays(module, disk, name, package):
    script, started_by = GUESTS[name]
    packages = [str(package)] if "guestconv-example" in script else []
    options = {"disks": [str(disk)], "first_boot": {"content": script, "packages": packages}}
    converted = module("guestconv_convert", **options)
    assert converted.get("changed") is True, converted
    changed = [change["path"] for change in converted["changes"] if change["aspect"] == "first_boot"]
    assert {f"{DIRECTORY}/{file}" for file in ("script", "run", "pending")} < set(changed) and changed[-1] == started_by
    assert module("guestconv_convert", **options)["changes"] == []
    boot(disk)
    with looked_into(disk) as root:
        log = root.read("/var/log/guestconv-first-boot.log")
        assert root.list(DIRECTORY) == ["ran"]
        assert root.glob("/etc/systemd/system/*guestconv*", "/etc/systemd/system/*/*guestconv*") == []
        assert "guestconv" not in (root.read("/etc/inittab") or "")
    assert "the script runs as root" in log and "The first boot is complete." in log
    assert ("with the package" in log) == bool(packages)
    boot(disk)
    with looked_into(disk) as root:
        assert root.read("/root/witness") == "once\n"
        assert root.read("/var/log/guestconv-first-boot.log") == log
    assert module("guestconv_convert", **options)["changes"] == []

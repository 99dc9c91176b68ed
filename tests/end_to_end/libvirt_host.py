# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A host with libvirt, for as long as this program runs: `answer` runs it in namespaces of its own.

It makes the bridge `guests` with the address that it is given, defines and starts a domain with libvirt's QEMU driver
(embedded in virsh, which needs no daemon), waits for the guest to answer, and prints the first line that it says. What
it changes is its own: nothing of this machine's network, files, or libvirt is touched, and nothing survives it.
"""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from pathlib import Path

BRIDGE = "guests"

# In a file system of its own, and short: the path of a socket below it must not exceed 107 characters.
_ROOT = Path("/run/libvirt-host")

# As root, without the services of a distribution around it.
_QEMU_CONF = """
user = "root"
group = "root"
security_driver = "none"
dynamic_ownership = 0
remember_owner = 0
cgroup_controllers = []
namespaces = []
stdio_handler = "file"
"""

# Whom libvirt is compiled to run guests as: it stops where they do not exist, though qemu.conf names others.
_USERS = ("libvirt-qemu", "qemu")


def answer(directory, domain, address, guest, port, seconds):
    """The first line that a guest says at port of its address guest, once domain (XML text) is started.

    directory: an empty one, for files. address: the host's on the bridge, with its prefix. seconds: how
    long the guest may take. Raises RuntimeError with what virsh said.
    """
    Path(directory, "domain.xml").write_text(domain, encoding="utf-8")
    namespaces = ["unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]
    # The first process of a namespace has to wait for orphans: libvirt waits for those that it started, and a shell
    # does that. It ends with the program, and everything else with it: virsh, and the guest.
    init = ["sh", "-c", '"$@"; exit $?', "init"]
    arguments = [str(directory), address, guest, str(port), str(seconds)]
    ended = subprocess.run(
        [*namespaces, *init, sys.executable, __file__, *arguments], capture_output=True, text=True, check=False
    )
    if ended.returncode:
        raise RuntimeError(ended.stderr)
    return ended.stdout.strip()


def _prepare(directory, address):
    """The bridge, and libvirt's users and settings."""
    for command in (
        ["ip", "link", "set", "lo", "up"],
        ["ip", "link", "add", BRIDGE, "type", "bridge"],
        ["ip", "address", "add", address, "dev", BRIDGE],
        ["ip", "link", "set", BRIDGE, "up"],
        ["mount", "-t", "tmpfs", "tmpfs", "/run"],
    ):
        subprocess.run(command, check=True)
    for name, more in (("passwd", "x:64055:0::/:/bin/false"), ("group", "x:64055:")):
        copy = directory / name
        present = Path("/etc", name).read_text(encoding="utf-8")
        missing = [user for user in _USERS if not any(line.startswith(user + ":") for line in present.splitlines())]
        copy.write_text(present + "".join(f"{user}:{more}\n" for user in missing), encoding="utf-8")
        subprocess.run(["mount", "--bind", str(copy), f"/etc/{name}"], check=True)
    settings = _ROOT / "etc" / "qemu.conf"
    settings.parent.mkdir(parents=True)
    settings.write_text(_QEMU_CONF, encoding="utf-8")


def _first_line(guest, port, deadline, failed):
    """What is said at port of guest by the deadline (of time.monotonic()), None when failed() before."""
    while time.monotonic() < deadline and not failed():
        try:
            with socket.create_connection((guest, port), timeout=10) as connection:
                line = connection.makefile("rb").readline()
                if line:
                    return line.decode("utf-8", "replace").strip()
        except OSError:
            pass
        # Refused at once, while the service is not up yet.
        time.sleep(1)
    return None


def main():
    """The program, in its namespaces."""
    directory, address, guest, port, seconds = sys.argv[1:]
    directory = Path(directory)
    _prepare(directory, address)
    log = directory / "virsh.log"
    with log.open("w", encoding="utf-8") as output:
        virsh = subprocess.Popen(
            ["virsh", "-c", f"qemu:///embed?root={_ROOT}"],
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            text=True,
        )
        # virsh goes on to read commands, and to look after the domain.
        virsh.stdin.write(f"define --validate {directory / 'domain.xml'}\nstart --domain web01\n")
        virsh.stdin.flush()
        deadline = time.monotonic() + int(seconds)
        line = _first_line(guest, int(port), deadline, lambda: virsh.poll() is not None or "error:" in log.read_text())
    if line is None:
        sys.exit(f"nothing answered at {guest} within {seconds} s:\n{log.read_text()}")
    print(line)


if __name__ == "__main__":
    main()

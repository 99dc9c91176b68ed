# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A host with libvirt, for as long as this program runs, which `answer` and `run` do in namespaces of its own.

For `answer` it makes the bridge `guests` with the address that it is given, defines and starts a domain with libvirt's
QEMU driver (embedded in virsh, which needs no daemon), waits for the guest to answer, and prints the first line that it
says. For `run` it starts libvirt's daemon, and runs a command that finds it at qemu:///system. What it changes is its
own: nothing of this machine's network, files, or libvirt is touched, and nothing survives it.
"""

from __future__ import annotations

import shutil
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
    ended = _in_namespaces("answer", directory, address, guest, str(port), str(seconds))
    if ended.returncode:
        raise RuntimeError(ended.stderr)
    return ended.stdout.strip()


def run(directory, command):
    """command (a list of arguments), run where libvirt's daemon is at qemu:///system and knows no domains.

    directory: an empty one, for files. Returns the completed process, its output as text.
    """
    return _in_namespaces("run", directory, *command)


def _in_namespaces(task, directory, *arguments):
    """This program, run to do a task (`answer` or `run`): the completed process, its output as text."""
    namespaces = ["unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]
    # The first process of a namespace has to wait for orphans: libvirt waits for those that it started, and a shell
    # does that. It ends with the program, and everything else with it: virsh, and the guest.
    init = ["sh", "-c", '"$@"; exit $?', "init"]
    program = [sys.executable, __file__, task, str(directory), *arguments]
    return subprocess.run([*namespaces, *init, *program], capture_output=True, text=True, check=False)


def _make_bridge(address):
    for command in (
        ["ip", "link", "set", "lo", "up"],
        ["ip", "link", "add", BRIDGE, "type", "bridge"],
        ["ip", "address", "add", address, "dev", BRIDGE],
        ["ip", "link", "set", BRIDGE, "up"],
    ):
        subprocess.run(command, check=True)


def _prepare(directory, settings):
    """libvirt's users and, in the file settings, its settings for QEMU."""
    for name, more in (("passwd", "x:64055:0::/:/bin/false"), ("group", "x:64055:")):
        copy = directory / name
        present = Path("/etc", name).read_text(encoding="utf-8")
        missing = [user for user in _USERS if not any(line.startswith(user + ":") for line in present.splitlines())]
        copy.write_text(present + "".join(f"{user}:{more}\n" for user in missing), encoding="utf-8")
        subprocess.run(["mount", "--bind", str(copy), f"/etc/{name}"], check=True)
    settings.parent.mkdir(parents=True, exist_ok=True)
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


def _hide(*directories):
    """Empty directories in memory instead of these."""
    for directory in directories:
        subprocess.run(["mount", "-t", "tmpfs", "tmpfs", directory], check=True)


def _keep_in_memory(directory):
    """What is written below directory is only kept in memory from now on, in /run."""
    upper, work = Path("/run/upper"), Path("/run/work")
    upper.mkdir()
    work.mkdir()
    options = f"lowerdir={directory},upperdir={upper},workdir={work}"
    subprocess.run(["mount", "-t", "overlay", "overlay", "-o", options, directory], check=True)


def _answer(directory, address, guest, port, seconds):
    """The task `answer`; the status to exit with."""
    _make_bridge(address)
    _hide("/run")
    _prepare(directory, _ROOT / "etc" / "qemu.conf")
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
        return f"nothing answered at {guest} within {seconds} s:\n{log.read_text()}"
    print(line)
    return 0


def _listens(path):
    """Whether somebody listens at the socket path: it is there before that."""
    with socket.socket(socket.AF_UNIX) as client:
        try:
            client.connect(str(path))
        except OSError:
            return False
    return True


def _run(directory, *command):
    """The task `run`; the status to exit with."""
    # This machine's domains are there: the daemon would start some.
    _hide("/run", "/etc/libvirt")
    # The daemon has folders there, which it makes when it runs for the first time.
    _keep_in_memory("/var")
    _prepare(directory, Path("/etc/libvirt/qemu.conf"))
    log = directory / "daemon.log"
    # Distributions have all of libvirt in one daemon, or one for QEMU alone.
    program = shutil.which("libvirtd") or shutil.which("virtqemud")
    with log.open("w", encoding="utf-8") as output:
        daemon = subprocess.Popen([program], stdout=output, stderr=subprocess.STDOUT)
    socket_path = Path("/run/libvirt", {"libvirtd": "libvirt-sock"}.get(Path(program).name, "virtqemud-sock"))
    while not _listens(socket_path):
        if daemon.poll() is not None:
            return f"{program} ended:\n{log.read_text()}"
        time.sleep(0.2)
    return subprocess.run(command, check=False).returncode


def main():
    """The program, in its namespaces."""
    task, directory, *arguments = sys.argv[1:]
    sys.exit({"answer": _answer, "run": _run}[task](Path(directory), *arguments))


if __name__ == "__main__":
    main()

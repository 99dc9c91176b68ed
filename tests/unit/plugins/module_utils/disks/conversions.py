# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Conversions without an appliance: known bytes are written to the overlays of real disks."""

from __future__ import annotations

import os
import signal
import subprocess
import time

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.disks import images
from ansible_collections.virttools.guestconv.plugins.module_utils.disks.commit import InPlace
from ansible_collections.virttools.guestconv.plugins.module_utils.disks.copies import ToCopies
from ansible_collections.virttools.guestconv.plugins.module_utils.disks.throwaway import Throwaway
from ansible_collections.virttools.guestconv.plugins.module_utils.disks.to_volumes import ToVolumes
from ansible_collections.virttools.guestconv.plugins.module_utils.errors import GuestconvError
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.disks.disk_images import create, qemu_io

# What convert() writes, as qemu-io says it: over data, over nothing, and 4 MiB that take a while.
WRITTEN = ((0xA1, "1M", "1M"), (0xA2, "30M", "64k"), (0xA3, "8M", "4M"))
KEPT = ((7, "2M", "1M"), (8, "48M", "1M"))


def two_disks(directory, image_format="raw"):
    """The Disks of a guest with two disks."""
    paths = [create(directory / (name + "." + image_format), image_format) for name in ("one", "two")]
    return images.disks_from_option(paths)


def content(path):
    with open(path, "rb") as stream:
        return stream.read()


def write_to(workspace):
    for overlay in workspace.overlays:
        qemu_io(overlay.path, "qcow2", *("write -P {:#x} {} {}".format(*write) for write in WRITTEN))


def workspace_for(disks, mode="in-place", **settings):
    """The Workspace of that way: "in-place", "dest", "volumes" or "throwaway"."""
    if mode == "in-place":
        settings.pop("dest", None)
    return {"in-place": InPlace, "dest": ToCopies, "volumes": ToVolumes, "throwaway": Throwaway}[mode](
        disks, **settings
    )


def convert(disks, **settings):
    """A whole conversion; returns the Workspace."""
    with workspace_for(disks, room=0, **settings) as workspace:
        write_to(workspace)
        workspace.commit()
    return workspace


def holds(path, image_format, patterns):
    """Whether all the patterns are read from the image."""
    commands = [word for pattern in patterns for word in ("-c", "read -P {:#x} {} {}".format(*pattern))]
    done = subprocess.run(["qemu-io", "-r", "-f", image_format, *commands, path], check=False, capture_output=True)
    return done.returncode == 0 and b"Pattern verification failed" not in done.stdout


def is_converted(path, image_format):
    return holds(path, image_format, WRITTEN + KEPT)


def kill_at(point):
    """A `step` that ends this process at once when it comes to the point."""

    def step(reached):
        if reached == point:
            os.kill(os.getpid(), signal.SIGKILL)

    return step


def in_child(work):
    """Run work() in a process of its own, with its own process group. Returns: its id."""
    child = os.fork()
    if child == 0:
        try:
            os.setsid()
            work()
        finally:
            os._exit(0)
    return child


def killed_at(point, disks, **settings):
    """A conversion whose process is killed at a point of commit()."""
    child = in_child(lambda: convert(disks, step=kill_at(point), **settings))
    _child, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL


def replace_qemu_img(directory, monkeypatch, script):
    """Put a shell script before the real qemu-img, which it finds as $REAL."""
    real = subprocess.run(["which", "qemu-img"], check=True, stdout=subprocess.PIPE, text=True).stdout.strip()
    directory.mkdir()
    (directory / "qemu-img").write_text(f'#!/bin/sh\nREAL={real}\n{script}\nexec $REAL "$@"\n')
    (directory / "qemu-img").chmod(0o755)
    monkeypatch.setenv("PATH", "{}:{}".format(directory, os.environ["PATH"]))


def wait_until(condition):
    """Look until it holds. Errors: TimeoutError, after ten minutes."""
    for _attempt in range(30_000):
        if condition():
            return
        time.sleep(0.02)
    raise TimeoutError


def refusal_of(work):
    """The error that work, a function, raises."""
    with pytest.raises(GuestconvError) as caught:
        work()
    return caught.value


def enter(disks, **settings):
    """Begin a conversion of disks that must be refused."""
    with workspace_for(disks, **settings):
        raise AssertionError("nothing was refused")


def rewrite(path):
    """Write to the file at path what it has."""
    with open(path, "r+b") as stream:
        stream.write(stream.read(1))

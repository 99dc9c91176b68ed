# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The stand-in of Windows 10, converted by guestconv and by virt-v2v in place, with the same folder of drivers.

Prints what both changed, and each difference with its reason. Fails when a difference has none.
"""

from __future__ import annotations

import collections
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.guests import windows_disk, windows_stand_in
from tests.hive_readers import by_hivex, differences
from tests.windows_proof import explanations

# As they are spelled on the stand-in.
_HIVES = {"SYSTEM": "/Windows/System32/config/SYSTEM", "SOFTWARE": "/Windows/System32/config/Software"}
_DIRECTORIES = ("/Windows/Drivers/VirtIO", "/Windows/System32/drivers")
# Programs that virt-v2v does not start without (convert_windows.ml), and that it does not ship.
_VIRT_TOOLS = ("rhsrvany.exe", "pnp_wait.exe")
HARDWARE = {
    "firmware": "bios",
    "disks": [{"controller": "mptsas1068"}],
    "interfaces": [{"driver": "e1000e", "mac": windows_stand_in.MAC}],
}


def by_guestconv(image, drivers):
    """Convert an image in place."""
    options = {"disks": [str(image)], "virtio_win": str(drivers)}
    inspected = _module("guestconv_inspect", {**options, "hardware": HARDWARE})
    return _module("guestconv_convert", {**options, "guest": inspected["guest"]})


def _module(name, options):
    command = ["ansible", "localhost", "-m", f"virttools.guestconv.{name}", "-a", json.dumps(options)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    if ended.returncode:
        sys.exit(f"{name} failed:\n{ended.stdout}{ended.stderr}")
    return json.loads(ended.stdout.partition("=>")[2])


def by_virt_v2v(image, drivers, scratch):
    """Convert an image in place."""
    tools = scratch / "virt-tools"
    tools.mkdir()
    for name in _VIRT_TOOLS:
        (tools / name).write_bytes(windows_stand_in.program(name))
    environment = {**os.environ, "VIRTIO_WIN": str(drivers), "VIRT_TOOLS_DATA_DIR": str(tools)}
    # As it works everywhere.
    environment |= {"LIBGUESTFS_BACKEND": "direct", "LIBGUESTFS_BACKEND_SETTINGS": "force_tcg"}
    subprocess.run(["virt-v2v-in-place", "-i", "disk", str(image)], env=environment, check=True)


def content(image, scratch):
    """{hive: bytes}, and {directory: names} of the files, of what is on C:."""
    with windows_disk.opened(image, windows_stand_in.SYSTEM_START, scratch) as volume:
        hives = {name: volume.read(path) for name, path in _HIVES.items()}
        return hives, {directory: volume.names(directory) for directory in _DIRECTORIES}


def changes(before, after):
    """{place: (value before, value after)} of what differs between the hives of two disks."""
    found = {}
    for name, hive in before.items():
        for (path, value), change in differences(by_hivex(hive), by_hivex(after[name])).items():
            found[f"{name}\\{path}" + ("" if value is None else f":{value}")] = change
    return found


def compare(ours, theirs):
    """Print what is the same and what is not. Returns: the places that have no explanation."""
    same = sorted(place for place in ours.keys() & theirs.keys() if ours[place] == theirs[place])
    print(f"\n{len(same)} changes are the same:")
    for place in same:
        print(f"    {place}")
    grouped = collections.defaultdict(list)
    for place in sorted(ours.keys() | theirs.keys()):
        if place not in same:
            which = "different" if place in ours and place in theirs else "guestconv" if place in ours else "virt-v2v"
            grouped[explanations.reason(place)].append(f"{which:>10}  {place}")
    unexplained = grouped.pop(None, [])
    for reason, places in grouped.items():
        print(f"\n{reason}")
        print(*(f"    {each}" for each in places), sep="\n")
    return unexplained


def main():
    """The command."""
    folder, iso = windows_stand_in.virtio_win()
    original = windows_stand_in.bios()
    with tempfile.TemporaryDirectory(dir=original.parent.parent, prefix="windows-proof-") as directory:
        scratch = Path(directory)
        images = {name: scratch / f"{name}.qcow2" for name in ("guestconv", "virt-v2v")}
        for image in images.values():
            shutil.copyfile(original, image)
        by_guestconv(images["guestconv"], iso)
        by_virt_v2v(images["virt-v2v"], folder, scratch)
        before, _files = content(original, scratch)
        found = {name: content(image, scratch) for name, image in images.items()}
    made = {name: changes(before, hives) for name, (hives, _files) in found.items()}
    for directory in _DIRECTORIES:
        ours, theirs = (set(found[name][1][directory]) for name in ("guestconv", "virt-v2v"))
        print(f"\n{directory}: the same {len(ours & theirs)} files")
        print(*(f"     guestconv  {name}" for name in sorted(ours - theirs)), sep="\n")
        print(*(f"      virt-v2v  {name}" for name in sorted(theirs - ours)), sep="\n")
    unexplained = compare(made["guestconv"], made["virt-v2v"])
    if unexplained:
        print("\nNot explained:", *(f"    {each}" for each in unexplained), sep="\n")
    return 1 if unexplained else 0


if __name__ == "__main__":
    sys.exit(main())

# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Conversions of which nothing is kept."""

from __future__ import annotations

import os

from ansible_collections.virttools.guestconv.plugins.module_utils.disks import (
    images,
)
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.disks.conversions import (
    content,
    convert,
    in_child,
    kill_at,
    refusal_of,
    two_disks,
    workspace_for,
)
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.disks.disk_images import (
    create,
)


def test_throwaway_keeps_nothing_and_needs_no_place_beside_the_disk(place, tmp_path):
    disks, workdir = two_disks(place), tmp_path / "work"
    workdir.mkdir()
    before = content(disks[0].path)
    workspace = convert(disks, mode="throwaway", workdir=str(workdir))
    assert content(disks[0].path) == before
    assert workspace.results == [disk.path for disk in disks]
    assert os.listdir(workdir) == [] and len(os.listdir(place)) == 2


def test_throwaway_litter_of_killed_runs_is_removed_but_not_that_of_running_ones(place, tmp_path):
    disks, workdir = two_disks(place), tmp_path / "work"
    workdir.mkdir()
    with workspace_for(disks, room=0, mode="throwaway", workdir=str(workdir)) as running:

        def die():
            with workspace_for(disks, room=0, mode="throwaway", workdir=str(workdir)):
                kill_at("now")("now")

        os.waitpid(in_child(die), 0)
        assert len(os.listdir(workdir)) == 2
        with workspace_for(disks, room=0, mode="throwaway", workdir=str(workdir)):
            assert len(os.listdir(workdir)) == 2
        assert all(os.path.exists(overlay.path) for overlay in running.overlays)
    assert os.listdir(workdir) == []


def test_throwaway_with_dest_says_where_the_copies_would_be_and_what_is_in_their_way(place, tmp_path):
    disks, dest, workdir = two_disks(place), tmp_path / "dest", tmp_path / "work"
    dest.mkdir()
    workdir.mkdir()
    settings = {"mode": "throwaway", "dest": str(dest), "workdir": str(workdir), "dest_format": "qcow2"}
    workspace = convert(disks, **settings)
    assert workspace.results == [str(dest / "one.qcow2"), str(dest / "two.qcow2")]
    assert os.listdir(dest) == []
    (dest / "two.qcow2").touch()
    assert refusal_of(lambda: convert(disks, **settings)).code == "dest-exists"
    dest.rename(tmp_path / "elsewhere")
    assert refusal_of(lambda: convert(disks, **settings)).code == "dest-not-usable"


def test_throwaway_without_dest_refuses_what_cannot_be_written_in_place(place, tmp_path):
    path = create(place / "one.vmdk", "vmdk", options=["-o", "subformat=twoGbMaxExtentSparse"])
    disks = images.disks_from_option([path])
    assert refusal_of(lambda: convert(disks, mode="throwaway", workdir=str(tmp_path))).code == "format-not-writable"

# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import base64

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.report.page import pictures
from tests import fleet


def outcome(guest, screenshot, kind="converted"):
    return {"guest": guest, "outcome": kind, "started": "2026-11-21T13:00:00Z", "screenshot": screenshot}


def test_a_picture_is_in_the_page_with_its_size(tmp_path):
    (tmp_path / "web01.png").write_bytes(fleet.picture(72, 40))
    expected = {"width": 72, "height": 40, "data": base64.b64encode(fleet.picture(72, 40)).decode()}
    guests = [outcome("web01", "web01.png"), outcome("web02", str(tmp_path / "web01.png")), outcome("web03", None)]
    assert pictures.embedded(guests, str(tmp_path)) == {"web01": expected, "web02": expected}


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (None, "No such file or directory"),
        (b"<svg onload='alert(1)'/>", "it is not a PNG"),
        (b"\x89PNG\r\n\x1a\n", "it is not a PNG"),
        (fleet.picture() + b"\0" * 1024 * 1024, "it is larger than 1 MiB"),
    ],
    ids=["absent", "svg", "signature", "large"],
)
def test_a_picture_that_cannot_be_shown_has_a_reason(tmp_path, content, reason):
    if content is not None:
        (tmp_path / "web01.png").write_bytes(content)
    assert pictures.embedded([outcome("web01", "web01.png")], str(tmp_path)) == {"web01": {"reason": reason}}


def test_where_there_is_no_room_for_all_the_failed_come_first(tmp_path, monkeypatch):
    (tmp_path / "a.png").write_bytes(fleet.picture())
    monkeypatch.setattr(pictures, "_MOST_BYTES_OF_ALL", len(fleet.picture()) * 2)
    guests = [outcome("web01", "a.png"), outcome("web02", "a.png"), outcome("web03", "a.png", "failed")]
    found = pictures.embedded(guests, str(tmp_path))
    assert {guest for guest in found if "data" in found[guest]} == {"web01", "web03"}
    assert found["web02"] == {"reason": "the size limit of the page is reached"}

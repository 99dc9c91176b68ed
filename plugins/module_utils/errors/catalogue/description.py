# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Codes about a description that a caller passes."""

from __future__ import annotations

from .declaration import Subject, error

SUBJECT = Subject(
    "Descriptions",
    "The option `guest` must be what `guestconv_inspect` returned for these disks. Only `devices` and `tools` may be altered. "
    "The codes that begin with `xml-` are about its XML form.",
    (
        error(
            "description-malformed",
            "The description, or a part of it, has the wrong type.",
            'Pass it as `guest: "{{ inspected.guest }}"`.',
        ),
        error(
            "description-incomplete",
            "A part of the description is missing.",
            "Pass the whole description. Alter it with `combine(..., recursive=True)`.",
        ),
        error(
            "description-unknown-key",
            "The description has a key that it cannot have.",
            "Correct the key that `path` names. `allowed` in the result lists the keys that are valid there.",
        ),
        error(
            "description-changed",
            "A part of the description that is read-only was altered.",
            "Restore the part that `path` names. Only `devices` may be altered.",
        ),
        error(
            "description-outdated",
            "The guest was converted, or changed in another way, after it was inspected.",
            "Inspect the guest again, and pass that description.",
        ),
        error(
            "description-schema",
            "The description was made by a version of guestconv that uses another schema.",
            "Inspect the guest again with this version.",
        ),
        error(
            "description-of-another-guest",
            "The description was made from other disks than those that are to be converted.",
            "Inspect these disks, in the same order and with the same `device` names, and pass that description.",
        ),
        error(
            "driver-not-available",
            "A device was given a driver that is not one of its choices.",
            "Select one of the drivers in `choices`. `unavailable` gives the reasons why others cannot be used.",
        ),
        error(
            "tools-invalid",
            "The option or the part of the description `tools`, or the policy for it, is malformed.",
            "Give each of the tools that the message names one of `remove`, `disable` and `keep`.",
        ),
        error(
            "device-required",
            "A disk was removed that the guest cannot boot without, or only a part of a volume group was.",
            "Keep the disk, or remove all disks of the volume group.",
        ),
        error(
            "xml-malformed",
            "The XML document is not well-formed.",
            "Correct the line that the message names.",
        ),
        error(
            "xml-not-accepted",
            "The XML document has a DOCTYPE, which is not accepted.",
            "Remove the DOCTYPE. The document needs neither a DTD nor entities.",
        ),
        error(
            "xml-too-large",
            "The XML document is larger than any description.",
            "Pass the `xml` that `guestconv_inspect` returned.",
        ),
        error(
            "xml-unknown-element",
            "The XML document has an element that is not valid there.",
            "Correct the element that `path` names.",
        ),
        error(
            "xml-duplicate-element",
            "The XML document has an element twice where it can occur only once.",
            "Remove one of them.",
        ),
        error(
            "xml-unknown-attribute",
            "An element of the XML document has an attribute that is not valid there.",
            "Use one of the attributes that the hint lists.",
        ),
        error(
            "xml-missing-attribute",
            "An element of the XML document lacks an attribute.",
            "Add the attribute that the message names.",
        ),
        error(
            "xml-invalid-value",
            "A value in the XML document is not of the type that it should have.",
            "Correct the value that `path` names.",
        ),
        error(
            "xml-unknown-key",
            "A description has a key that its XML form cannot represent.",
            "Remove the key that `path` names.",
        ),
    ),
)

# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
name: map_problems
short_description: Check the maps of networks and storages of a fleet
version_added: 0.1.0
author: The guestconv authors (@virttools)
description:
  - Checks that C(guestconv_networks) and C(guestconv_storages) of guests have an entry for each network and each storage
    that the sources of the guests use, and that the values are valid for C(guestconv_platform).
  - The result lists all names that have no entry, with the guests that use them.
  - It also checks whether the platform takes the names of the guests (C(define_name)), and the NBD exports in
    C(guestconv_volumes).
positional: variables
extends_documentation_fragment:
  - virttools.guestconv.fleet
seealso:
  - plugin: virttools.guestconv.libvirt_domain
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Fail if the maps lack something
  ansible.builtin.fail:
    msg: "{{ problems }}"
  when: problems | length > 0
  run_once: true
  vars:
    problems: "{{ ansible_play_hosts | virttools.guestconv.map_problems(hostvars) }}"
"""

RETURN = r"""
_value:
  description: The code and the message of the error. It is empty if nothing is wrong.
  type: str
"""

from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.virttools.guestconv.plugins.module_utils.errors import GuestconvError
from ansible_collections.virttools.guestconv.plugins.module_utils.platforms import fleet, registry
from ansible_collections.virttools.guestconv.plugins.plugin_utils.filters import Filter, as_filter


def map_problems(guests: Iterable[str], variables: Mapping[str, Mapping[str, Any]]) -> str:
    """The error of platforms/fleet.py about the guests, whose variables are given by their names, as text."""
    try:
        fleet.check(_guest(name, variables[name]) for name in guests)
    except GuestconvError as error:
        return f"{error.code}: {error.message} {error.hint}"
    return ""


def _guest(name: str, variables: Mapping[str, Any]) -> fleet.Guest:
    platform = registry.by_key(str(variables["guestconv_platform"])) if "guestconv_platform" in variables else None
    machine = variables["define_name"] if "define_name" in variables else name
    volumes = _volumes(variables) if platform and fleet.VOLUMES in variables else ()
    maps = {key: variables[key] if key in variables else None for key in (fleet.NETWORKS, fleet.STORAGES)}
    if not any(maps.values()):
        # To evaluate the other variables has a cost.
        return fleet.Guest(name, {}, platform=platform, machine=machine, volumes=volumes)
    cards = _option(variables, "networks")
    return fleet.Guest(
        name,
        variables.get("guestconv_hardware") or {},
        maps[fleet.NETWORKS],
        maps[fleet.STORAGES],
        platform,
        frozenset(str(card).lower() for card in cards) if isinstance(cards, Mapping) else frozenset(),
        machine,
        volumes,
        not ("guestconv_is_unread" in variables and variables["guestconv_is_unread"]),
    )


def _volumes(variables: Mapping[str, Any]) -> Any:
    """What the definition gets as the disks. It may name others, such as a volume of KubeVirt that the export is of."""
    is_named = "define_disks" in variables or _option(variables, "volumes")
    return () if is_named else variables[fleet.VOLUMES]


def _option(variables: Mapping[str, Any], key: str) -> Any:
    options = variables.get("guestconv_platform_options")
    return options.get(key) if isinstance(options, Mapping) else None


class FilterModule:
    """The filter map_problems."""

    def filters(self) -> dict[str, Filter]:
        """{name: function}, as Ansible asks for it."""
        return {"map_problems": as_filter("map_problems", map_problems)}

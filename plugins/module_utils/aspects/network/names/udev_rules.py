# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""udev's rules that give NICs their names, such as 70-persistent-net.rules (udev(7)). Pure.

A rule's NAME= goes before every .link file: 80-net-setup-link.rules takes systemd's name only where NAME=="". Debian's
generator (75-persistent-net-generator.rules, up to Debian 8) wrote DRIVERS=="?*" for "hardware, and not the VLANs and
bridges that take over its MAC address"; so does a rule that guestconv makes or widens.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping

from ....texts.udev_rules import TOKEN, each_rule, one_fits, rules
from ..cards.macs import KnownMac, bound_by
from ..cards.nics import Nic
from ..values import normal_mac, with_macs_replaced, with_names_replaced

DIRECTORY = "/etc/udev/rules.d"
_OURS = f"{DIRECTORY}/70-guestconv-"

_ADDRESS = ("ATTR{address}", "ATTRS{address}", "SYSFS{address}")

# Keys by which a rule asks for the hardware that the source has. BUS, ID and DRIVER are DRIVERS and KERNELS of old.
_HARDWARE = re.compile(
    r"DRIVERS?|KERNELS|DEVPATH|ID|ENV\{ID_(?:PATH|PATH_TAG|NET_DRIVER|NET_NAME_\w+|VENDOR_ID|MODEL_ID)\}"
    r"|(?:ATTRS|SYSFS)\{(?:vendor|device|subsystem_vendor|subsystem_device)\}"
)


def path_for(name: str) -> str:
    """Our file that binds this name."""
    return f"{_OURS}{name}.rules"


def is_ours(path: str) -> bool:
    """Whether guestconv made the file."""
    return path.startswith(_OURS)


def text_for(nic: Nic, kernel_driver: str) -> str:
    """The content of the file that binds nic's name: to its MAC address, or to the driver while that is not known."""
    match = f'DRIVERS=="{kernel_driver}"'
    if nic.hardware_mac:
        match = f'DRIVERS=="?*", ATTR{{address}}=="{nic.hardware_mac}"'
    return (
        f"# Made by guestconv: {nic.name} is what this system's network configuration calls the network card.\n"
        f'SUBSYSTEM=="net", ACTION=="add", {match}, ATTR{{type}}=="1", NAME="{nic.name}"\n'
    )


def macs(texts: Mapping[str, str]) -> dict[str, KnownMac]:
    """{name: KnownMac} of the names that the rules in texts ({file: text}) bind to a MAC address."""
    found: dict[str, KnownMac] = {}
    for file, text in texts.items():
        for line in rules(text):
            name, mac = _name(line), _mac(line)
            if name and mac:
                found.setdefault(name, bound_by(mac, file))
    return found


def names_given(text: str) -> list[str]:
    """The names that the rules in text give to interfaces."""
    return [name for name in map(_name, rules(text)) if name]


def widened(text: str, nics: Iterable[Nic], alone: bool) -> str:
    """text with the rules that name one of nics changed to match it on any hardware. Everything else stays.

    alone: the guest has no other NIC, so that a rule need not tell it from others.
    """
    by_name = {nic.name: nic for nic in nics}

    def changed(line: str) -> str:
        nic = by_name.get(_name(line) or "")
        return _widened(line, nic, alone) if nic and _is_for(line, nic) else line

    return each_rule(text, changed)


def with_new_macs(text: str, macs: Mapping[str, str]) -> str:
    """text with the rules that ask for a NIC by its address asking for the new one: {old: new}."""

    def changed(token: re.Match[str]) -> str:
        return with_macs_replaced(token.group(), macs) if token.group(1) in _ADDRESS else token.group()

    return each_rule(text, lambda line: TOKEN.sub(changed, line))


def with_new_names(text: str, names: Mapping[str, str]) -> str:
    """text with the rules that give one of these names giving the new one: {old: new}."""

    def changed(token: re.Match[str]) -> str:
        return with_names_replaced(token.group(), names) if token.group(1) == "NAME" else token.group()

    return each_rule(text, lambda line: TOKEN.sub(changed, line))


def without(text: str, names: Collection[str]) -> str:
    """text with the rules that give one of these names made comments."""
    return each_rule(text, lambda line: "#" + line.replace("\n", "\n#") if _name(line) in names else line)


def by_name(texts: Iterable[str]) -> dict[str, list[str]]:
    """{name: the rules in texts that give it}."""
    found: dict[str, list[str]] = {}
    for text in texts:
        for line in rules(text):
            name = _name(line)
            if name:
                found.setdefault(name, []).append(line)
    return found


def names_it(lines: Iterable[str], nic: Nic, alone: bool) -> bool:
    """Whether one of lines, the rules (widened) that give nic's name, will name it on the target."""
    return any(_is_for(line, nic) and (alone or _mac(line)) and _fits_any_hardware(line) for line in lines)


def _name(line: str) -> str | None:
    """The name that the rule gives to an interface, or None."""
    given = (value for key, operator, value in TOKEN.findall(line) if key == "NAME" and operator in ("=", ":="))
    return next(given, None)


def _mac(line: str) -> str | None:
    """The MAC address that the rule asks for, or None."""
    asked = (value for key, operator, value in TOKEN.findall(line) if key in _ADDRESS and operator == "==")
    return next((mac for mac in map(normal_mac, asked) if mac), None)


def _is_for(line: str, nic: Nic) -> bool:
    """Whether the rule asks for nothing but nic's MAC address, or for none."""
    return _mac(line) in (None, nic.hardware_mac)


def _is_old_hardware(token: re.Match[str]) -> bool:
    key, operator, value = token.groups()
    if operator != "==" or not _HARDWARE.fullmatch(key) or value in ("*", "?*"):
        return False
    # KERNELS is compared with the NIC's own name too: "eth*" does not ask for a place on a bus.
    return not (key == "KERNELS" and one_fits(value, "eth0"))


def _fits_any_hardware(line: str) -> bool:
    """Whether nothing in the rule asks for what only the source's hardware has, or no hardware at all."""
    for token in TOKEN.finditer(line):
        key, operator, value = token.groups()
        if _is_old_hardware(token):
            return False
        # The kernel writes MAC addresses in lower case, and udev does not fold case.
        if operator == "==" and key in _ADDRESS and value != value.lower():
            return False
        # The kernel calls every Ethernet NIC eth<n> at first.
        if operator == "==" and key == "KERNEL" and not one_fits(value, "eth0"):
            return False
    return True


def _widened(line: str, nic: Nic, alone: bool) -> str:
    tokens = list(TOKEN.finditer(line))
    old = [token for token in tokens if _is_old_hardware(token)]
    needs_mac = _mac(line) is None and nic.hardware_mac is not None
    if not old or (_mac(line) is None and not needs_mac and not alone):
        return line
    instead = []
    if not any(token.group(1) == "DRIVERS" and token not in old for token in tokens):
        instead.append('DRIVERS=="?*"')
    if needs_mac:
        instead.append(f'ATTR{{address}}=="{nic.hardware_mac}"')
    for token in reversed(old):
        put = ", ".join(instead) if token is old[0] else ""
        line = line[: token.start()] + put + _rest(line[token.end() :], bool(put))
    return line


def _rest(rest: str, replaced: bool) -> str:
    """What follows a token that is taken out of a rule, less the comma that parted them."""
    return rest if replaced else re.sub(r"^\s*,[ \t]*", "", rest, count=1)

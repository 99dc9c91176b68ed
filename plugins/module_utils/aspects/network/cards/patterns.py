# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Settings for whichever interface fits patterns, and which of them apply to what. Pure.

systemd-networkd applies one file to an interface: the first that fits, in the order of the files' names, whether it
names the interface or fits it by a pattern (systemd.network(5)). netplan makes such files. So a Setting with an `order`
excludes those of a later one; one without is added to whatever else is known of the interface.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from ....texts import globs
from .nics import Setting, is_software

_GLOB = re.compile(r"[*?\[]")
# What is safe to call a card; some daemons' globs have braces, others' have not.
_NAME = re.compile(r"[A-Za-z0-9_.-]{1,15}")
# What udev calls wireless cards, modems and InfiniBand (systemd.net-naming-scheme(7)). No converted machine has one.
_OTHER_HARDWARE = re.compile(r"(?:wl|ww|ib|mlan|wwan|ath|ra)[\w*?\[].*")
# No guest has so many patterns that one interface fits, but a hostile one.
_MOST_CANDIDATES = 100


class Applied(NamedTuple):
    """What applies to an interface: settings, the profile among them or None, and the settings that it excludes."""

    settings: list[Setting]
    profile: str | None
    unused: list[Setting]


class Rest(NamedTuple):
    """Profiles that no interface of a known name fits.

    of_one: {profile: Settings} of those with an address, which only one card can have. of_any: of the others.
    """

    of_one: dict[str, list[Setting]]
    of_any: dict[str, list[Setting]]
    unused: list[Setting]


def fits(name: str, condition: str) -> bool:
    """Whether name fits condition: globs of which it must fit one, and those after a `!`, of which it must fit none.

    So does net_condition_test_strv() of systemd's libsystemd-network/network-internal.c (shared/netif-util.c).
    """
    words = condition.split()
    if any(globs.fits(name, word[1:]) for word in words if word.startswith("!")):
        return False
    wanted = [word for word in words if not word.startswith("!")]
    return not wanted or any(globs.fits(name, word) for word in wanted)


def matches(name: str, patterns: Iterable[str]) -> bool:
    """Whether name fits one of patterns, each a condition as of fits."""
    return any(fits(name, condition) for condition in patterns)


@dataclass
class Profiles:
    """Settings for whatever fits patterns, by the profile that they belong to.

    by_prefix: {what the names must begin with: profiles}, so that not all are compared with each name.
    """

    groups: dict[str, list[Setting]] = field(default_factory=dict)
    by_prefix: dict[str, list[str]] = field(default_factory=dict)
    _lengths: set[int] = field(default_factory=set)

    def add(self, setting: Setting) -> None:
        """Add the setting to its profile."""
        if setting.profile_key not in self.groups:
            for prefix in {prefix for condition in setting.patterns for prefix in _prefixes(condition)}:
                self.by_prefix.setdefault(prefix, []).append(setting.profile_key)
                self._lengths.add(len(prefix))
        self.groups.setdefault(setting.profile_key, []).append(setting)

    def fitting(self, name: str) -> list[str]:
        """The profiles that name fits."""
        return [profile for profile in self._candidates(name) if matches(name, self.groups[profile][0].patterns)]

    def order(self, profile: str) -> str | None:
        """Where the profile is among those of which only the first applies; None where all do."""
        return self.groups[profile][0].order

    def for_names(self, names: Collection[str], only_one: bool) -> dict[str, str]:
        """{name: profile} of what names, which nothing else configures, get. only_one: not more than one name."""
        found: dict[str, str] = {}
        for name in names:
            fitting = self.fitting(name)
            if fitting:
                found[name] = min(fitting, key=lambda profile: self.order(profile) or "")
        return {} if only_one and len(found) > 1 else found

    def left(self, used: Collection[str]) -> Rest:
        """What becomes of profiles, some of which are used: others may be without an effect."""
        rest = Rest({}, {}, [])
        for profile, settings in self.groups.items():
            if all(setting.unmanaged for setting in settings) or _is_for_others(settings[0].patterns):
                continue
            if profile not in used and self._is_covered(profile):
                rest.unused.extend(settings)
            elif not any(setting.addresses for setting in settings):
                rest.of_any[profile] = settings
            elif profile not in used:
                rest.of_one[profile] = settings
        return rest

    def _candidates(self, name: str) -> list[str]:
        lengths = sorted(length for length in self._lengths if length <= len(name))
        found = [profile for length in lengths for profile in self.by_prefix.get(name[:length], ())]
        return list(dict.fromkeys(found))[:_MOST_CANDIDATES]

    def _is_covered(self, profile: str) -> bool:
        """Whether an earlier one fits all that this one fits."""
        own = self.groups[profile][0]
        if own.order is None:
            return False
        near = dict.fromkeys(name for word in _words(own.patterns) for name in self._candidates(word))
        earlier = [self.groups[each][0] for each in near if each != profile]
        return any(
            other.order is not None
            and other.order < own.order
            and not other.source_hardware
            and all(any(_covers(wider, condition) for wider in other.patterns) for condition in own.patterns)
            for other in earlier
        )


def first_that_fits(key: str, settings: Sequence[Setting], profiles: Profiles, is_hardware: bool) -> Applied:
    """What applies to the interface called key, which settings name, and perhaps one of profiles fits."""
    orders = [setting.order for setting in settings if setting.order is not None]
    fitting = [
        (order, profile)
        for profile in profiles.fitting(key)
        for order, first in [(profiles.order(profile), profiles.groups[profile][0])]
        if order is not None and (is_hardware or not first.hardware) and not (orders and first.source_hardware)
    ]
    if not orders and not fitting:
        return Applied(list(settings), None, [])
    order, profile = min(fitting, default=("", ""))
    if fitting and (not orders or order < min(orders)):
        always = [setting for setting in settings if setting.order is None]
        unused = [setting for setting in settings if setting.order is not None]
        return Applied([*always, *profiles.groups[profile]], profile, unused)
    first = min(orders)
    applied = [setting for setting in settings if setting.order in (None, first)]
    return Applied(applied, None, [setting for setting in settings if setting.order not in (None, first)])


def name_for(patterns: Iterable[str], taken: Collection[str]) -> str | None:
    """A name that fits one of patterns and is not taken, None where none is found."""
    for condition in patterns:
        for word in condition.split():
            if word.startswith("!"):
                continue
            for digit in "0123456789":
                name = re.sub(r"\[([^\]!^])[^\]]*\]", r"\1", re.sub(r"[*?]", digit, word))
                if name not in taken and _NAME.fullmatch(name) and fits(name, condition):
                    return name
        for name in (f"lan{number}" for number in range(10)):
            if name not in taken and fits(name, condition):
                return name
    return None


def _words(patterns: Iterable[str]) -> list[str]:
    """The globs of patterns of which a name must fit one."""
    return [word for condition in patterns for word in condition.split() if not word.startswith("!")] or ["*"]


def _prefixes(condition: str) -> list[str]:
    return [_GLOB.split(word, maxsplit=1)[0] for word in _words((condition,))]


def _covers(mine: str, other: str) -> bool:
    excluded = {word for word in mine.split() if word.startswith("!")}
    if not excluded <= set(other.split()):
        return False
    wanted = _words((mine,))
    return all(word in wanted or any(_is_wider(each, word) for each in wanted) for word in _words((other,)))


def _is_wider(pattern: str, other: str) -> bool:
    return not re.search(r"[?\[]", pattern) and globs.fits(other, pattern)


def _is_for_others(patterns: Iterable[str]) -> bool:
    """Whether only software, or hardware that is no Ethernet card, is called so."""
    words = _words(patterns)
    return all(_OTHER_HARDWARE.fullmatch(word) or is_software(re.sub(r"[*?]", "0", word)) for word in words)

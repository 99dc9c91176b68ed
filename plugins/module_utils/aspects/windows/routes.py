# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which routes an adapter of Windows has by configuration. Pure.

Nsi has a row for a route that was configured, and none for those that an address, or DHCP, makes: in the hive of a Windows 7
with two static addresses that of each gateway, in that of a Windows 10 with DHCP none. `route -p`, and the dialogue of Windows
7 for gateways, write PersistentRoutes as well, which has no interface.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Sequence
from dataclasses import replace

from .adapter import Adapter, Network
from .nsi import NsiRoute
from .steps import Route

# At most so many routes, and gateways, of one adapter.
_MOST = 256
_HIGHEST_METRIC = 9999
# Next hops of a destination that is on the link.
_ON_LINK = ("0.0.0.0", "::")


def with_route(adapter: Adapter, found: NsiRoute) -> Adapter:
    """adapter with a route; with a gateway, where it is that of a default route."""
    network, gateway = ipaddress.ip_network(found.destination), ipaddress.ip_address(found.gateway)
    if network.is_multicast or network.is_link_local or network.is_loopback or network.version not in adapter.versions:
        return adapter
    if is_default(found.destination) and not gateway.is_unspecified and (network.version == 6 or adapter.static):
        metrics = {**({} if found.metric is None else {found.gateway: found.metric}), **dict(adapter.gateway_metrics)}
        gateways = _more(adapter.gateways, found.gateway)
        return replace(adapter, gateways=gateways, gateway_metrics=tuple(metrics.items()))
    if gateway.is_unspecified and any(network == ipaddress.ip_interface(each).network for each in adapter.addresses):
        # The address makes it by itself.
        return adapter
    route = Route(found.destination, found.gateway, found.metric)
    # A gateway in addition to those that DHCP says: it is no setting that is left over.
    settings = {name: value for name, value in adapter.settings.items() if name != "DefaultGateway"}
    return replace(
        adapter,
        routes=_more(adapter.routes, route),
        settings=settings if is_default(found.destination) else adapter.settings,
    )


def with_persistent(adapters: Sequence[Adapter], names: Iterable[str]) -> Network:
    """The adapters with the routes of PersistentRoutes, which are known by their gateways alone. names: of its values."""
    found = list(adapters)
    unowned = []
    for name in names:
        route = persistent(name)
        if route is None:
            continue
        owners = [place for place, each in enumerate(found) if _has(each, route)]
        if owners:
            found = [_noted(each, name) if place in owners else each for place, each in enumerate(found)]
            continue
        owners = [place for place, each in enumerate(found) if reaches(_networks(each), route.gateway)]
        if not owners and len(found) == 1:
            owners = [0]
        if not owners:
            unowned.append(route)
            continue
        place = owners[0]
        if route.gateway in [each.partition("/")[0] for each in found[place].addresses]:
            # Its own address as the gateway means what is on the link (route.exe before Windows Vista).
            route = replace(route, gateway="0.0.0.0")
        found[place] = _noted(replace(found[place], routes=_more(found[place].routes, route)), name)
    return Network(tuple(found), tuple(unowned))


def persistent(text: str) -> Route | None:
    """The route in the name of a value of PersistentRoutes: destination, mask, gateway, metric."""
    parts = text.split(",")
    if len(parts) < 3:
        return None
    try:
        network = ipaddress.IPv4Network((parts[0].strip(), parts[1].strip()), strict=False)
        gateway = ipaddress.IPv4Address(parts[2].strip())
    except ValueError:
        return None
    metric = parts[3].strip() if len(parts) > 3 else ""
    is_metric = metric.isascii() and metric.isdigit() and 0 < int(metric[:8]) <= _HIGHEST_METRIC
    return Route(str(network), str(gateway), int(metric) if is_metric else None)


def is_default(destination: str) -> bool:
    """Whether a destination, with prefix length, is all addresses."""
    return destination.endswith("/0")


def is_on_link(route: Route) -> bool:
    """Whether a route has no gateway."""
    return route.gateway in _ON_LINK


def reaches(addresses: Iterable[str], gateway: str) -> bool:
    """Whether one of the addresses, with prefix length, has the gateway in its network."""
    return any(ipaddress.ip_address(gateway) in ipaddress.ip_interface(each).network for each in addresses)


def _networks(adapter: Adapter) -> list[str]:
    return [*adapter.addresses, *([adapter.leased] if adapter.leased else [])]


def _has(adapter: Adapter, route: Route) -> bool:
    """Whether the adapter is known to have the route already."""
    if is_default(route.destination) and route.gateway in adapter.gateways:
        return True
    return (route.destination, route.gateway) in {(each.destination, each.gateway) for each in adapter.routes}


def _noted(adapter: Adapter, name: str) -> Adapter:
    """adapter with the name of a value that has a default route of it."""
    route = persistent(name)
    is_noted = route is not None and is_default(route.destination)
    return replace(adapter, persistent=_more(adapter.persistent, name)) if is_noted else adapter


def _more(known: tuple[object, ...], new: object) -> tuple:  # type: ignore[type-arg]
    return known if new in known or len(known) >= _MOST else (*known, new)

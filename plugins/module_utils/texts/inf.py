# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Setup information files (INF), by which Windows installs a driver. Pure; nothing that a file has leads to an error.

The syntax is that of Microsoft's "General Syntax Rules for INF Files", and of its pages on the sections Version,
Manufacturer, Models, DDInstall.Services and AddReg: names in any letter case, sections that are there twice are one,
a backslash at its end makes a line go on, a semicolon begins a comment, %name% is a string of the section Strings.
"""

from __future__ import annotations

import codecs
import datetime
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

# More than any file of a driver has. What is beyond is not read: virtio-win's largest INF has 16 KiB.
LIMIT = 1 << 20
# The longest string that Windows takes of an INF (MAX_INF_STRING_LENGTH).
_LONGEST = 4096
# Fields of one line, and lines of one section, that are looked at.
_MOST = 1 << 12

_TOKEN = re.compile(r'"[^"]*(?:""[^"]*)*(?:"|$)|[^",=;]+|[,=;]')
_STRING = re.compile(r"%([^%\n]*)%")
_DATE = re.compile(r"\s*(\d{1,2})[/-](\d{1,2})[/-](\d{4})\s*", re.ASCII)
_DECORATION = re.compile(
    r"nt(?P<arch>[a-z]+[0-9]*)?(?:\.(?P<major>\d{0,5}))?(?:\.(?P<minor>\d{0,5}))?(?:\.(?:0x0*)?(?P<type>\d?))?"
    r"(?:\.(?:0x)?[0-9a-f]{0,8})?(?:\.(?P<build>\d{0,9}))?",
    re.ASCII | re.IGNORECASE,
)
_HKR, _DWORD = "hkr", 0x00010001
# The service drives the device (SPSVCINST_ASSOCSERVICE).
_DRIVES = 2
_CODINGS = ((codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"), (codecs.BOM_UTF8, "utf-8"))


@dataclass(frozen=True)
class Release:
    """A Windows that a driver is for. arch: in INF words: x86, amd64, arm64. is_server: also a domain controller."""

    arch: str
    major: int
    minor: int
    build: int = 0
    is_server: bool = False

    @property
    def nt(self) -> tuple[int, int]:
        """Its version: (6, 1) is Windows 7 and Server 2008 R2, (10, 0) all from Windows 10 on."""
        return self.major, self.minor


@dataclass(frozen=True)
class Line:
    """A line of a section. key: what is left of the equals sign, "" without one. fields: what the commas separate."""

    key: str
    fields: tuple[str, ...]

    def field(self, index: int) -> str:
        """The field number index; "" where there is none."""
        return self.fields[index] if index < len(self.fields) else ""


@dataclass(frozen=True)
class Setting:
    """A number (REG_DWORD) that an INF sets below the key of a service. key: the subkey, "" for the service's own."""

    key: str
    name: str
    number: int


@dataclass(frozen=True)
class Service:
    """The service of a driver. binary: the name of its file, which is in System32\\drivers. start: 0 at boot, 3 on demand."""

    name: str
    binary: str
    type: int
    start: int
    error_control: int
    group: str = ""
    settings: tuple[Setting, ...] = ()


@dataclass(frozen=True)
class Device:
    """A line of the section Models. section: that installs it. ids: of its hardware, the most exact first."""

    description: str
    section: str
    ids: tuple[str, ...]


@dataclass(frozen=True)
class Driver:
    """What an INF has for one release of Windows.

    class_guid: as the file has it, "" where it has none. date: None where DriverVer has none. version: four numbers.
    catalog: the name of the file with the signatures. service: of the first device that has one.
    """

    class_name: str
    class_guid: str
    provider: str
    date: datetime.date | None
    version: tuple[int, int, int, int]
    catalog: str
    devices: tuple[Device, ...]
    service: Service | None

    @property
    def ids(self) -> tuple[str, ...]:
        """All hardware ids of its devices, in their order."""
        return tuple(dict.fromkeys(each for device in self.devices for each in device.ids))


Sections = Mapping[str, tuple[Line, ...]]


def decoded(data: bytes) -> str:
    """The text of an INF: UTF-16 and UTF-8 by their mark, else UTF-8, and else the code page of western Europe.

    UTF-16 is known without a mark, too, as Windows knows it (Wine, dlls/setupapi/parser.c): no other text has a NUL.
    """
    data = data[:LIMIT]
    for mark, coding in _CODINGS:
        if data.startswith(mark):
            return data[len(mark) :].decode(coding, "replace")
    if data[1:2] == b"\0":
        return data.decode("utf-16-le", "replace")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")


def parse(data: bytes) -> Sections:
    """{name of a section in lower case: its lines}, with the strings in the place of their names."""
    found: dict[str, list[Line]] = {}
    section = ""
    for line in _logical_lines(decoded(data)):
        if line.startswith("["):
            section = line[1:].partition("]")[0].strip().lower()
            continue
        lines = found.setdefault(section, [])
        if len(lines) < _MOST:
            lines.append(_line(line))
    strings = {line.key.strip('"').lower(): line.field(0) for line in found.get("strings", ())}
    return {
        name: tuple(lines) if name == "strings" else tuple(_with_strings(line, strings) for line in lines)
        for name, lines in found.items()
    }


def driver_for(sections: Sections, release: Release) -> Driver:
    """What the file has for this release; a Driver without devices where it has nothing for it."""
    version = {line.key.lower(): line for line in reversed(sections.get("version", ()))}

    def value(name: str, index: int = 0) -> str:
        return version[name].field(index) if name in version else ""

    devices = tuple(_devices(sections, release))
    services = (_service(sections, device.section, release) for device in devices)
    catalogs = (value(f"catalogfile.nt{release.arch}"), value("catalogfile.nt"), value("catalogfile"))
    return Driver(
        class_name=value("class"),
        class_guid=value("classguid"),
        provider=value("provider"),
        date=_date(value("driverver")),
        version=_version(value("driverver", 1)),
        catalog=next(filter(None, catalogs), ""),
        devices=devices,
        service=next((service for service in services if service), None),
    )


def number(text: str) -> int:
    """The number that a field is, in decimal or after 0x; 0 for what is none, and for one of more than 32 bits."""
    text = text.strip()
    digits, base = (text[2:], 16) if text[:2].lower() == "0x" else (text, 10)
    if len(digits) > 10 or not digits.isascii() or not digits.isalnum():
        return 0
    try:
        found = int(digits, base)
    except ValueError:
        return 0
    return found if found < 1 << 32 else 0


def _logical_lines(text: str) -> Iterator[str]:
    """The lines without comments, those that go on joined, and without those that are empty."""
    whole = ""
    for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n"):
        line = _without_comment(line).strip()
        if line.endswith("\\"):
            whole += line[:-1]
            continue
        whole = (whole + line).strip()
        if whole:
            yield whole
        whole = ""
    if whole.strip():
        yield whole.strip()


def _without_comment(line: str) -> str:
    for token in _TOKEN.finditer(line):
        if token.group() == ";":
            return line[: token.start()]
    return line


def _line(text: str) -> Line:
    fields: list[str] = []
    key, current, has_key = "", "", False
    for token in _TOKEN.findall(text):
        if token == "=" and not has_key and not fields:
            key, current, has_key = current.strip(), "", True
        elif token == "," and len(fields) < _MOST:
            fields.append(current.strip())
            current = ""
        elif token.startswith('"'):
            current += token[1:].removesuffix('"').replace('""', '"')
        else:
            current += token
    return Line(key, (*fields, current.strip()))


def _with_strings(line: Line, strings: Mapping[str, str]) -> Line:
    return Line(_replaced(line.key, strings), tuple(_replaced(field, strings) for field in line.fields))


def _replaced(text: str, strings: Mapping[str, str]) -> str:
    """text with its strings; two percent signs are one. What is no string is a number of a directory, and stays."""
    if "%" not in text:
        return text

    def value(match: re.Match[str]) -> str:
        name = match.group(1).lower()
        return strings.get(name, match.group()) if name else "%"

    return _STRING.sub(value, text[:_LONGEST])[:_LONGEST]


def _date(text: str) -> datetime.date | None:
    found = _DATE.fullmatch(text)
    if not found:
        return None
    month, day, year = map(int, found.groups())
    try:
        return datetime.date(year, month, day)
    except ValueError:
        return None


def _version(text: str) -> tuple[int, int, int, int]:
    """Four numbers of 16 bits, as DriverVer has them; those that are missing are 0."""
    parts = [min(number(part), 0xFFFF) for part in text.split(".")[:4]] + [0, 0, 0, 0]
    return parts[0], parts[1], parts[2], parts[3]


def _devices(sections: Sections, release: Release) -> Iterator[Device]:
    """The devices of every manufacturer. Only those of the section count that fits the release best."""
    for manufacturer in sections.get("manufacturer", ()):
        section = _models_section(manufacturer, release)
        for line in sections.get(section.lower(), ()) if section else ():
            ids = tuple(each.strip() for each in line.fields[1:] if each.strip())
            if line.field(0) and ids:
                yield Device(line.key, line.field(0), ids)


def _models_section(manufacturer: Line, release: Release) -> str:
    """The section of a manufacturer's models for the release; "" where there is none.

    Of those that are for it, the one for the latest version counts. One without decoration is of the time when all
    Windows ran on x86.
    """
    name = manufacturer.field(0)
    best, section = (-1, -1, -1, False), name if release.arch == "x86" else ""
    for decoration in manufacturer.fields[1:]:
        wanted = _DECORATION.fullmatch(decoration.strip())
        if wanted is None or (wanted["arch"] or "x86").lower() != release.arch:
            continue
        since = (int(wanted["major"] or 0), int(wanted["minor"] or 0), int(wanted["build"] or 0))
        # The types of products: 1 is a workstation, 2 a domain controller, 3 a server.
        if wanted["type"] and (wanted["type"] != "1") != release.is_server:
            continue
        rank = (*since, bool(wanted["type"]))
        if since <= (release.major, release.minor, release.build) and rank > best:
            best, section = rank, f"{name}.{decoration.strip()}"
    return section


def _service(sections: Sections, section: str, release: Release) -> Service | None:
    """The service that drives what the section installs."""
    names = [f"{section}.nt{release.arch}.services", f"{section}.nt.services", f"{section}.services"]
    lines = next((sections[name.lower()] for name in names if name.lower() in sections), ())
    for line in lines:
        if line.key.lower() == "addservice" and line.field(0) and number(line.field(1)) & _DRIVES:
            return _service_from(sections, line.field(0), line.field(2))
    return None


def _service_from(sections: Sections, name: str, section: str) -> Service:
    values = {line.key.lower(): line.fields for line in sections.get(section.lower(), ())}

    def text(key: str) -> str:
        return values.get(key, ("",))[0]

    return Service(
        name=name,
        binary=text("servicebinary").rpartition("\\")[2],
        type=number(text("servicetype")),
        start=number(text("starttype")),
        error_control=number(text("errorcontrol")),
        group=text("loadordergroup"),
        settings=tuple(each for part in values.get("addreg", ()) for each in _settings(sections, part)),
    )


def _settings(sections: Sections, section: str) -> Iterator[Setting]:
    """The numbers that a section AddReg sets below the key of the service."""
    for line in sections.get(section.lower(), ()):
        if line.field(0).lower() == _HKR and number(line.field(3)) == _DWORD:
            yield Setting(line.field(1), line.field(2), number(line.field(4)))

# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the platforms publish of their formats, out of packages that script/test installs beside the tree's own."""

from __future__ import annotations

import copy
import json
import os
from pathlib import Path

_KUBEVIRT = "lib/python3*/site-packages/class_generator/schema/_definitions.json"
_METADATA = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"


def kubevirt_virtual_machine():
    """The JSON Schema of kubevirt.io/v1 VirtualMachine, as a cluster publishes it; strict: no key that it lacks.

    Kubernetes prunes such keys or refuses them, by the client's wish (fieldValidation).
    """
    definitions = json.loads(_only(_KUBEVIRT).read_text(encoding="utf-8"))["definitions"]
    schema = copy.deepcopy(definitions["kubevirt.io/v1/VirtualMachine"])
    metadata = copy.deepcopy(definitions[_METADATA])
    # What it refers to (owner references, times) is nothing that we write.
    kept = {name: part for name, part in metadata["properties"].items() if "$ref" not in str(part)}
    schema["properties"]["metadata"] = dict(metadata, properties=kept)
    return _strict(schema)


def glance_image_properties():
    """{name: definition} of the properties that Glance defines for images, but those of other hypervisors' drivers."""
    definitions = {}
    for path in _folder("etc/glance/metadefs").glob("*.json"):
        namespace = json.loads(path.read_text(encoding="utf-8"))
        types = [association["name"] for association in namespace.get("resource_type_associations", ())]
        if "OS::Glance::Image" in types and path.stem not in ("compute-vmware", "compute-xenapi"):
            definitions.update(namespace.get("properties", {}))
    return definitions


def _strict(schema):
    if isinstance(schema, list):
        return [_strict(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    strict = {key: _strict(part) for key, part in schema.items()}
    has_keys = isinstance(schema.get("properties"), dict) and schema.get("type") == "object"
    if has_keys and not schema.get("x-kubernetes-preserve-unknown-fields"):
        strict.setdefault("additionalProperties", False)
    return strict


def _folder(name):
    cache = os.environ.get("GUESTCONV_CACHE") or Path.home() / ".cache" / "guestconv"
    folder = Path(cache, "schemas", name)
    if not folder.is_dir():
        raise FileNotFoundError(f"{folder} is not there: run script/test once, which installs it")
    return folder


def _only(pattern):
    """The one file that pattern leads to."""
    (found,) = _folder("").glob(pattern)
    return found

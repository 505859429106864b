"""Objects from plain specifications: a mapping with ``_target_`` and the constructor's arguments."""

import importlib
import inspect
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from data_prep.errors import InputError, did_you_mean

#: The only packages whose classes a config or a bundle may name.
PACKAGES = ("data_prep", "recognizers")
#: Modules that have moved, for configs, bundles and reports written before version 0.2.
MOVED = {
    "data_prep.corpora.an4": "data_prep.corpora.an4.an4",
    "data_prep.corpora.an4_digits": "data_prep.corpora.an4.digits",
    "data_prep.corpora.an4_recombined": "data_prep.corpora.an4.recombined",
}


def instantiate(spec: Mapping[str, Any], **arguments: Any) -> Any:
    """Make the object that a specification describes.

    Args:
        spec: ``_target_`` is ``package.module.Class``; the other entries are arguments. Entries that are themselves
            specifications are built first.
        arguments: Further arguments, such as widths that only other parts know.

    Raises:
        InputError: The target is not a class of our own packages, or an argument is unknown, missing or of the wrong
            type.
    """
    target = resolve(spec.get("_target_"))
    settings = {key: _build_nested(value) for key, value in spec.items() if key != "_target_"} | arguments
    parameters = inspect.signature(target).parameters
    for name in settings:
        if name not in parameters:
            hint = did_you_mean(name, parameters) or f"; it has {', '.join(parameters)}"
            raise InputError(f"{target.__name__} has no setting {name!r}{hint}")
    missing = [name for name, p in parameters.items() if p.default is p.empty and name not in settings]
    if missing:
        raise InputError(f"{target.__name__} needs {', '.join(missing)}")
    try:
        return target(**settings)
    except (TypeError, AttributeError) as error:  # a word where a number belongs, say
        raise InputError(f"{target.__name__} cannot be made of {settings}: {error}") from error


def describe(thing: Any) -> dict[str, Any]:
    """The specification that `instantiate` makes an equal object of; of a dataclass whose fields are its settings."""
    kind = type(thing)
    settings = {field.name: getattr(thing, field.name) for field in fields(thing)}
    return {"_target_": f"{kind.__module__}.{kind.__qualname__}"} | settings


def resolve(target: Any) -> type:
    """The class that a dotted name means.

    Only a class defined in the named module of our own packages is taken, so that a bundle or config from elsewhere
    cannot make us call anything else.
    """
    module_name, _, class_name = str(target).rpartition(".")
    module_name = MOVED.get(module_name, module_name)
    if module_name.split(".")[0] not in PACKAGES:
        raise InputError(f"_target_ {target!r} is not allowed: it must be a class of {' or '.join(PACKAGES)}")
    try:
        found = getattr(importlib.import_module(module_name), class_name)
    except (ImportError, AttributeError) as error:
        raise InputError(f"_target_ {target!r} cannot be found ({error})") from None
    if not inspect.isclass(found) or found.__module__ != module_name:
        raise InputError(f"_target_ {target!r} is not a class of the module {module_name}")
    return found


def _build_nested(value: Any) -> Any:
    if isinstance(value, Mapping):
        return instantiate(value) if "_target_" in value else {key: _build_nested(item) for key, item in value.items()}
    return tuple(_build_nested(item) for item in value) if isinstance(value, list | tuple) else value

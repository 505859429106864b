"""Makes objects from specifications: mappings of ``_target_`` and the constructor's arguments.

Why not `hydra.utils.instantiate`: it imports and calls whatever ``_target_`` names, so a bundle from a stranger could
run any code. Here only classes that are defined in this project's own packages are allowed, wherever the specification
comes from. Besides, a wrong setting is an `InputError` that suggests the nearest right name, and a class whose module
has moved is found under its former name.
"""

import importlib
import inspect
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any

from data_prep.dependency_groups import explain_import_error
from data_prep.errors import InputError, did_you_mean

#: The only packages whose classes a specification may name.
PACKAGES = ("data_prep", "recognizers")
#: Modules that have moved, for configs, bundles and reports written before version 0.2.
MOVED = {"data_prep.corpora.an4.an4": "data_prep.corpora.an4"}
_RECOMBINED = "set augment.recombine.copies=1 instead, which recombines the words of any corpus"
_DIGITS = "write the words of AN4 with python -m pipelines.align formats=units, and see experiment=fsdd_an4"
#: Modules that are gone, under all their names, and what to do instead.
REMOVED = {
    "data_prep.corpora.an4_recombined": _RECOMBINED,
    "data_prep.corpora.an4.recombined": _RECOMBINED,
    "data_prep.corpora.an4_digits": _DIGITS,
    "data_prep.corpora.an4.digits": _DIGITS,
}


def instantiate(spec: Mapping[str, Any], **arguments: Any) -> Any:
    """Make the object that a specification describes.

    Args:
        spec: ``_target_`` is ``package.module.Class``; the other entries are arguments of its constructor. Entries
            that are themselves specifications are instantiated first, and lists become tuples.
        arguments: Further arguments, such as a width that is known only from another part.

    Raises:
        InputError: ``_target_`` is not a class of this project, or an argument is unknown, missing or of the wrong
            type.
    """
    target = resolve(spec.get("_target_"))
    settings = {key: _instantiate_nested(value) for key, value in spec.items() if key != "_target_"} | arguments
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
    except (TypeError, AttributeError) as error:  # for example, a string where a number belongs
        raise InputError(f"{target.__name__} does not accept {settings}: {error}") from error


def describe(instance: Any) -> dict[str, Any]:
    """Describe a dataclass instance by a specification from which `instantiate` makes an equal one."""
    kind = type(instance)
    settings = {field.name: getattr(instance, field.name) for field in fields(instance)}
    return {"_target_": f"{kind.__module__}.{kind.__qualname__}"} | settings


def complete_settings(spec: Mapping[str, Any]) -> dict[str, Any]:
    """Return all settings of a specification, those it leaves out included, by dotted names; lists become tuples.

    Raises:
        InputError: A ``_target_`` is not a class of this project.
    """
    defaults = {}
    if "_target_" in spec:
        parameters = inspect.signature(resolve(spec["_target_"])).parameters.values()
        defaults = {each.name: each.default for each in parameters if each.default is not each.empty}
    complete: dict[str, Any] = {}
    for name, value in (defaults | dict(spec)).items():
        if is_dataclass(value) and not isinstance(value, type):
            value = describe(value)
        if isinstance(value, Mapping):
            complete |= {f"{name}.{inner}": each for inner, each in complete_settings(value).items()}
        else:
            complete[name] = tuple(value) if isinstance(value, list) else value
    return complete


def resolve(target: Any) -> type:
    """Find the class with a dotted name.

    Raises:
        InputError: The name is not that of a class defined in one of this project's own modules; a class that such a
            module merely imports is refused as well.
    """
    module_name, _, class_name = current_target(str(target)).rpartition(".")
    if module_name.split(".")[0] not in PACKAGES:
        raise InputError(f"_target_ {target!r} is not allowed: it must be a class of {' or '.join(PACKAGES)}")
    if module_name in REMOVED:
        raise InputError(f"_target_ {target!r} does not exist any more; {REMOVED[module_name]}")
    try:
        found = getattr(importlib.import_module(module_name), class_name)
    except (ImportError, AttributeError) as error:
        if isinstance(error, ImportError) and (explained := explain_import_error(class_name, error)):
            raise explained from None
        raise InputError(f"_target_ {target!r} cannot be found ({error})") from None
    if not inspect.isclass(found) or found.__module__ != module_name:
        raise InputError(f"_target_ {target!r} is not a class defined in {module_name}")
    return found


def current_target(target: str) -> str:
    """Return the present dotted name of a class, whose module may have moved."""
    module_name, _, class_name = target.rpartition(".")
    return f"{MOVED.get(module_name, module_name)}.{class_name}"


def _instantiate_nested(value: Any) -> Any:
    if isinstance(value, Mapping):
        if "_target_" in value:
            return instantiate(value)
        return {key: _instantiate_nested(item) for key, item in value.items()}
    return tuple(_instantiate_nested(item) for item in value) if isinstance(value, list | tuple) else value

"""Arrays on their way to a page and back: playwright takes minutes for what base64 takes milliseconds."""

import base64
from typing import Any

import numpy as np

KINDS = {"int8": "Int8", "int16": "Int16", "int64": "BigInt64", "float32": "Float32", "float64": "Float64"}
#: Defines `packed` and `unpacked`, as below, for typed arrays.
MODULE = """
const kinds = %s;
export function unpacked(value) {
  if (Array.isArray(value)) return value.map(unpacked);
  if (value?.base64 === undefined) {
    return value?.constructor === Object
      ? Object.fromEntries(Object.entries(value).map(([name, each]) => [name, unpacked(each)])) : value;
  }
  const bytes = Uint8Array.from(atob(value.base64), (character) => character.charCodeAt(0));
  return new kinds[value.kind](bytes.buffer);
}
export function packed(value) {
  if (Array.isArray(value)) return value.map(packed);
  const kind = Object.keys(kinds).find((name) => value instanceof kinds[name]);
  if (!kind) return value?.constructor === Object
    ? Object.fromEntries(Object.entries(value).map(([name, each]) => [name, packed(each)])) : value;
  const bytes = new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  return { kind, base64: btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join("")) };
}
""" % ("{ " + ", ".join(f"{name}: {kind}Array" for name, kind in KINDS.items()) + " }")


def packed(value: Any) -> Any:
    """Replace arrays in lists by what JSON can hold."""
    if isinstance(value, list | tuple):
        return [packed(each) for each in value]
    if not isinstance(value, np.ndarray):
        return value
    return {"kind": value.dtype.name, "base64": base64.b64encode(np.ascontiguousarray(value).tobytes()).decode()}


def unpacked(value: Any) -> Any:
    """The reverse; all arrays have one dimension."""
    if isinstance(value, list):
        return [unpacked(each) for each in value]
    if not isinstance(value, dict):
        return value
    if set(value) == {"kind", "base64"}:
        return np.frombuffer(base64.b64decode(value["base64"]), np.dtype(value["kind"]))
    return {name: unpacked(each) for name, each in value.items()}

"""What the `datasets` library reads of a Parquet file's metadata: the kind of each column."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

IMAGE = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
"""A column of encoded images."""

NAMES = {
    pa.string(): "string",
    pa.bool_(): "bool",
    pa.int32(): "int32",
    pa.int64(): "int64",
    pa.float64(): "float64",
}


def huggingface(schema: pa.Schema, labels: Mapping[str, Sequence[str]] | None = None) -> str:
    """Describe a table's columns as `datasets` does.

    Args:
        schema: with columns of numbers, texts, images, lists of them and structs of these.
        labels: of columns that number classes, the classes' names.
    """
    features = {
        field.name: {"names": list(labels[field.name]), "_type": "ClassLabel"}
        if labels and field.name in labels
        else _feature(field.type)
        for field in schema
    }
    return json.dumps({"info": {"features": features}}, ensure_ascii=False)


def _feature(kind: pa.DataType) -> dict[str, Any]:
    if kind == IMAGE:
        return {"_type": "Image"}
    if pa.types.is_struct(kind):
        return {field.name: _feature(field.type) for field in kind}
    if pa.types.is_list(kind):
        return {"feature": _feature(kind.value_type), "_type": "List"}
    return {"dtype": NAMES[kind], "_type": "Value"}

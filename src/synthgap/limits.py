"""How large and how small the numbers of a study file may be, each with its reason.

They stand here and not in the sections, since they decide no result: a limit that is moved makes
nothing stale (see `synthgap.identity`). A section may set narrower ones of its own.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple


class Limit(NamedTuple):
    """How far a number may go, where its section does not say it."""

    most: float
    why: str = ""
    """Why no more."""
    least: float | None = None
    """As far below zero as above it if left out."""
    why_least: str = ""
    """Why no less, also where the section says how little that is."""


USUAL = Limit(1_000_000)
"""Of a number that has no entry below: more than any study has of anything."""

_TABLES = "more than any data set has of a class"
_PIXELS = "larger than any model makes or sees"
_RATE = "any model diverges long before"

LIMITS: Mapping[str, Limit] = MappingProxyType(
    {
        "seed": Limit(2**63 - 1, "tables hold no larger ones"),
        "seeds": Limit(2**32 - 1, "NumPy takes no larger ones"),
        "replicates": Limit(1_000, "each is a study of its own"),
        "images_per_class": Limit(1_000_000, _TABLES),
        "val_per_class": Limit(1_000_000, _TABLES),
        "n": Limit(1_000_000, _TABLES, why_least="one image has no spread"),
        "draws": Limit(
            100_000,
            "every measure of every class stores as many",
            why_least="the ends of a 95 % interval need some beyond them",
        ),
        "jobs_per_device": Limit(100, "each job holds a model of its own"),
        "num_inference_steps": Limit(10_000, "models are trained on a thousand"),
        "height": Limit(16_384, _PIXELS),
        "width": Limit(16_384, _PIXELS),
        "image_size": Limit(16_384, _PIXELS),
        "guidance_scale": Limit(1_000, "images are of one colour long before"),
        "pag_scale": Limit(1_000, "images are of one colour long before"),
        "batch_size": Limit(1_000_000, "no memory holds them", least=1),
        "gpus": Limit(1_000, "no machine has as many"),
        "readers": Limit(1_000, "each is a process"),
        "learning_rate": Limit(1_000, _RATE),
        "learning_rate_per_256": Limit(1_000, _RATE),
        "weight_decay": Limit(1_000, _RATE),
        "mixup": Limit(1_000, "all images are mixed half and half long before"),
        "cutmix": Limit(1_000, "all images are mixed half and half long before"),
        "color_jitter": Limit(100, "no colour is left long before"),
        "crop_ratio": Limit(1_000, "no image is as wide", least=0.001),
        "rank": Limit(4_096, "no layer of a denoiser is as wide"),
        "steps": Limit(10_000_000, "that takes months"),
    }
)
"""By key, of whatever section."""


def bound(schema: Any) -> None:
    """Put limits to the numbers of a section, in place.

    Args:
        schema: Pydantic's core schema of the section. Other sections in it have their own.
    """
    for key, field in _fields_of(schema).items():
        _bound(field, LIMITS.get(key, USUAL), numbers_only=True)


def _fields_of(schema: Any) -> Mapping[str, Any]:
    # Validators of the whole section stand around its fields.
    while schema["type"] != "model-fields":
        schema = schema["schema"]
    fields: Mapping[str, Any] = schema["fields"]
    return fields


def _bound(schema: Any, limit: Limit, numbers_only: bool) -> None:
    """Go down to the numbers of a field."""
    if isinstance(schema, list | tuple):
        for each in schema:
            _bound(each, limit, numbers_only)
        return
    if not isinstance(schema, dict) or schema.get("type") in ("model", "definition-ref"):
        return
    if _is_bounded(schema):
        # Each adapter of a section comes here with the same schema, in a worker for each job.
        return
    if schema.get("type") in ("int", "float"):
        _bound_number(schema, limit, numbers_only)
        return
    choices = schema.get("choices")
    if isinstance(choices, dict):
        # Of a union that a tag decides.
        choices = list(choices.values())
        _bound(choices, limit, numbers_only)
    if isinstance(choices, list) and any(_is_truth(choice) for choice in choices):
        numbers_only = False
    for key in ("schema", "items_schema", "values_schema", "choices"):
        _bound(schema.get(key), limit, numbers_only)


def _is_bounded(schema: Mapping[str, Any]) -> bool:
    function = schema.get("function")
    return isinstance(function, dict) and function["function"] in (_whole, _no_truth)


def _is_truth(choice: Any) -> bool:
    return isinstance(choice, dict) and choice.get("type") == "bool"


def _bound_number(schema: dict[str, Any], limit: Limit, numbers_only: bool) -> None:
    kind = int if schema["type"] == "int" else float
    if not {"le", "lt"} & set(schema):
        schema["le"] = kind(limit.most)
    if not {"ge", "gt"} & set(schema):
        schema["ge"] = kind(-limit.most if limit.least is None else limit.least)
    if kind is float:
        schema["allow_inf_nan"] = False
    if numbers_only:
        number = dict(schema)
        schema.clear()
        schema.update(
            type="function-before",
            function={"type": "no-info", "function": _whole if kind is int else _no_truth},
            schema=number,
        )


def _no_truth(value: Any) -> Any:
    # Pydantic takes `yes` for 1.
    if isinstance(value, bool):
        raise ValueError(f"must be a number, not {str(value).lower()}")
    return value


def _whole(value: Any) -> Any:
    # Pydantic does not take 1e30 for a whole number, and would not say that it is too large.
    whole = isinstance(value, float) and value.is_integer()
    return int(value) if whole else _no_truth(value)

"""Each prompt is encoded once, and alone.

A class has few prompts and many images, and a text encoder may be larger than the denoiser. Encoded
alone, a prompt's embedding does not depend on the batch that it is in.
"""

import inspect
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Any

MEMO_BYTES = 512 * 2**20
"""Embeddings kept on the device: of thousands of prompts from a CLIP, of a hundred from a T5."""


class PromptMemo:
    """Stands for the `encode_prompt` of a pipeline and gives what it would give."""

    def __init__(self, encode: Callable[..., Any], limit: int = MEMO_BYTES) -> None:
        """Wrap a pipeline's `encode_prompt`, and keep at most `limit` bytes of what it returns."""
        self._encode = encode
        self._signature = inspect.signature(encode)
        self._limit = limit
        self._kept: OrderedDict[str, tuple[Any, int]] = OrderedDict()
        self._bytes = 0

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Encode a batch of prompts row by row, or in one if rows cannot be put together."""
        given = self._signature.bind(*args, **kwargs).arguments
        prompts = given.get("prompt")
        if not isinstance(prompts, list) or not _plain(given):
            return self._encode(*args, **kwargs)
        rows = [self._row(_row_of(given, number, len(prompts))) for number in range(len(prompts))]
        joined = _joined([row if isinstance(row, tuple) else (row,) for row in rows])
        if joined is None:
            return self._encode(*args, **kwargs)
        return joined if isinstance(rows[0], tuple) else joined[0]

    def _row(self, given: dict[str, Any]) -> Any:
        key = repr(sorted(given.items()))
        if key not in self._kept:
            row = self._encode(**given)
            self._kept[key] = (row, _size(row))
            self._bytes += _size(row)
            while self._bytes > self._limit and len(self._kept) > 1:
                self._bytes -= self._kept.popitem(last=False)[1][1]
        self._kept.move_to_end(key)
        return self._kept[key][0]


def _plain(given: dict[str, Any]) -> bool:
    """Whether the arguments are prompts and settings, none of them embeddings made before."""
    return all("embeds" not in name or value is None for name, value in given.items())


def _row_of(given: dict[str, Any], number: int, rows: int) -> dict[str, Any]:
    """The arguments for one of the prompts: of lists of prompts its own one."""
    return {
        name: [value[number]]
        if "prompt" in name and isinstance(value, list) and len(value) == rows
        else value
        for name, value in given.items()
    }


def _joined(rows: Sequence[tuple[Any, ...]]) -> tuple[Any, ...] | None:
    """Put the rows' outputs together; None where prompts of different length have no common shape.

    An output whose first dimension is not the batch, such as FLUX's `text_ids`, is taken as it is.
    """
    import torch

    joined: list[Any] = []
    for parts in zip(*rows, strict=True):
        first = parts[0]
        if isinstance(first, list):
            joined.append([item for part in parts for item in part])
        elif len({getattr(part, "shape", None) for part in parts}) > 1:
            return None
        elif isinstance(first, torch.Tensor) and first.shape[0] == 1:
            joined.append(torch.cat(parts))
        elif all(part is first or torch.equal(part, first) for part in parts):
            joined.append(first)
        else:
            return None
    return tuple(joined)


def _size(value: Any) -> int:
    if isinstance(value, (tuple, list)):
        return sum(map(_size, value))
    return int(getattr(value, "nbytes", 0))

"""What of a text reaches a model: its tokenizers and their limits, as far as this machine has them.

Nothing is downloaded, and neither torch nor transformers is imported: planning must stay fast.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers

from synthgap.embedding.encoders import Encoder
from synthgap.generation.generators import Generator
from synthgap.jobs.resources import snapshot
from synthgap.miniature.tokenizer import MAX_TOKENS
from synthgap.models import ModelSource, miniature_place

CONTEXT: Mapping[str, int] = MappingProxyType({"clip": 77, "siglip": 64, "siglip2": 64})
"""Tokens of a text by type of model, where its configuration leaves it to transformers' default."""

T5_CONTEXT: Mapping[str, int] = MappingProxyType(
    {
        "AuraFlowPipeline": 256,
        "ChromaPipeline": 512,
        "FluxPipeline": 512,
        "PixArtAlphaPipeline": 120,
        "PixArtSigmaPipeline": 300,
        "StableDiffusion3Pipeline": 256,
    }
)
"""`max_sequence_length` of a pipeline's call by itself; it is the T5's limit."""

NO_LIMIT = 10**6
"""More tokens than any encoder takes: how transformers says that a tokenizer knows no limit."""

CLIP_WORDS = (
    r"<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"
)
"""What CLIP's tokenizer takes for words (transformers, CLIPTokenizer)."""


class Length(NamedTuple):
    """How long a text is for an encoder."""

    tokens: int
    exact: bool
    """Else it has at least as many."""


class _LengthsOfWords(dict[str, int]):
    """Tokens of each word, found when it is first asked for."""

    def __init__(self, tokens: Callable[[str], Sequence[int]]) -> None:
        super().__init__()
        self.tokens = tokens

    def __missing__(self, word: str) -> int:
        self[word] = len(self.tokens(word))
        return self[word]


class TextEncoder:
    """A tokenizer and the tokens that its encoder takes; without the tokenizer, of words alone."""

    def __init__(self, limit: int, tokenizer: Tokenizer | None, specials: int = 2) -> None:
        """Take a tokenizer over.

        Args:
            limit: tokens of a text, those included that begin and end it.
            tokenizer: None if it is not on this machine.
            specials: how many begin and end a text.
        """
        self.limit, self.tokenizer, self.specials = limit, tokenizer, specials
        self._lengths = _LengthsOfWords(self._tokens)

    def estimate(self, text: str) -> int:
        """Tokens of a text, or more; what is found fast. No more than the limit where it is sure.

        Without a tokenizer no more than there are for certain.
        """
        # No tokenizer makes more tokens of plain text than it has letters.
        if text.isascii() and len(text) + self.specials <= self.limit:
            return self.specials
        words = text.split()
        if self.tokenizer is None:
            return len(words) + self.specials
        # Words repeat; what joins them to fewer tokens is found by `length`.
        return sum(map(self._lengths.__getitem__, words)) + self.specials

    def length(self, text: str) -> Length | None:
        """The length of a text that the encoder cuts; None if it takes all of it."""
        estimate = self.estimate(text)
        if estimate <= self.limit:
            return None
        if self.tokenizer is None:
            return Length(estimate, exact=False)
        tokens = len(self._tokens(text)) + self.specials
        return Length(tokens, exact=True) if tokens > self.limit else None

    def seen(self, text: str) -> Sequence[int | str]:
        """What is left of a text when it is cut; equal for texts that the model cannot tell apart.

        Without a tokenizer some that it cannot tell apart differ.
        """
        room = max(0, self.limit - self.specials)
        if self.tokenizer is None:
            # Each word has one token at least.
            return text.split()[:room]
        return self._tokens(text)[:room]

    def _tokens(self, text: str) -> Sequence[int]:
        assert self.tokenizer is not None
        ids: list[int] = self.tokenizer.encode(text, add_special_tokens=False).ids
        return ids


TextEncoders = tuple[TextEncoder, ...]
"""All text encoders of a model; none where nothing is known of them."""


def of_encoder(encoder: Encoder, results: str) -> TextEncoders:
    """The text encoder of an encoder of images and texts.

    Args:
        encoder: a section of the study.
        results: where the miniature's models lie once they are trained.
    """
    if not encoder.embeds_text:
        return ()
    folder = _folder(encoder.model, results, "encoder")
    if folder is None:
        return _untrained(encoder.model)
    config = _json(folder / "config.json")
    own = config.get("text_config", {}).get("max_position_embeddings")
    limits = [own or CONTEXT.get(config.get("model_type", "")), _limit_of_tokenizer(folder)]
    known = [limit for limit in limits if limit]
    return (_open(folder, min(known)),) if known else ()


def of_generator(generator: Generator, results: str) -> TextEncoders:
    """The text encoders of a pipeline of diffusers.

    Args:
        generator: a section of the study.
        results: where the miniature's models lie once they are trained.
    """
    model = generator.opens()
    if model is None:
        return ()
    folder = _folder(model, results, "generator")
    if folder is None:
        return _untrained(model)
    parts = _json(folder / "model_index.json")
    found = []
    for name in ("tokenizer", "tokenizer_2", "tokenizer_3"):
        _, kind = parts.get(name) or (None, None)
        if kind is None:
            continue
        limit = None
        if kind.startswith("CLIPTokenizer"):
            limit = _limit_of_tokenizer(folder / name)
        elif kind.startswith("T5Tokenizer"):
            own = T5_CONTEXT.get(parts.get("_class_name", ""))
            limit = getattr(generator, "arguments", {}).get("max_sequence_length", own)
        if not isinstance(limit, int):
            # What one encoder cuts, another may still read.
            return ()
        found.append(_open(folder / name, limit))
    return tuple(found)


def cut_length(encoders: Sequence[TextEncoder], texts: Iterable[str]) -> tuple[Length, int] | None:
    """Length of the longest text that all encoders cut, and the limit of the one that takes most.

    None if one of them takes all of each text.
    """
    if not encoders:
        return None
    largest = max(encoders, key=lambda encoder: encoder.limit)
    long = [
        text
        for text in texts
        if all(encoder.estimate(text) > encoder.limit for encoder in encoders)
    ]
    for text in sorted(long, key=largest.estimate, reverse=True):
        length = largest.length(text)
        others = (encoder.length(text) for encoder in encoders if encoder is not largest)
        if length is not None and None not in others:
            return length, largest.limit
    return None


def alike(encoders: Sequence[TextEncoder], one: str, other: str) -> bool:
    """Whether no encoder tells two texts apart."""
    if one == other:
        return True
    if not encoders:
        return False
    # Most texts differ in their first word.
    first, second = one.lower().split(), other.lower().split()
    if first[:1] != second[:1]:
        return False
    cut = cut_length(encoders, (one, other)) is not None
    return (cut or first == second) and all(
        encoder.seen(one) == encoder.seen(other) for encoder in encoders
    )


def _folder(model: ModelSource, results: str, role: str) -> Path | None:
    """Where a model's files lie; None if they are not on this machine."""
    if model.miniature is not None:
        folder = Path(results) / "models" / miniature_place(model.miniature, role)
    elif model.folder is not None:
        folder = Path(model.folder)
    else:
        folder = snapshot(model.repository or "", model.revision or "")
    return folder if folder.is_dir() else None


def _untrained(model: ModelSource) -> TextEncoders:
    return (TextEncoder(MAX_TOKENS, None),) if model.miniature is not None else ()


def _json(file: Path) -> dict[str, Any]:
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        # What is wrong with a model is said by the job that opens it.
        return {}
    return content if isinstance(content, dict) else {}


def _limit_of_tokenizer(folder: Path) -> int | None:
    limit = _json(folder / "tokenizer_config.json").get("model_max_length")
    return int(limit) if isinstance(limit, int | float) and limit < NO_LIMIT else None


def _open(folder: Path, limit: int) -> TextEncoder:
    # The library raises `Exception` itself where a file is no tokenizer; the job will say so.
    with suppress(Exception):
        if (folder / "tokenizer.json").is_file():
            tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
            tokenizer.no_truncation()
            tokenizer.no_padding()
            return TextEncoder(limit, tokenizer, tokenizer.num_special_tokens_to_add(False))
        if (folder / "vocab.json").is_file():
            return TextEncoder(limit, _clip_tokenizer(folder))
    return TextEncoder(limit, None)


def _clip_tokenizer(folder: Path) -> Tokenizer:
    """CLIP's tokenizer from its older files, as transformers makes it."""
    model = models.BPE.from_file(
        str(folder / "vocab.json"),
        str(folder / "merges.txt"),
        end_of_word_suffix="</w>",
        continuing_subword_prefix="",
        unk_token="<|endoftext|>",
    )
    tokenizer = Tokenizer(model)
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.NFC(), normalizers.Replace(Regex(r"\s+"), " "), normalizers.Lowercase()]
    )
    words = pre_tokenizers.Split(Regex(CLIP_WORDS), behavior="removed", invert=True)
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [words, pre_tokenizers.ByteLevel(add_prefix_space=False)]
    )
    return tokenizer

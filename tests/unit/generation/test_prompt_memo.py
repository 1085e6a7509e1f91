from typing import Any

import torch

from synthgap.generation.prompt_memo import PromptMemo


class Encoder:
    """Encodes a prompt as its letters, and counts."""

    def __init__(self, padded: int | None = 8) -> None:
        self.padded = padded
        self.calls: list[dict[str, Any]] = []

    def encode_prompt(
        self, prompt, negative_prompt=None, instruction=None, prompt_embeds=None, clip_skip=None
    ):
        self.calls.append({"prompt": prompt, "negative_prompt": negative_prompt})
        if prompt_embeds is not None:
            return prompt_embeds, None, None, None
        length = self.padded or max(map(len, prompt))

        def rows(texts):
            return torch.tensor([[ord(c) for c in text.ljust(length)] for text in texts])

        negative = None if negative_prompt is None else rows(negative_prompt)
        return rows(prompt), negative, torch.zeros(length, 3), [f"<{text}>" for text in prompt]


def same(one: Any, other: Any) -> bool:
    return len(one) == len(other) and all(
        torch.equal(a, b) if isinstance(a, torch.Tensor) else a == b
        for a, b in zip(one, other, strict=True)
    )


def test_gives_what_the_pipeline_would_give():
    encoder = Encoder()
    memo = PromptMemo(encoder.encode_prompt)
    prompts, negative = ["crane", "maillot", "crane"], ["a", "b", "c"]
    assert same(memo(prompts), encoder.encode_prompt(prompts))
    assert same(memo(prompts, negative), encoder.encode_prompt(prompts, negative))
    assert same(memo(prompt=prompts[:1]), encoder.encode_prompt(prompts[:1]))


def test_encodes_each_prompt_once_with_its_negative():
    encoder = Encoder()
    memo = PromptMemo(encoder.encode_prompt)
    for _ in range(2):
        memo(["crane", "maillot", "crane"], negative_prompt=["x", "x", "y"])
    assert [(call["prompt"], call["negative_prompt"]) for call in encoder.calls] == [
        (["crane"], ["x"]),
        (["maillot"], ["x"]),
        (["crane"], ["y"]),
    ]


def test_other_settings_are_other_embeddings():
    encoder = Encoder()
    memo = PromptMemo(encoder.encode_prompt)
    memo(["crane"], clip_skip=1)
    memo(["crane"], clip_skip=2)
    assert len(encoder.calls) == 2


def test_a_list_that_is_no_prompt_goes_to_every_row_whole():
    seen = []

    def encode_prompt(prompt, instruction):
        seen.append(instruction)
        return (torch.zeros(len(prompt), 2),)

    PromptMemo(encode_prompt)(["a", "b"], instruction=["two", "lines"])
    assert seen == [["two", "lines"]] * 2


def test_prompts_of_different_length_are_encoded_together():
    encoder = Encoder(padded=None)
    memo = PromptMemo(encoder.encode_prompt)
    found = memo(["a crane", "maillot", "crane"])
    assert same(found, Encoder(padded=None).encode_prompt(["a crane", "maillot", "crane"]))


def test_embeddings_that_were_made_before_pass_through():
    encoder = Encoder()
    embeds = torch.ones(1, 2)
    assert PromptMemo(encoder.encode_prompt)(None, prompt_embeds=embeds)[0] is embeds


def test_keeps_the_latest_within_its_limit():
    encoder = Encoder()
    memo = PromptMemo(encoder.encode_prompt, limit=4 * (8 * 8 + 8 * 3 * 4))
    for number in range(10):
        memo([f"crane {number}"])
    assert memo._bytes <= 4 * (8 * 8 + 8 * 3 * 4)
    encoder.calls.clear()
    memo(["crane 9", "crane 6"])
    assert encoder.calls == []
    memo(["crane 5"])
    assert len(encoder.calls) == 1

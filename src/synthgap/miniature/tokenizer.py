"""A CLIP tokenizer for the miniature's language: byte-level BPE that knows its words whole."""

import json
from typing import Any

from synthgap.miniature.captions import captions

MAX_TOKENS = 40
"""Length of a caption in tokens, its start and end included; longer ones are cut."""

START, END = "<|startoftext|>", "<|endoftext|>"


def train_tokenizer() -> Any:
    """Train a `transformers.CLIPTokenizer` on all captions.

    Every byte is in its vocabulary, alone and at the end of a word, so that words from outside the
    language become bytes and never the unknown token, which in CLIP ends a caption.
    """
    from tokenizers import Tokenizer, models, pre_tokenizers, trainers
    from transformers import CLIPTokenizer

    blank = CLIPTokenizer()
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    first = [START, END, *alphabet, *(byte + "</w>" for byte in alphabet)]
    bpe = Tokenizer(models.BPE(end_of_word_suffix="</w>", continuing_subword_prefix=""))
    bpe.normalizer = blank.backend_tokenizer.normalizer
    bpe.pre_tokenizer = blank.backend_tokenizer.pre_tokenizer
    trainer = trainers.BpeTrainer(
        vocab_size=10_000,  # more than there is to merge: training ends when all words are whole
        special_tokens=first,  # numbered in this order; else ties between merges fall at random
        end_of_word_suffix="</w>",
        show_progress=False,
    )
    bpe.train_from_iterator(captions(), trainer)
    merges = [tuple(pair) for pair in json.loads(bpe.to_str())["model"]["merges"]]
    tokens = dict.fromkeys([*first, *(left + right for left, right in merges)])
    vocabulary = {token: number for number, token in enumerate(tokens)}
    return CLIPTokenizer(
        vocab=vocabulary,
        merges=merges,
        model_max_length=MAX_TOKENS,
        clean_up_tokenization_spaces=False,
    )

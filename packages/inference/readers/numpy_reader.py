#!/usr/bin/env python3
"""Reads an exported path with nothing but Python and NumPy (Debian: python3-numpy), to check Pathfold's figures.

    numpy_reader.py logits EXPORT 0,17,4
    numpy_reader.py score EXPORT DOCUMENTS

EXPORT is `{path}.hf.zip` or the folder that it holds. DOCUMENTS is a file of documents, each `{"text": ...}`: one a
line, or the answer of GET /api/v1/corpora/{id}/documents. `logits` prints a JSON list of rows, one a position; `score`
prints one JSON object with the bits per byte of the documents under Pathfold's rule (packages/corpora/scoring.ts).
"""

import argparse
import json
import math
import re
import sys
import unicodedata
import zipfile
from pathlib import Path

import numpy as np

END_OF_TEXT = 0
PREFIX_BYTES = 128
WINDOWS_AT_ONCE = 64


# Files


def read_export(export: Path) -> dict[str, bytes]:
    if export.is_dir():
        return {file.name: file.read_bytes() for file in export.iterdir() if file.is_file()}
    with zipfile.ZipFile(export) as folder:
        return {name: folder.read(name) for name in folder.namelist()}


def read_safetensors(file: bytes) -> dict[str, np.ndarray]:
    """u64 header length, JSON header, data; every tensor float32, little-endian, row-major."""
    header_bytes = int.from_bytes(file[:8], "little")
    header = json.loads(file[8 : 8 + header_bytes])
    header.pop("__metadata__", None)
    tensors = {}
    for name, entry in header.items():
        if entry["dtype"] != "F32":
            raise ValueError(f"{name} is {entry['dtype']}, not F32")
        start, end = (8 + header_bytes + offset for offset in entry["data_offsets"])
        tensors[name] = np.frombuffer(file[start:end], "<f4").reshape(entry["shape"])
    return tensors


def read_documents(file: Path) -> list[str]:
    text = file.read_text("utf-8")
    try:
        documents = json.loads(text)
    except json.JSONDecodeError:
        documents = [json.loads(line) for line in text.split("\n") if line.strip()]
    if isinstance(documents, dict):
        documents = documents["items"] if "items" in documents else [documents]
    return [document["text"] for document in documents]


# Net: Llama. B: windows, T: positions, D: width, F: hidden width, V: vocabulary, H: heads.


class Llama:
    def __init__(self, config: dict, tensors: dict[str, np.ndarray]):
        self.config = config
        self.tensors = tensors

    def _linear(self, x, name):
        return x @ self.tensors[f"{name}.weight"].T

    def _norm(self, x, name):
        mean_square = np.mean(np.square(x), axis=-1, keepdims=True)
        return x / np.sqrt(mean_square + np.float32(self.config["rms_norm_eps"])) * self.tensors[f"{name}.weight"]

    def _heads(self, x_BTD):
        batch, length, width = x_BTD.shape
        heads = self.config["num_attention_heads"]
        return x_BTD.reshape(batch, length, heads, width // heads).transpose(0, 2, 1, 3)

    def _rotate(self, x_BHTC):
        length, channels = x_BHTC.shape[-2:]
        half = channels // 2
        frequencies = self.config["rope_theta"] ** (-np.arange(half) / half)
        angles = np.arange(length)[:, None] * frequencies[None, :]
        cos, sin = np.cos(angles).astype(np.float32), np.sin(angles).astype(np.float32)
        first, second = x_BHTC[..., :half], x_BHTC[..., half:]
        return np.concatenate([first * cos - second * sin, second * cos + first * sin], axis=-1)

    def _attention(self, x_BTD, layer):
        batch, length, width = x_BTD.shape
        query = self._rotate(self._heads(self._linear(x_BTD, f"{layer}.q_proj")))
        key = self._rotate(self._heads(self._linear(x_BTD, f"{layer}.k_proj")))
        value = self._heads(self._linear(x_BTD, f"{layer}.v_proj"))
        scores = query @ key.transpose(0, 1, 3, 2) / np.float32(math.sqrt(query.shape[-1]))
        scores = np.where(np.tri(length, dtype=bool), scores, np.float32(-np.inf))
        weights = np.exp(scores - scores.max(axis=-1, keepdims=True))
        weights /= weights.sum(axis=-1, keepdims=True)
        mixed = (weights @ value).transpose(0, 2, 1, 3).reshape(batch, length, width)
        return self._linear(mixed, f"{layer}.o_proj")

    def _feed_forward(self, x, layer):
        gate = self._linear(x, f"{layer}.gate_proj")
        return self._linear(gate / (1 + np.exp(-gate)) * self._linear(x, f"{layer}.up_proj"), f"{layer}.down_proj")

    def logits(self, ids_BT: np.ndarray) -> np.ndarray:
        """ids [B, T] to logits [B, T, V]."""
        x = self.tensors["model.embed_tokens.weight"][ids_BT]
        for index in range(self.config["num_hidden_layers"]):
            layer = f"model.layers.{index}"
            x = x + self._attention(self._norm(x, f"{layer}.input_layernorm"), f"{layer}.self_attn")
            x = x + self._feed_forward(self._norm(x, f"{layer}.post_attention_layernorm"), f"{layer}.mlp")
        head = "model.embed_tokens" if self.config["tie_word_embeddings"] else "lm_head"
        return self._linear(self._norm(x, "model.norm"), head)


# Tokenizer: byte-level BPE with GPT-2's cut into words.


def character_class(major: str) -> str:
    """Every character of a major category (`L`, `N`) as the inside of a regular expression's brackets."""
    ranges, start = [], None
    for code in range(sys.maxunicode + 2):
        inside = code <= sys.maxunicode and unicodedata.category(chr(code))[0] == major
        if inside and start is None:
            start = code
        elif not inside and start is not None:
            ranges.append(f"\\U{start:08x}-\\U{code - 1:08x}")
            start = None
    return "".join(ranges)


def byte_characters() -> list[str]:
    """The printable character by which tokenizer.json spells each byte."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = iter(range(256, 512))
    return [chr(byte if byte in printable else next(others)) for byte in range(256)]


class Tokenizer:
    SPACE = "\\t-\\r \\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000\\ufeff"

    def __init__(self, tokenizer: dict):
        model = tokenizer["model"]
        self.vocabulary = model["vocab"]
        pairs = (merge.split(" ") if isinstance(merge, str) else merge for merge in model["merges"])
        self.ranks = {tuple(pair): rank for rank, pair in enumerate(pairs)}
        self.bytes_as_characters = byte_characters()
        self.cache: dict[str, list[int]] = {}
        special = {token["content"] for token in tokenizer["added_tokens"]}
        self.byte_lengths = np.zeros(len(self.vocabulary), np.int64)
        for token, id in self.vocabulary.items():
            self.byte_lengths[id] = 0 if token in special else len(token)
        letter, number, space = character_class("L"), character_class("N"), self.SPACE
        self.words = re.compile(
            f"'s|'t|'re|'ve|'m|'ll|'d| ?[{letter}]+| ?[{number}]+| ?[^{space}{letter}{number}]+"
            f"|[{space}]+(?![^{space}])|[{space}]+"
        )

    def _merge(self, word: str) -> list[int]:
        symbols = [self.bytes_as_characters[byte] for byte in word.encode("utf-8", "replace")]
        while len(symbols) > 1:
            pairs = list(zip(symbols, symbols[1:]))
            best = min(pairs, key=lambda pair: self.ranks.get(pair, math.inf))
            if best not in self.ranks:
                break
            at = pairs.index(best)
            symbols[at : at + 2] = ["".join(best)]
        return [self.vocabulary[symbol] for symbol in symbols]

    def encode(self, text: str) -> list[int]:
        ids = []
        for word in self.words.findall(text):
            if word not in self.cache:
                self.cache[word] = self._merge(word)
            ids += self.cache[word]
        return ids


# Scoring: the rule of packages/corpora/scoring.ts, in its words.


def windows_of(ids: list[int], byte_lengths: np.ndarray, context: int):
    """(inputs, targets, first scored position) of each window of a document with something to score."""
    starts = np.concatenate([[0], np.cumsum(byte_lengths[ids])])[: len(ids)]
    first = int(np.searchsorted(starts, PREFIX_BYTES)) if len(ids) else 0
    inputs = [END_OF_TEXT, *ids]
    reached = 0
    for start in range(0, len(ids), context // 2):
        if reached >= len(ids):
            return
        length = min(context, len(ids) - start)
        score_from = max(first, reached) - start
        if score_from < length:
            yield inputs[start : start + length], ids[start : start + length], score_from
        reached = start + length


def score(llama: Llama, tokenizer: Tokenizer, documents: list[str]) -> dict:
    context = llama.config["max_position_embeddings"]
    windows = [
        window
        for document in documents
        for window in windows_of(tokenizer.encode(document), tokenizer.byte_lengths, context)
    ]
    nats, tokens, scored_bytes = 0.0, 0, 0
    for at in range(0, len(windows), WINDOWS_AT_ONCE):
        part = windows[at : at + WINDOWS_AT_ONCE]
        padded = np.zeros((len(part), context), np.int64)
        for row, (inputs, _, _) in enumerate(part):
            padded[row, : len(inputs)] = inputs
        logits = llama.logits(padded).astype(np.float64)
        most = logits.max(axis=-1, keepdims=True)
        log_sums = np.log(np.exp(logits - most).sum(axis=-1)) + most[..., 0]
        for row, (_, targets, score_from) in enumerate(part):
            places, scored = np.arange(score_from, len(targets)), np.array(targets[score_from:])
            nats += float((log_sums[row, places] - logits[row, places, scored]).sum())
            tokens += len(scored)
            scored_bytes += int(tokenizer.byte_lengths[scored].sum())
    return {
        "documents": len(documents),
        "tokens": tokens,
        "bytes": scored_bytes,
        "natsPerToken": nats / tokens,
        "bitsPerByte": nats / (math.log(2) * scored_bytes),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description="Check an exported path with NumPy.")
    parser.add_argument("command", choices=["logits", "score"])
    parser.add_argument("export", type=Path, help="{path}.hf.zip, or the folder that it holds")
    parser.add_argument("subject", help="token ids joined by commas, or a file of documents")
    options = parser.parse_args()
    files = read_export(options.export)
    llama = Llama(json.loads(files["config.json"]), read_safetensors(files["model.safetensors"]))
    if options.command == "logits":
        ids = np.array([[int(id) for id in options.subject.split(",")]])
        print(json.dumps(llama.logits(ids)[0].tolist()))
    else:
        tokenizer = Tokenizer(json.loads(files["tokenizer.json"]))
        print(json.dumps(score(llama, tokenizer, read_documents(Path(options.subject)))))


if __name__ == "__main__":
    main()

"""An .npz of attention with its tokens. Numbers and strings only: nothing in a file is ever unpickled.

    attentions           numbers [layer head query key], rows that sum to 1; [step layer head query key] with `steps`.
                         As transformers gives them: numpy.stack([each.numpy() for each in output.attentions]), [layer 1 head query key].
    tokens               strings [query]
    steps                whole numbers [step], ascending (may be absent)
    mask                 [query key], True = may attend (may be absent; a key that no head of a query gives any weight then counts as masked)

An encoder and a decoder have `encoder_attentions`, `decoder_attentions` and `cross_attentions` in place of `attentions`, any of them, with
`source_tokens` besides, and `encoder_mask`, `decoder_mask`, `cross_mask`.
"""

import io
import tokenize
import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Bool, Float

from core.patterns import Patterns

Content = Path | bytes
Weights = Float[np.ndarray, "step layer head query key"]
SIDES = {  # of each array: which attention it is, the tokens that look, those that are looked at
    "attentions": ("self", "tokens", "tokens"),
    "encoder_attentions": ("encoder", "source_tokens", "source_tokens"),
    "decoder_attentions": ("decoder", "tokens", "tokens"),
    "cross_attentions": ("cross", "tokens", "source_tokens"),
}
MOST = 100_000_000  # weights of a file, all steps together
MOST_TEXT = 1 << 26  # bytes of tokens
NEAR = 0.02  # by how much a row may miss 1: what sixteen bits leave of it
SAVE = "Save it with numpy.savez(path, attentions=..., tokens=...): attentions [layer, head, query, key] as numbers, tokens as strings."


def read(content: Content, name: str = "the file") -> dict[int, list[Patterns]]:
    """By step, one Patterns for each kind of attention; ValueError in words that name what is wrong and what to do."""
    arrays = _arrays(content, name)
    named = [each for each in SIDES if each in arrays]
    if not named:
        raise ValueError(f"{name} has no array called {', '.join(SIDES)}; it has {', '.join(arrays)[:200] or 'none at all'}. {SAVE}")
    steps = _steps(arrays, name)
    found: dict[int, list[Patterns]] = {step: [] for step in steps}
    for each in named:
        part, *sides = SIDES[each]
        queries, keys = (_tokens(arrays, side, each, name) for side in sides)
        weights = _weights(arrays[each], each, len(steps) if "steps" in arrays else 0, len(queries), len(keys))
        allowed = _allowed(arrays, each.replace("attentions", "mask"), weights)
        for step, one in zip(steps, weights, strict=True):
            found[step].append(Patterns(queries, keys, one, allowed, part))
    return found


def _arrays(content: Content, name: str) -> dict[str, np.ndarray]:
    """What is asked for, as much as is announced and no more: an .npz is a .zip of .npy."""
    wanted = {"steps", "tokens", "source_tokens", *SIDES, *(each.replace("attentions", "mask") for each in SIDES)}
    try:
        with zipfile.ZipFile(io.BytesIO(content) if isinstance(content, bytes) else content) as packed:
            found, room = {}, MOST
            for member in packed.namelist():
                key = member.removesuffix(".npy")
                if key in wanted and member.endswith(".npy"):
                    with packed.open(member) as stream:
                        found[key] = _array(stream, key, name, room)
                    room -= found[key].size
                else:
                    found.setdefault(key[:100], np.zeros(0))
            return found
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError) as error:
        raise ValueError(f"{name} is no .npz that can be read ({error}). {SAVE}") from error


def _array(stream: Any, key: str, name: str, room: int) -> np.ndarray:
    try:
        version = np.lib.format.read_magic(stream)
        header = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        shape, fortran, dtype = header(stream)
    except (ValueError, SyntaxError, tokenize.TokenError) as error:
        raise ValueError(f"“{key}” in {name} is no array that can be read ({error}). {SAVE}") from error
    if dtype.hasobject:
        raise ValueError(f"“{key}” in {name} holds Python objects, which could run anything when opened; it is not read. {SAVE}")
    n = int(np.prod(shape, dtype=object))
    if min(shape, default=1) < 0 or n > room or n * dtype.itemsize > (MOST_TEXT if dtype.kind in "US" else 8 * MOST):
        raise ValueError(f"“{key}” in {name} has {n:,} entries of {dtype.itemsize} bytes; {MOST:,} weights are taken in. Keep fewer layers or tokens.")
    content = stream.read(n * dtype.itemsize + 1)
    if len(content) != n * dtype.itemsize:
        raise ValueError(f"“{key}” in {name} has another length than its shape {shape} says. Copy or write the file once more.")
    return np.frombuffer(content, dtype).reshape(shape, order="F" if fortran else "C")


def _steps(arrays: dict[str, np.ndarray], name: str) -> list[int]:
    steps = arrays.get("steps", np.zeros(1, np.int64))
    good = steps.ndim == 1 and steps.dtype.kind in "iu" and len(steps) and (np.diff(steps.astype(np.int64)) > 0).all() and steps[0] >= 0 and steps[-1] < 1e8
    if not good:
        raise ValueError(f"“steps” in {name} has to be a row of ascending whole numbers, one for each step of the attentions.")
    return [int(step) for step in steps]


def _tokens(arrays: dict[str, np.ndarray], side: str, of: str, name: str) -> list[str]:
    if side not in arrays:
        raise ValueError(f"{name} has “{of}”, but no “{side}”: which token each row and column is. {SAVE}")
    tokens = arrays[side]
    if tokens.ndim != 1 or tokens.dtype.kind not in "US" or not len(tokens):
        raise ValueError(f"“{side}” in {name} is an array of shape {tokens.shape} and type {tokens.dtype}; a row of strings was expected: numpy.array(tokens).")
    return [each.decode("utf-8", "replace") if isinstance(each, bytes) else str(each) for each in tokens.tolist()]


def _weights(given: np.ndarray, key: str, n_steps: int, n_queries: int, n_keys: int) -> Weights:
    if given.dtype.kind != "f" and given.dtype.kind not in "iub":
        raise ValueError(f"“{key}” holds values of type {given.dtype}; numbers were expected.")
    axes = 5 if n_steps else 4
    if given.ndim == axes + 1 and given.shape[axes - 3] == 1:  # transformers' batch of one
        given = given.reshape(*given.shape[: axes - 3], *given.shape[axes - 2 :])
    told = f"{'step, ' if n_steps else ''}layer, head, query, key"
    if given.ndim != axes or 0 in given.shape or (n_steps and len(given) != n_steps):
        raise ValueError(f"“{key}” has the shape {given.shape}; [{told}] was expected. Of one layer alone make it with x[None]; take one text out of a batch.")
    if given.shape[-2:] != (n_queries, n_keys):
        raise ValueError(f"“{key}” has {given.shape[-2]} queries and {given.shape[-1]} keys for {n_queries} and {n_keys} tokens. Are special tokens left out?")
    weights = given.astype(np.float32) if n_steps else given[None].astype(np.float32)
    for place in np.ndindex(weights.shape[:-2]):
        rows = weights[place]
        sums = rows.sum(-1)
        wrong: np.ndarray = ~np.isfinite(sums) | (rows < -1e-6).any(-1) | ((np.abs(sums - 1) > NEAR) & (np.abs(sums) > 1e-6))
        if wrong.any():
            row = int(wrong.argmax())
            where = f"layer {place[1] + 1}, head {place[2] + 1}, query {row + 1}"
            raise ValueError(f"“{key}” holds no attention weights: the row of {where} sums to {sums[row]:.4g}, not to 1. Are they scores before the softmax?")
    return np.clip(weights, 0, 1)


def _allowed(arrays: dict[str, np.ndarray], key: str, weights: Weights) -> Bool[np.ndarray, "query key"]:
    shape = weights.shape[-2:]
    if key not in arrays:
        seen: np.ndarray = np.asarray((weights > 0).any(axis=(0, 1, 2)))
        return seen
    mask = arrays[key]
    if mask.dtype != bool or mask.shape != shape:
        raise ValueError(f"“{key}” has the shape {mask.shape} and the type {mask.dtype}; {shape} of bool was expected, True where attention is allowed.")
    if (weights * ~mask > NEAR).any():
        raise ValueError(f"“{key}” forbids keys that have weight. True has to stand for: may attend. Turn it with ~mask.")
    return mask

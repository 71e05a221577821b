"""Attention from elsewhere: what is read, how it is kept, and what is said of files that are none."""

import io
import json
import zipfile
from pathlib import Path

import numpy as np
import pytest

from core import attention_files
from core.attention_files.reading import read

TOKENS = ["the", "king", "<b>", "王"]
N = len(TOKENS)
PAST = np.tri(N, dtype=bool)


def softmax(shape: tuple[int, ...], mask: np.ndarray, seed: int = 0) -> np.ndarray:
    scores = np.where(mask, np.random.default_rng(seed).normal(size=shape), -np.inf)
    weights = np.exp(scores - scores.max(-1, keepdims=True))
    return (weights / weights.sum(-1, keepdims=True)).astype(np.float32)


SELF = softmax((2, 3, N, N), PAST)


def npz(**arrays: object) -> bytes:
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


def test_what_transformers_gives_is_read_with_its_mask() -> None:
    """A tuple of [1 head query key], stacked."""
    ((found,),) = read(npz(attentions=SELF[:, None], tokens=TOKENS)).values()
    assert (found.queries, found.keys, found.part) == (TOKENS, TOKENS, "self")
    np.testing.assert_array_equal(found.weights, SELF)
    np.testing.assert_array_equal(found.allowed, PAST)


def test_an_encoder_and_a_decoder_have_attentions_of_their_own() -> None:
    source, cross = ["a", "b"], softmax((2, 3, N, 2), np.ones((N, 2), bool))
    given = {"cross_attentions": cross, "encoder_attentions": np.full((1, 1, 2, 2), 0.5), "decoder_attentions": SELF}
    (found,) = read(npz(**given, tokens=TOKENS, source_tokens=source, encoder_mask=np.ones((2, 2), bool))).values()
    assert [(each.part, each.queries, each.keys) for each in found] == [("encoder", source, source), ("decoder", TOKENS, TOKENS), ("cross", TOKENS, source)]


def test_a_file_is_kept_once_is_listed_and_goes(home: Path) -> None:
    content = npz(attentions=np.stack([SELF, SELF[:, ::-1]]), tokens=TOKENS, steps=[10, 20])
    kept = attention_files.add(content, "my <i>.npz")
    assert attention_files.add(content, "my <i>.npz").id == kept.id
    assert [each.id for each in attention_files.opened()] == [kept.id]
    assert kept.about == "Self-attention of 2 layers x 3 heads, 4 x 4 tokens, at 2 steps."
    assert [each.step for each in kept.snapshots()] == [10, 20]
    ((again,),) = kept.snapshots()[1].attention()
    np.testing.assert_allclose(again.packed().weights / 65_000, SELF[:, ::-1], atol=1e-5)
    (kept.folder / "about.json").write_text(json.dumps({"id": 3}))
    assert attention_files.opened() == []
    kept.remove()
    kept.remove()
    assert not kept.folder.exists()


class Thing:
    """What must never come to life out of a file."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return pytest.fail, ("unpickled",)


def bomb() -> bytes:
    """Announces more numbers than any machine has."""
    file, header = io.BytesIO(), io.BytesIO()
    np.lib.format.write_array_header_1_0(header, {"descr": "<f4", "fortran_order": False, "shape": (10**6, 10**6, 10**3, 8)})
    with zipfile.ZipFile(file, "w") as packed:
        packed.writestr("attentions.npy", header.getvalue())
    return file.getvalue()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is no .npz"),
        (b"PK\x03\x04 cut short", "is no .npz"),
        (npz(other=SELF), "no array called attentions"),
        (npz(attentions=SELF), "no “tokens”"),
        (npz(attentions=SELF, tokens=TOKENS[:3]), "4 queries and 4 keys for 3 and 3 tokens"),
        (npz(attentions=SELF[0], tokens=TOKENS), r"\[layer, head, query, key\] was expected"),
        (npz(attentions=np.stack([SELF, SELF], 1), tokens=TOKENS), "take one text out of a batch"),
        (npz(attentions=np.log(np.maximum(SELF, 1e-9)), tokens=TOKENS), "Are they scores before the softmax"),
        (npz(attentions=np.where(PAST, SELF, np.nan) * np.nan, tokens=TOKENS), "sums to nan"),
        (npz(attentions=SELF.astype(str), tokens=TOKENS), "numbers were expected"),
        (npz(attentions=SELF, tokens=np.arange(4)), "a row of strings was expected"),
        (npz(attentions=SELF, tokens=np.array([*TOKENS[:3], Thing()], dtype=object)), "could run anything"),
        (npz(attentions=SELF, tokens=TOKENS, mask=~PAST), "True has to stand for: may attend"),
        (npz(attentions=SELF, tokens=TOKENS, mask=PAST[:2]), "of bool was expected"),
        (npz(attentions=np.stack([SELF, SELF]), tokens=TOKENS, steps=[2, 1]), "ascending whole numbers"),
        (bomb(), "Keep fewer layers or tokens"),
    ],
)
def test_what_cannot_be_read_is_told_with_what_to_do(content: bytes, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        read(content)

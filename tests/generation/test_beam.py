import itertools

import pytest
import torch
from transformers import BartConfig, BartForConditionalGeneration

from core.generation.beam import length_penalty, search
from core.generation.greedy import greedy

END = 0


def table(seed: int = 0) -> torch.Tensor:
    """The next token's logits follow from the last token alone."""
    return 2 * torch.randn(5, 5, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("seed", range(5))
def test_a_beam_as_wide_as_all_sequences_finds_the_best_of_them(seed: int) -> None:
    logits, alpha = table(seed), 0.7
    log_p = logits.log_softmax(-1)
    best = {}
    for n in range(4):
        for middle in itertools.product(range(1, 5), repeat=n):
            ids = (*middle, END)
            best[ids] = float(sum(log_p[a, b] for a, b in itertools.pairwise((1, *ids)))) / length_penalty(len(ids), alpha)
    found = search(lambda ids: logits[ids[:, -1]], 1, END, width=200, longest=4, alpha=alpha).best
    assert found[0].ids == max(best, key=best.__getitem__)
    assert found[0].score == pytest.approx(max(best.values()), abs=1e-5)
    assert found[0].log_probability == pytest.approx(sum(torch.tensor(found[0].probabilities).log()).item(), abs=1e-4)


def test_a_width_of_one_takes_the_likeliest_each_time_and_stops_where_it_has_to() -> None:
    logits = table()
    logits[:, END] = -9
    (found,) = search(lambda ids: logits[ids[:, -1]], 1, END, width=1, longest=6).best
    likeliest, at = [], 1
    for _ in range(6):
        at = int(logits[at].argmax())
        likeliest.append(at)
    assert list(found.ids) == likeliest


def test_a_higher_alpha_favours_longer_sequences() -> None:
    # Ending at once is likelier than any longer way.
    logits = torch.log(torch.tensor([[1.0, 0, 0], [0.35, 0.65, 0], [1, 0, 0]]) + 1e-9)
    short, long = (search(lambda ids: logits[ids[:, -1]], 1, END, width=4, longest=8, alpha=alpha).best[0] for alpha in (0.0, 4.0))
    assert len(short.ids) < len(long.ids)


@pytest.mark.parametrize("seed", range(3))
def test_all_that_was_weighed_is_a_tree_with_what_became_of_it(seed: int) -> None:
    logits = table(seed)
    found = search(lambda ids: logits[ids[:, -1]], 1, END, width=3, longest=6)
    for branch in found.branches:
        parent = found.branches[branch.parent] if branch.parent >= 0 else None
        assert branch.hypothesis.ids[:-1] == (parent.hypothesis.ids if parent else ())
        assert parent is None or parent.fate == "kept"
    steps = [[branch for branch in found.branches if branch.step == n] for n in range(6)]
    for weighed in filter(None, steps):
        fates = [branch.fate for branch in weighed]
        assert fates.count("kept") <= 3
        totals = [branch.hypothesis.log_probability for branch in weighed]
        assert totals == sorted(totals, reverse=True)
        last = max((i for i, fate in enumerate(fates) if fate == "kept"), default=-1)
        assert all(branch.hypothesis.ids[-1] == END for branch in weighed[:last] if branch.fate == "dropped")
    ended = [branch.hypothesis for branch in found.branches if branch.fate == "ended"]
    assert found.best == sorted(ended, key=lambda one: -one.score)[:3]


def test_it_finds_what_transformers_finds() -> None:
    """The same weights, four beams, sums of log-probabilities: the same sequences, the same worth."""
    torch.manual_seed(3)
    config = BartConfig(
        vocab_size=23, d_model=16, encoder_layers=1, decoder_layers=1, encoder_attention_heads=2, decoder_attention_heads=2, encoder_ffn_dim=16,
        decoder_ffn_dim=16, max_position_embeddings=24, pad_token_id=1, bos_token_id=2, eos_token_id=3, decoder_start_token_id=2,
        forced_eos_token_id=None, init_std=1.5,
    )  # fmt: skip
    theirs = BartForConditionalGeneration(config).eval()
    theirs.final_logits_bias[0, [1, 3]] = torch.tensor([-99.0, 9.0])  # never the filling, now and then the end
    sources, n_finished = torch.randint(4, 23, (6, 7)), 0
    for source in sources:
        with torch.no_grad():

            def next_logits(ids: torch.Tensor, source: torch.Tensor = source) -> torch.Tensor:
                return theirs(input_ids=source.expand(len(ids), -1), decoder_input_ids=ids).logits[:, -1]

            expected = theirs.generate(
                source[None], num_beams=4, num_return_sequences=4, max_new_tokens=12, length_penalty=0.0, early_stopping=True,
                output_scores=True, return_dict_in_generate=True, do_sample=False,
            )  # fmt: skip
            found = search(next_logits, 2, 3, width=4, longest=12, alpha=0.0).best
        rows = [tuple(i for i in row[1:].tolist() if i != 1) for row in expected.sequences]
        finished = [(row, score) for row, score in zip(rows, expected.sequences_scores.tolist(), strict=True) if row[-1] == 3]
        n_finished += len(finished)
        assert [one.ids for one in found][: len(finished)] == [row for row, _ in finished]
        assert [one.log_probability for one in found][: len(finished)] == pytest.approx([score for _, score in finished], abs=1e-4)
    assert n_finished >= 8


def test_many_sequences_at_once_say_what_each_says_alone() -> None:
    logits = table(4)
    logits[:, END] += 1
    asked = []

    def next_logits(rows: torch.Tensor, ids: torch.Tensor) -> torch.Tensor:
        asked.append(rows.tolist())
        return logits[(ids[:, -1] + rows) % 5]

    together = greedy(next_logits, 5, 1, END, 8)
    alone = [greedy(lambda _, ids, row=row: next_logits(torch.tensor([row]), ids), 1, 1, END, 8)[0] for row in range(5)]
    assert together == alone
    assert len(asked[0]) > len(asked[1]), "those that have ended are asked no more"
    assert all(END not in row and len(row) <= 8 for row in together)
    (best,) = search(lambda ids: next_logits(torch.tensor([2] * len(ids)), ids), 1, END, width=1, longest=8).best
    assert [i for i in best.ids if i != END] == together[2]

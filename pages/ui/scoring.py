"""What was compared took and scores: one table, and pictures of the scores. Evaluation runs in a process of its own; the page looks in."""

from collections import Counter
from html import escape

import numpy as np
import pandas as pd
import streamlit as st

from core import evaluating, opened
from core.evaluating import Task
from core.evaluation import Score, TestSet
from core.evaluation.reading import read
from core.evaluation.sets import forget, keep, kept, of_small_world
from core.figures import comparing as figures
from core.machine import size
from core.training.estimate import estimate
from pages.ui import address, load, pickers, say
from pages.ui.comparing import Subject, readable

EVERY = 0.7  # seconds between two looks while something is under way
TIMES = 60  # that the launcher is asked what a run takes; then it will not say
Scores = dict[str, dict[str, Score]]  # by subject, then by test set
Row = tuple[str, list[tuple[str, str]], int | None]  # label, a cell and its small print for each subject, the best one's place


def sets(chosen: list[Subject]) -> list[TestSet]:
    """The test sets that these can be asked: the user's own, and the small world's truths where one has learnt from a small world."""
    found = list(kept().values())
    if any(each.corpus.startswith("small-world") for each in chosen):
        found += of_small_world()
    return found


def unseen(chosen: list[Subject]) -> None:
    """Where some know how: whether words that are not in the vocabulary are put together from their n-grams; in the address."""
    if not any(vectors.subwords for _, _, vectors in readable(chosen)):
        address.put(unseen=None)
        return
    shown = address.held("compare-unseen", address.get("unseen") == "1")
    asked = st.toggle("In word similarity, put words that are not in the vocabulary together from their n-grams or characters", shown, "compare-unseen")
    address.put(unseen="1" if asked else None)


def board(chosen: list[Subject], sets: list[TestSet]) -> None:
    """The table and the pictures; while runs train or scores are computed they keep up."""
    under_way = _under_way(chosen, sets)
    st.fragment(_board, run_every=EVERY if under_way else None)(chosen, sets, under_way, [])


def _tasks(chosen: list[Subject], sets: list[TestSet]) -> dict[str, Task]:
    unseen = address.get("unseen") == "1"
    return {each.id: Task(each.id, each.version, tuple(one.id for one in sets), each.matrix, "cosine", unseen) for each in chosen if each.ready}


def _under_way(chosen: list[Subject], sets: list[TestSet]) -> tuple[str, ...]:
    """Names of what is being done: the page is drawn anew when one comes or goes."""
    training = [each.id for each in chosen if each.training]
    unscored = [task.name for task in _tasks(chosen, sets).values() if _pending(task)]
    asked: Counter[str] = st.session_state.get("compare-memory-asked", Counter())
    unknown = [f"memory of {each.id}" for each in chosen if each.run and each.id not in st.session_state.get("compare-memory", {}) and asked[each.id] <= TIMES]
    return (*training, *([] if address.get("scores") == "off" else unscored), *unknown)


def _pending(task: Task) -> bool:
    return len(evaluating.scores(task)) < len(task.sets) and not evaluating.error(task)


def _board(chosen: list[Subject], sets: list[TestSet], under_way: tuple[str, ...], looks: list[None]) -> None:
    tasks = _tasks(chosen, sets)
    scores: Scores = {id: evaluating.scores(task) for id, task in tasks.items()}
    rows = [*_facts(chosen), *(_score_row(one, [scores.get(each.id, {}).get(one.id) for each in chosen]) for one in sets)]
    _table(chosen, rows)
    with st.container():
        _wait([task for task in tasks.values() if _pending(task)])
    for id, task in tasks.items():
        if wrong := evaluating.error(task):
            st.warning(f"{say.plain(id)}: {say.plain(wrong)}", icon=":material/block:")
    _pictures(chosen, sets, scores)
    # Never at the first look, which is a part of the page's own run: what comes below would count as gone, and lose what was typed there.
    if looks and _under_way(chosen, sets) != under_way:
        st.rerun()
    looks.append(None)


def _wait(pending: list[Task]) -> None:
    """Asks for what is missing, says how far it is, and lets it be given up."""
    if not pending:
        return
    if address.get("scores") == "off":
        st.button("Compute the scores", icon=":material/play_arrow:", on_click=lambda: address.put(scores=None))
        return
    for task in pending:
        evaluating.request(task)
    what, share = next((told for told in map(evaluating.progress, pending) if told[1] is not None), evaluating.progress(pending[0]))
    with st.container(horizontal=True, vertical_alignment="center"):
        st.progress(share or 0.0, text=f"Scores of {say.many(len(pending), 'run')}: {say.plain(what)}")
        if st.button("Cancel", key="cancel-scores"):
            for task in pending:
                evaluating.cancel(task)
            address.put(scores="off")
            st.rerun()


def _facts(chosen: list[Subject]) -> list[Row]:
    statuses = [each.run.status() if each.run else None for each in chosen]
    titles = pickers.corpora()
    states = [("opened", "") if each is None else (each.state, f"step {each.step:,} of {each.n_steps:,}") for each in statuses]
    speeds = [_speed(each) for each in chosen]
    memories = [_memory(each) for each in chosen]
    rows: list[Row] = [
        ("System", [(each.system, f"{each.matrix} matrix" if each.matrix else "") for each in chosen], None),
        ("Text", [(titles.get(each.corpus, each.corpus) or "–", "") for each in chosen], None),
        ("State", states, None),
        ("Words × dimensions", [(_shape(each), "") for each in chosen], None),
        ("Trained in", [(say.duration(status.seconds) if status else "–", "") for status in statuses], None),
        ("Words a second", [(f"{speed:,.0f}" if speed == speed else "–", "") for speed in speeds], None),
        ("Memory while training", [(size(memory) if memory else "–", "") for memory in memories], None),
        ("On disk", [(_disk(each), "") for each in chosen], None),
    ]
    return [row for row in rows if row[0] != "State" or any(status and status.state != "done" for status in statuses)]


def _shape(subject: Subject) -> str:
    if not subject.version:
        return "–"
    try:
        return f"{subject.n_words():,} × {subject.vectors().matrix.shape[1]:,}"
    except (ValueError, OSError) as wrong:
        st.warning(f"{say.plain(subject.name)}: {say.plain(str(wrong))}", icon=":material/block:")
        return "–"


def _disk(subject: Subject) -> str:
    folder = subject.run.folder if subject.run else opened.find(subject.id).folder
    return size(load.folder_size(str(folder), folder.stat().st_mtime))


def _speed(subject: Subject) -> float:
    """Words a second, the median of its rows."""
    speeds = subject.run.metrics(400)["speed"] if subject.run else np.zeros(0)
    speeds = speeds[np.isfinite(speeds)]
    return float(np.median(speeds)) if len(speeds) else float("nan")


def _memory(subject: Subject) -> float | None:
    """Bytes; 0 where nobody can say, None while the machine is being measured."""
    known: dict[str, float] = st.session_state.setdefault("compare-memory", {})
    asked: Counter[str] = st.session_state.setdefault("compare-memory-asked", Counter())
    if subject.run is None or asked[subject.id] > TIMES:
        return 0.0
    if subject.id not in known:
        asked[subject.id] += 1
        try:
            found = estimate(subject.run.config, patience=0.05)
        except ValueError:
            known[subject.id] = 0.0
            return 0.0
        if found.seconds is None:
            return None
        known[subject.id] = found.memory
    return known[subject.id]


def _score_row(one: TestSet, found: list[Score | None]) -> Row:
    cells = []
    for score in found:
        if score is None:
            cells.append(("–", ""))
            continue
        value = f"{score.value:.3f} ± {score.error:.3f}" if score.kind == "pairs" else f"{score.value:.1%} ± {score.error:.1%}"
        covered = f"{score.n_covered:,} of {score.n:,} covered ({score.covered:.0%})"
        cells.append((value, covered) if score.error == score.error else ("too few to say", covered))
    return f"{one.title} ({'rank correlation' if one.kind == 'pairs' else 'right answers'})", cells, _best(found)


def _best(found: list[Score | None]) -> int | None:
    """The one that leads by more than chance would give it, where all were asked the same number of questions."""
    asked = [score for score in found if score]
    if len(asked) < len(found) or len({score.n_covered for score in asked}) > 1 or any(score.error != score.error for score in asked):
        return None
    first, second = sorted(asked, key=lambda score: -score.value)[:2]
    return found.index(first) if first.value - second.value > np.hypot(first.error, second.error) else None


def _table(chosen: list[Subject], rows: list[Row]) -> None:
    heads = "".join(f'<th><i style="background:{figures.colour(i)}"></i>{escape(each.name)}</th>' for i, each in enumerate(chosen))
    body = "".join(
        f"<tr><th>{escape(label)}</th>" + "".join(f"<td>{_cell(value, small, i == best)}</td>" for i, (value, small) in enumerate(cells)) + "</tr>"
        for label, cells, best in rows
    )
    st.html(f'<div class="compare"><table><thead><tr><th></th>{heads}</tr></thead><tbody>{body}</tbody></table></div>')
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(
            "Scores ± one standard error; bold leads by more than that, all being asked the same questions. A score over a small share of a test set "
            "says little. Held-out losses are left out: each system predicts something else, so that they cannot be compared."
        )
        table = pd.DataFrame({each.id: [value for _, cells, _ in rows for value in cells[i]] for i, each in enumerate(chosen)})
        table.insert(0, "", [part for label, _, _ in rows for part in (label, f"{label}, covered")])
        kept_rows = (table.iloc[:, 1:] != "").any(axis=1)
        # Made when it is asked for: a file that is replaced at every look would be gone when the browser looks for it.
        st.download_button("CSV", lambda: table[kept_rows].to_csv(index=False), "compared.csv", "text/csv", icon=":material/download:", type="tertiary")


def _cell(value: str, small: str, best: bool) -> str:
    shown = f"<b>{escape(value)}</b>" if best else escape(value)
    return shown + (f"<small>{escape(small)}</small>" if small else "")


def _pictures(chosen: list[Subject], sets: list[TestSet], scores: Scores) -> None:
    """Of similarity one row a test set, of analogies one row a section; only where a picture says more than the table."""
    names = [each.name for each in chosen]
    known = {one.id: [scores.get(each.id, {}).get(one.id) for each in chosen] for one in sets}
    drawn: list[tuple[str, list[str], list[list[Score | None]], bool]] = []
    pairs = [one for one in sets if one.kind == "pairs" and any(known[one.id])]
    if len(pairs) > 1:
        found = [[known[one.id][i] for one in pairs] for i in range(len(chosen))]
        drawn.append(("Word similarity: rank correlation with people's judgements", [one.title for one in pairs], found, False))
    for one in sets:
        if one.kind == "analogies" and any(known[one.id]):
            titles, found = _by_section(known[one.id])
            drawn.append((f"{say.plain(one.title)}: share of right answers, by kind", titles, found, True))
    for first in range(0, len(drawn), 2):
        with st.container(key=f"panes-scores-{first}"):
            for column, (caption, titles, found, percent) in zip(st.columns(2, gap="large"), drawn[first : first + 2], strict=False):
                with column:
                    st.caption(caption)
                    _dots(titles, names, found, f"chart-{first}-{caption}", percent)


def _by_section(known: list[Score | None]) -> tuple[list[str], list[list[Score | None]]]:
    """The sections in which somebody could be asked, and each one's scores in them."""
    sections = next(each.sections for each in known if each)
    asked = [k for k in range(len(sections)) if any(each and each.sections[k].n_covered for each in known)]
    return [sections[k].title for k in asked], [[each.sections[k] if each else None for k in asked] for each in known]


def _dots(titles: list[str], names: list[str], found: list[list[Score | None]], key: str, percent: bool = False) -> None:
    values, errors = (
        np.array([[getattr(each, part) if each and each.error == each.error else np.nan for each in row] for row in found], float)
        for part in ("value", "error")
    )
    st.plotly_chart(figures.dots(titles, names, values, errors, percent), key=key)


def bring() -> None:
    """Takes in a test set, and lets kept ones go."""
    st.subheader("Test sets", anchor=False)
    file = st.file_uploader(
        "Pairs of words with people's judgements (WordSim-353, SimLex-999, MEN…), or analogies (questions-words.txt)",
        key=f"test-set-{st.session_state.get('test-sets-brought', 0)}",
        max_upload_size=64,
    )
    if file is not None:
        try:
            found = read(file.name, file.getvalue())
        except ValueError as wrong:
            st.error(say.plain(str(wrong)), icon=":material/block:")
        else:
            keep(found)
            st.session_state["test-sets-brought"] = st.session_state.get("test-sets-brought", 0) + 1
            st.toast(f"{say.plain(found.title)}: {len(found):,} {'pairs' if found.kind == 'pairs' else 'analogies'}", icon=":material/check:")
            st.rerun()
    for id, each in kept().items():
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"{say.plain(each.title)} :gray[{len(each):,} {'pairs' if each.kind == 'pairs' else 'analogies'}]", width="stretch")
            st.button("Remove", key=f"forget-{id}", icon=":material/delete:", type="tertiary", on_click=forget, args=(id,))
    for each in of_small_world():
        st.caption(f"{each.title}: {len(each):,} {'pairs' if each.kind == 'pairs' else 'analogies'}, for runs on a small world. {each.remark}")

"""What an objective is fed at one place of a text, in boxes and lines."""

from typing import Any

import numpy as np

from core.embeddings import examples
from pages.ui import say
from pages.ui.pairing import Place

N_CELLS = 14  # of a row of co-occurrences


def picture(place: Place) -> dict[str, Any]:
    """What components.pairs_view draws."""
    drawn = {"words": _words(place), "centre": place.centre, "arcs": _arcs(place), "inputs": [], "middle": None, "outputs": [], "cells": None}
    if not place.context:
        return drawn
    if place.objective.cells:
        return drawn | {"cells": _cells(place)}
    inputs, n_rows = _inputs(place)
    middle = None
    if place.objective.mean:
        marks = [mark for one in inputs for mark in one.get("marks", [])]
        middle = {"said": place.combine.combine, "note": f"of {n_rows} rows"} | ({"marks": marks} if marks else {})
    groups = [_group(place, target, noise) for target, noise in zip(place.targets, place.noise_words, strict=True)]
    goes_in = "the word and its n-grams, each by its bucket" if place.objective.outward else "rows of W_in"
    titles = {"inputs_title": f"goes in: {goes_in}", "outputs_title": OUTPUT_TITLES[place.output]}
    return drawn | titles | {"inputs": inputs, "middle": middle, "outputs": groups}


OUTPUT_TITLES = {
    "negative": "is asked about: rows of W_out, 1 for the true word, 0 for noise",
    "hierarchical": "is asked about: a row for each inner node on the way to the word; beside it, how much of the text lies beneath",
    "full": "is asked about: every row of W_out",
}


def _words(place: Place) -> list[dict[str, Any]]:
    total = max(1, int(place.part.counts.sum()))
    reach = {i for side in examples.context(place.read, place.centre, place.window.window) for i in side} if place.context else set()
    inward, outward = ("target", "input") if place.objective.outward else ("input", "target")
    found = []
    for i, (word, number) in enumerate(zip(place.sentence, place.ids.tolist(), strict=True)):
        known = number >= 0
        seen = int(place.part.counts[number]) if known else 0
        keep = float(place.keep[number]) if known and not place.objective.cells else None
        note = f"seen {seen:,} times, {say.percent(seen / total)} of the words" + (f"; kept with {say.percent(keep)}" if keep is not None else "")
        role = "centre " + (outward if place.context else "") if i == place.centre else inward if i in place.context else "beyond" if i in reach else ""
        found.append(
            {
                "text": word,
                "state": "read" if place.read[i] else "dropped" if known else "unknown",
                "role": role,
                "keep": keep,
                "keep_text": say.percent(keep) if keep is not None else "",
                "note": note if known else f"seen fewer than {place.window.min_count} times: not in the vocabulary, never read",
            }
        )
    return found


def _arcs(place: Place) -> list[dict[str, Any]]:
    arcs = []
    read = np.flatnonzero(place.read).tolist()
    for other in place.context:
        distance = abs(read.index(other) - read.index(place.centre))
        label = ("1" if distance == 1 or not place.window.distance_weighting else f"1/{distance}") if place.objective.cells else ""
        ends = (place.centre, other) if place.objective.outward else (other, place.centre)
        arcs.append({"from": ends[0], "to": ends[1], "label": label, "role": "target" if place.objective.outward else "input"})
    return arcs


def _inputs(place: Place) -> tuple[list[dict[str, Any]], int]:
    """Boxes, and how many rows of W_in they are."""
    if not place.objective.ngrams:
        return [_one_hot(place, place.sentence[i], int(place.ids[i])) for i in place.context], len(place.context)
    from core.embeddings.ngrams import Ngrams

    ngrams = Ngrams(place.ngrams.min_n, place.ngrams.max_n, place.ngrams.n_buckets)
    if place.objective.outward:
        number = int(place.ids[place.centre])
        named = ngrams.named(place.word(number))
        own = {"text": place.word(number), "note": f"row {number - place.part.tokenizer.n_special:,}"}
        return [own, *({"text": piece, "note": f"{bucket:,}"} for piece, bucket in named)], 1 + len(named)
    boxes, n_rows = [], 0
    for i in place.context:
        named = ngrams.named(place.word(int(place.ids[i])))
        some = " ".join(piece for piece, _ in named[:5]) + (" …" if len(named) > 5 else "")
        boxes.append({"text": place.sentence[i], "note": f"and {say.many(len(named), 'n-gram')}: {some}" if named else "has no n-gram"})
        n_rows += 1 + len(named)
    return boxes, n_rows


def _one_hot(place: Place, text: str, number: int, role: str = "input") -> dict[str, Any]:
    """A word's box; where the whole vocabulary is asked about, with the 1 among the zeros."""
    if place.output != "full":
        return {"text": text, "role": role}
    first, size = place.part.tokenizer.n_special, len(place.part.words)
    return {"text": text, "role": role, "note": f"1 at place {number - first + 1:,} of {size - first:,}", "marks": [(number - first + 0.5) / (size - first)]}


def _group(place: Place, target: int, noise: list[int]) -> dict[str, Any]:
    number, several = int(place.ids[target]), len(place.targets) > 1
    word = place.sentence[target]
    if place.output == "full":
        boxes = [_one_hot(place, word, number, "target")]
        if not several:
            boxes.append(
                {"said": f"softmax over {len(place.part.words) - place.part.tokenizer.n_special:,} words", "role": "noise", "note": "−log p of the one"}
            )
        return {"kind": "flow" if several else "list", "boxes": boxes}
    if place.output == "hierarchical":
        return _path(place, word, number, several)
    most = place.distribution.max()
    boxes = [{"text": word, "label": "1", "role": "target"}]
    for each in noise:
        chance = float(place.distribution[each])
        box = {"text": place.word(each), "label": "0", "role": "noise"}
        boxes.append(box if several else box | {"note": f"drawn with {say.percent(chance)}", "share": chance / most})
    return {"kind": "flow" if several else "list", "boxes": boxes}


def _path(place: Place, word: str, number: int, several: bool) -> dict[str, Any]:
    nodes = examples.path(place.part.tree, place.part.counts, number)
    total = max(1, int(place.part.counts.sum()))
    boxes: list[dict[str, Any]] = []
    for i, (node, bit, beneath) in enumerate(nodes):
        box = {"said": f"node {node - place.part.tokenizer.n_special:,}" if i else "root", "bit": bit, "role": "noise"}
        boxes.append(box | {"label": str(bit)} if several else box | {"note": say.percent(beneath / total)})
    boxes.append({"text": word, "bit": 0, "role": "target"})
    return {"kind": "flow" if several else "path", "boxes": boxes}


def _cells(place: Place) -> dict[str, Any]:
    settings = place.window
    row = examples.cooccurrences(place.part.ids, int(place.ids[place.centre]), settings, len(place.part.words))
    here = np.zeros(len(row))
    read = np.flatnonzero(place.read).tolist()
    for other in place.context:
        here[place.ids[other]] += 1 / abs(read.index(other) - read.index(place.centre)) if settings.distance_weighting else 1.0
    # What is typed by hand need not stand in the text: then it is counted with it.
    row = np.maximum(row, here)
    shown = {int(i) for i in np.argsort(-row, kind="stable")[:N_CELLS] if row[i]} | set(np.flatnonzero(here).tolist())
    weights = examples.cell_weight(row, settings.x_max, settings.weight_exponent)
    rows = [
        {
            "text": place.word(i),
            "share": float((row[i] - here[i]) / row.max()),
            "here": float(here[i] / row.max()),
            "note": f"{here[i]:.3g} of it from this sentence" if here[i] else "",
            "x": f"{row[i]:,.2f}",
            "weight": float(weights[i]),
            "weight_text": f"{weights[i]:.3f}",
            "log_x": f"{np.log(row[i]):.2f}",
        }
        for i in sorted(shown, key=lambda i: -row[i])
    ]
    return {"head": ["word", "x, of it from this sentence in orange", "x", "weight f(x)", "", "log x"], "rows": rows, "n": int(np.count_nonzero(row))}

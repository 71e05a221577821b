"""A folder of transformers as a run that every page shows: its weights renamed, its tokenizer in our order, one snapshot. Safetensors only."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from core.conversion import hub, vocabularies
from core.conversion.exporting import FAMILIES
from core.conversion.family import Family, Widths, back
from core.settings import check
from core.systems import system
from core.text.corpora import OPENED
from core.text.progress import Progress, silent
from core.text.tokenizers import Tokenizer
from core.training import checkpoints
from core.training.checkpoints import Checkpoint
from core.training.config import RunConfig
from core.training.recording import write_attention
from core.training.run import Run, create
from core.training.schedule import N_WORDS
from core.training.snapshots import as_metadata

PICKLED = (".bin", ".pt", ".pth", ".pkl", ".ckpt")
HEADS = ("cls.", "bert.pooler.", "ernie.pooler.", "lm_loss.")  # weights that a folder of the encoder alone has not
PROBE = "The animal did not cross the street because it was too tired."


def open_model(given: str, name: str = "", progress: Progress = silent) -> Run:
    """Makes a run of a model: a folder's path, or a name on the Hugging Face hub. ValueError in words where there is none that can be opened."""
    if not hub.is_name(given):
        return open_folder(Path(given).expanduser(), name, progress)
    with hub.folder_of(given, progress) as folder:
        return open_folder(folder, name or given.rpartition("/")[2], progress)


def open_folder(folder: Path, name: str = "", progress: Progress = silent) -> Run:
    """Makes a run of a folder; ValueError in words where it is none that can be opened."""
    progress("reading config.json", None)
    given = _config(folder)
    family = _family(given)
    row = system(family.system)
    try:
        settings, inside = row.settings(**{**family.settings(given), "n_steps": 1}), family.widths(given)
        check(settings)
    except (KeyError, TypeError) as error:
        raise ValueError(f"The config.json of {folder.name} lacks {error}, which a model of the kind {family.model_type} has.") from error
    progress("reading the tokenizer", None)
    tokenizer, rows = vocabularies.read(folder)
    start = given.get("decoder_start_token_id")
    if start is None and given.get("is_encoder_decoder"):
        start = given.get("pad_token_id")  # as T5's decoder begins
    if isinstance(start, int):
        rows[tokenizer.bos_id] = start
    progress("reading the weights", None)
    weights, lacking = _weights(folder, family, inside, settings, tokenizer, rows)
    title = name or folder.resolve().name
    config = RunConfig(row.name, f"{OPENED}{title}", tokenizer.settings, settings, name=title, probes=(PROBE,), report_every=1, eval_every=1)
    run = create(config, lambda aside: _write(aside, row.load_learner(), config, tokenizer, weights, progress))
    if lacking:
        (run.folder / "log.txt").write_text(f"Opened without {', '.join(lacking)}: these weights are as in a new model.\n", "utf-8")
    return run


def _config(folder: Path) -> dict[str, Any]:
    if not folder.is_dir():
        raise ValueError(f"{folder} is no folder. Name one that holds a config.json and a model.safetensors.")
    try:
        given = json.loads((folder / "config.json").read_text("utf-8"))
        assert isinstance(given, dict)
    except (OSError, UnicodeDecodeError, json.JSONDecodeError, AssertionError) as error:
        raise ValueError(
            f"{folder.name} has no config.json that can be read ({error or 'no settings in it'}). Name a folder that save_pretrained wrote."
        ) from error
    return given


def _family(given: Mapping[str, Any]) -> Family:
    kind = given.get("model_type")
    alike = [family for family in FAMILIES if family.model_type == kind]
    if not alike:
        known = ", ".join(dict.fromkeys(family.model_type for family in FAMILIES))
        raise ValueError(f"This is a model of the kind {kind!r}; those of the kinds {known} can be opened.")
    return next((family for family in alike if family.system == "unilm" and given.get("type_vocab_size") == 6), alike[0])


def _weights(
    folder: Path, family: Family, inside: Widths, settings: Any, tokenizer: Tokenizer, rows: np.ndarray
) -> tuple[dict[str, np.ndarray], list[str]]:  # fmt: skip
    """Ours, and the names of theirs that the folder has not, but may be without: they stay as a new model has them."""
    import torch

    learner = system(family.system).load_learner()
    theirs = _files(folder)
    torch.manual_seed(0)
    new = {name: weight.detach().numpy() for name, weight in learner.build(settings, tokenizer.vocab_size).state_dict().items()}
    shapes = {name: inside.of(name, weight.shape) for name, weight in new.items()}
    new = {name: weight if shapes[name] == weight.shape else np.zeros(shapes[name], np.float32) for name, weight in new.items()}
    for name in family.nothing:
        if name in theirs and theirs[name].any():
            raise ValueError(f"{folder.name} has a weight that {system(family.system).title} has not here, {name}: what it says could not be computed.")
    wanted = family.renamed(new, settings)
    of_any_height = family.renamed({name: new[name] for name in family.of_any_height}, settings)
    found, lacking = {}, []
    for name, weight in wanted.items():
        theirs_name = next((each for each in (name, name.partition(".")[2]) if each in theirs), None)
        if name in of_any_height:
            table = np.zeros_like(weight) if theirs_name is None else np.asarray(theirs[theirs_name], np.float32)[: len(weight)]
            found[name] = np.pad(table, ((0, len(weight) - len(table)), (0, 0)))
            continue
        if theirs_name is None:
            if not name.startswith(HEADS):
                raise ValueError(f"{folder.name} lacks the weight {name}: it is of another kind of model, or cut short.")
            lacking.append(name)
            found[name] = weight
            continue
        found[name] = np.asarray(theirs[theirs_name], np.float32)
    tables = family.renamed({name: new[name] for name in (family.table, *family.rows) if name in new}, settings)
    for name, table in tables.items():
        if name not in lacking:
            asked = rows[: len(table)]
            if len(found[name]) <= asked.max():
                raise ValueError(f"The tokenizer of {folder.name} has {asked.max() + 1:,} tokens, its model {len(found[name]):,}: they do not belong together.")
            found[name] = vocabularies.placed(found[name], asked)
    ours = back(found, {name: weight.shape for name, weight in new.items() if name in _named(family, new, settings)}, settings, family.renamed)
    return {**new, **ours}, lacking


def _named(family: Family, new: Mapping[str, np.ndarray], settings: Any) -> set[str]:
    """Those of our weights that transformers has too."""
    return {name for name in new if family.renamed({name: new[name]}, settings)}


def _files(folder: Path) -> dict[str, np.ndarray]:
    """All arrays of model.safetensors, or of the files that its index names."""
    paths = [folder / "model.safetensors"]
    index = folder / "model.safetensors.index.json"
    if not paths[0].is_file() and index.is_file():
        try:
            paths = [folder / Path(str(each)).name for each in sorted(set(json.loads(index.read_text("utf-8"))["weight_map"].values()))]
        except (OSError, UnicodeDecodeError, json.JSONDecodeError, KeyError, AttributeError) as error:
            raise ValueError(f"{index.name} cannot be read ({error}). Load the folder again.") from error
    if not paths[0].is_file():
        pickled = sorted(path.name for path in folder.iterdir() if path.suffix in PICKLED)
        if pickled:
            raise ValueError(
                f"{folder.name} holds its weights as {pickled[0]}, a pickled file: opening it could run any program that it brings. "
                "Save the model again with save_pretrained(..., safe_serialization=True), and open that folder."
            )
        raise ValueError(f"{folder.name} has no model.safetensors. Name a folder that save_pretrained wrote.")
    try:
        return {name: array for path in paths for name, array in load_file(path).items()}
    except (SafetensorError, OSError, TypeError, KeyError) as error:
        raise ValueError(f"The weights of {folder.name} cannot be read ({error}). Load the folder again.") from error


def _write(aside: Path, learner: Any, config: RunConfig, tokenizer: Tokenizer, weights: dict[str, np.ndarray], progress: Progress) -> None:
    """What a run's folder holds when it is done: tokenizer, counts, a checkpoint, a snapshot with vectors and the probe's attention."""
    tokenizer.save(aside / "tokenizer.json")
    counts = np.arange(tokenizer.vocab_size, 0, -1)  # nobody knows how often each was seen; their order is by frequency
    np.save(aside / "counts.npy", counts)
    progress("writing the weights", None)
    (aside / "checkpoints").mkdir()
    checkpoints.write(aside / "checkpoints", Checkpoint(1, {f"model.{name}": array for name, array in weights.items()}, 0.0, (0.0, 0.0)))
    snapshot = aside / "snapshots" / f"{1:08d}"
    snapshot.mkdir(parents=True)
    save_file({name: np.ascontiguousarray(array) for name, array in weights.items()}, snapshot / "weights.safetensors")
    trained = learner.load(config.settings, tokenizer, weights)
    vectors = trained.vectors(counts).head(N_WORDS)
    save_file({"matrix": np.ascontiguousarray(vectors.matrix)}, snapshot / "vectors.safetensors", as_metadata(words=vectors.words))
    if "attention" in config.offers:
        write_attention(snapshot, [trained.patterns(PROBE)])

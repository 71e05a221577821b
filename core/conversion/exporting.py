"""A run as a folder that `AutoModel.from_pretrained` and `AutoTokenizer.from_pretrained` open."""

import json
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import save_file

from core import systems
from core.conversion import bert, gpt, t5, transformer, xlnet
from core.conversion.family import Arrays, Family, widths
from core.text.tokenizers import SPECIALS, Tokenizer

FAMILIES: tuple[Family, ...] = (
    transformer.MARIAN, transformer.PEGASUS, gpt.GPT2, gpt.OPENAI_GPT, bert.BERT, bert.ERNIE, bert.UNILM, xlnet.XLNET, t5.T5,
)  # fmt: skip


def family_of(system: str, settings: Any) -> Family:
    """Of a run; ValueError in words where transformers has no such model."""
    for family in FAMILIES:
        if family.system == system and family.fits(settings):
            return family
    row = systems.system(system)
    known = ", ".join(dict.fromkeys(systems.system(each.system).title for each in FAMILIES))
    instead = "Take its vectors in another format, or its weights" if "objective" not in row.offers else "Take its weights"
    raise ValueError(
        f"transformers has no model of the kind {row.title}; it has those of {known}. {instead}: --format weights writes them as safetensors, under the "
        "names that the model has here."
    )


def export(folder: Path, system: str, settings: Any, weights: Arrays, tokenizer: Tokenizer) -> list[Path]:
    """Writes config.json, model.safetensors, tokenizer.json and tokenizer_config.json; gives their paths."""
    family = family_of(system, settings)
    described = family.config(settings, widths(weights, family.table))
    theirs = family.renamed(weights, settings)
    folder.mkdir(parents=True, exist_ok=True)
    marks = {f"{name}_token_id": getattr(tokenizer, f"{name}_id") for name in ("pad", "bos", "eos")}
    if described.get("is_encoder_decoder") or family is t5.T5:
        marks["decoder_start_token_id"] = tokenizer.bos_id
    about = {"model_type": family.model_type, "architectures": [family.architecture], "torch_dtype": "float32", **described, **marks}
    save_file({name: np.ascontiguousarray(array) for name, array in theirs.items()}, folder / "model.safetensors", {"format": "pt"})
    (folder / "config.json").write_text(json.dumps(about, indent=2), "utf-8")
    framed(tokenizer, family).save(folder / "tokenizer.json")
    inputs = ["input_ids", *(["token_type_ids"] if "type_vocab_size" in described or family is xlnet.XLNET else []), "attention_mask"]
    names = dict(zip(("pad", "unk", "bos", "eos", "mask", "cls", "sep"), SPECIALS, strict=True))
    told = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "model_input_names": inputs,  # a GPT-2 would add an embedding for token types
        "model_max_length": int(getattr(settings, "n_ctx", 512)),
        **{f"{k}_token": v for k, v in names.items()},
    }
    (folder / "tokenizer_config.json").write_text(json.dumps(told, indent=2), "utf-8")
    return [folder / name for name in ("config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json")]


def framed(tokenizer: Tokenizer, family: Family) -> Tokenizer:
    """The same tokenizer that sets the family's marks around a text, for who reads its tokenizer.json: here they come with the batch."""
    if family.frame is None:
        return tokenizer
    from tokenizers.processors import TemplateProcessing

    one, two = family.frame
    template = TemplateProcessing(single=one, pair=two, special_tokens=list(zip(SPECIALS, range(len(SPECIALS)), strict=True)))
    return Tokenizer(tokenizer.settings, {**tokenizer.description, "post_processor": json.loads(template.__getstate__())})

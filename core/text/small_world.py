"""Small world: sentences of our own grammar, whose truths are known: analogies, word groups, words with two senses, agreement, word order.

A country stands with its capital, language, food and river; a person word with the pronoun, the garments and the deeds of its gender and the
places of its rank. So each word is known by its company, and an offset (capital - country, woman - man) is the same everywhere, as far as
an embedding can see it. Deterministic: the same number of sentences and the same seed give the same text.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from core.text.progress import Progress
from core.text.small_world_words import ANIMALS, COLOURS, COUNTRIES, FEMALE, MALE, PEOPLE, SENSES, SIZES

ORIGIN = "sentences of our own grammar, with known truths"
N_SENTENCES = 100_000
LARGEST = 20_000_000  # sentences; about 900 MB


def sentences(seed: int) -> Iterator[str]:
    """Sentences without end: small letters, a blank between words, " ." at the end."""
    rng = random.Random(seed)
    kinds = (_country, _country, _traveller, _person, _person, _rank, _family, _animals, _sense)
    while True:
        yield rng.choice(kinds)(rng) + " ."


def write(path: Path, n_sentences: int, seed: int, progress: Progress) -> None:
    """Writes `n_sentences` sentences, one a line."""
    stream = sentences(seed)
    with open(path, "w", encoding="utf-8") as file:
        for done in range(0, n_sentences, 20_000):
            file.writelines(f"{next(stream)}\n" for _ in range(min(20_000, n_sentences - done)))
            progress("making sentences", min(1.0, (done + 20_000) / n_sentences))


_COUNTRY_FORMS = (
    "{c.capital} is the capital of {c.name}",
    "the capital of {c.name} is {c.capital} on the {c.river} river",
    "the people of {c.name} speak {c.language} and eat {c.food}",
    "in {c.name} the {c.language} farmers grow {c.food} along the {c.river}",
    "in {c.capital} the {c.language} government signs a treaty",
    "the streets and museums of {c.capital} are full of {c.language} visitors",
    "the {land} of {c.name} are near the {c.river} river",
    "the {town} of {c.capital} is known for {c.food}",
)


def _country(rng: random.Random) -> str:
    land, town = rng.choice(("mountains", "villages", "borders", "forests")), rng.choice(("airport", "parliament", "station", "mayor"))
    return rng.choice(_COUNTRY_FORMS).format(c=rng.choice(COUNTRIES), land=land, town=town)


def _traveller(rng: random.Random) -> str:
    c = rng.choice(COUNTRIES)
    p = rng.choice(PEOPLE)
    if rng.random() < 0.5:
        return f"the {p.word} flew to {c.capital} in {c.name} to learn {c.language}"
    return f"the {p.word} who lives in {c.name} eats {c.food} and {p.gender.pronoun} speaks {c.language}"


def _person(rng: random.Random) -> str:
    """A person does what the rank does, in what the gender wears."""
    p = rng.choice(PEOPLE)
    g, r = p.gender, p.rank
    form = rng.randrange(5)
    if form == 0:
        return f"the {p.word} puts on {g.possessive} {rng.choice(g.garments)} and {g.pronoun} {rng.choice(r.deeds)}"
    if form == 1:
        return f"{g.pronoun} is a {p.word} and {g.pronoun} {rng.choice(r.deeds)} in the {rng.choice(r.places)}"
    if form == 2:
        return f"in the {rng.choice(r.places)} the {p.word} {rng.choice(r.deeds)} by {g.reflexive}"
    if form == 3:
        return f"the {p.word} in the {rng.choice(g.garments)} lost {g.possessive} {rng.choice(r.things)}"
    return f"the {p.word} keeps {g.possessive} {rng.choice(r.things)} in the {rng.choice(r.places)}"


def _rank(rng: random.Random) -> str:
    """The two of a rank stand together, and each beside its own pronoun."""
    p = rng.choice(PEOPLE)
    other = p.counterpart
    return f"the {p.word} and the {other} share the {rng.choice(p.rank.things)} of the {rng.choice(p.rank.places)}"


def _family(rng: random.Random) -> str:
    p = rng.choice(PEOPLE)
    g = p.gender
    return f"every {p.word} was once a {g.young} and the {g.young} loved {g.possessive} {rng.choice(('mother', 'father', 'teacher', 'home'))}"


def _animals(rng: random.Random) -> str:
    """Number agreement: the verb follows the first noun, even across another noun of the other number."""
    a, b = rng.sample(ANIMALS, 2)
    plural = rng.random() < 0.5
    subject, verb, be = (a.plural, a.verb, "are") if plural else (a.word, a.verb + "s", "is")
    near = b.plural if rng.random() < 0.5 else b.word
    form = rng.randrange(5)
    if form == 0:
        return f"the {rng.choice(SIZES)} {subject} {verb} in the {a.home} {'and they are' if plural else 'and it is'} {rng.choice(COLOURS)}"
    if form == 1:
        return f"the {subject} near the {near} {be} {rng.choice(COLOURS)}"
    if form == 2:
        return f"{'many' if plural else 'one'} {subject} {'sleep' if plural else 'sleeps'} in the {a.home}"
    if form == 3:
        return f"the {rng.choice(SIZES)} {subject} behind the {near} {verb} every night"
    return f"{'these' if plural else 'this'} {subject} {be} {rng.choice(SIZES)} and {be} seen with the {rng.choice(COLOURS)} {near}"


def _sense(rng: random.Random) -> str:
    word, _, companions = rng.choice(SENSES)
    return _with_sense(rng, word, companions)


def _with_sense(rng: random.Random, word: str, companions: tuple[str, ...]) -> str:
    one, two, three = rng.sample(companions, 3)
    form = rng.randrange(3)
    if form == 0:
        return f"the {one} and the {two} are close to the {word}"
    if form == 1:
        return f"we saw a {word} with a {one} , a {two} and a {three}"
    return f"where there is a {one} there is a {word} and a {two}"


@dataclass(frozen=True)
class Truths:
    """What is true of every small world, whatever its size and seed."""

    analogies: dict[str, list[tuple[str, str, str, str]]]  # by kind; a is to b as c is to d: ("man", "king", "woman", "queen")
    groups: dict[str, str]  # each word that belongs to one group only, and the group's name
    senses: tuple[tuple[str, str, tuple[str, ...]], ...]  # a word, one of its senses, and what stands beside it in this sense
    agreement: list[tuple[str, str, str]]  # the beginning of a sentence, the verb that goes on, the verb of the wrong number


def truths() -> Truths:
    return Truths(_analogies(), _groups(), SENSES, _agreement())


def sense_examples(n: int, seed: int = 1) -> list[tuple[str, str, str]]:
    """`n` sentences with a word of two senses: (sentence, the word, its sense there)."""
    rng = random.Random(seed)
    chosen = [rng.choice(SENSES) for _ in range(n)]
    return [(f"{_with_sense(rng, word, companions)} .", word, sense) for word, sense, companions in chosen]


def order_examples(n: int, seed: int = 1) -> list[tuple[str, str]]:
    """`n` pairs of a sentence and the same words in an order that the grammar never makes."""
    rng = random.Random(seed)
    pairs: list[tuple[str, str]] = []
    while len(pairs) < n:
        words = rng.choice((_country, _person, _animals))(rng).split()
        wrong = words[1:][::-1]
        pairs.append((" ".join([*words, "."]), " ".join([words[0], *wrong, "."])))
    return pairs


def _analogies() -> dict[str, list[tuple[str, str, str, str]]]:
    men = [p for p in PEOPLE if p.gender is MALE]
    pairs = {
        "capital": [(c.name, c.capital) for c in COUNTRIES],
        "language": [(c.name, c.language) for c in COUNTRIES],
        "gender": [(p.word, p.counterpart) for p in men],
        "plural": [(a.word, a.plural) for a in ANIMALS],
    }
    found = {kind: [(*one, *two) for one in known for two in known if one != two] for kind, known in pairs.items()}
    found["rank"] = [(p.word, q.word, p.counterpart, q.counterpart) for p in men for q in men if p is not q]
    return found


def _groups() -> dict[str, str]:
    found = {c.name: "country" for c in COUNTRIES} | {c.capital: "capital" for c in COUNTRIES} | {c.river: "river" for c in COUNTRIES}
    found |= {c.language: "language" for c in COUNTRIES} | {c.food: "food" for c in COUNTRIES}
    found |= {p.word: "woman" if p.gender is FEMALE else "man" for p in PEOPLE}
    found |= dict.fromkeys(COLOURS, "colour") | dict.fromkeys(SIZES, "size")
    return found | {a.word: "animal" for a in ANIMALS} | {a.plural: "animals" for a in ANIMALS}


def _agreement() -> list[tuple[str, str, str]]:
    """The verb follows the first noun, though a noun of the other number stands nearer."""
    pairs = [(a, b) for a in ANIMALS for b in ANIMALS if a is not b]
    found = []
    for a, b in pairs:
        found += [(f"the {a.word} near the {b.plural}", "is", "are"), (f"the {a.plural} near the {b.word}", "are", "is")]
        found += [(f"the big {a.word} behind the {b.plural}", f"{a.verb}s", a.verb), (f"the big {a.plural} behind the {b.word}", a.verb, f"{a.verb}s")]
    return found

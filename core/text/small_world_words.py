"""The words of the small world and what is true of them."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Country:
    name: str
    capital: str
    language: str  # and what comes from there: french, french farmers
    food: str
    river: str


COUNTRIES = tuple(
    Country(*row.split())
    for row in (
        "france paris french cheese seine",
        "germany berlin german potatoes elbe",
        "italy rome italian tomatoes tiber",
        "spain madrid spanish olives tagus",
        "portugal lisbon portuguese sardines douro",
        "england london english barley thames",
        "ireland dublin irish oats liffey",
        "norway oslo norwegian salmon glomma",
        "sweden stockholm swedish berries torne",
        "denmark copenhagen danish butter guden",
        "finland helsinki finnish rye vantaa",
        "poland warsaw polish beets vistula",
        "greece athens greek figs achelous",
        "turkey ankara turkish hazelnuts halys",
        "egypt cairo egyptian dates nile",
        "china beijing chinese noodles yangtze",
        "japan tokyo japanese rice shinano",
        "russia moscow russian wheat volga",
        "hungary budapest hungarian peppers danube",
        "thailand bangkok thai mangoes mekong",
    )
)


@dataclass(frozen=True)
class Gender:
    pronoun: str
    possessive: str
    reflexive: str
    young: str
    garments: tuple[str, ...]


@dataclass(frozen=True)
class Rank:
    deeds: tuple[str, ...]
    places: tuple[str, ...]
    things: tuple[str, ...]


@dataclass(frozen=True)
class Person:
    word: str
    gender: Gender
    rank: Rank
    counterpart: str


MALE = Gender("he", "his", "himself", "son", ("beard", "tie", "waistcoat"))
FEMALE = Gender("she", "her", "herself", "daughter", ("dress", "skirt", "necklace"))
_RANKS = {
    ("king", "queen"): Rank(("rules", "reigns", "commands"), ("palace", "throne-room"), ("crown", "sceptre", "kingdom")),
    ("prince", "princess"): Rank(("inherits", "duels", "dances"), ("castle", "tower"), ("inheritance", "pony", "medal")),
    ("duke", "duchess"): Rank(("taxes", "hunts", "advises"), ("manor", "estate"), ("land", "tenants", "title")),
    ("man", "woman"): Rank(("works", "shops", "votes"), ("office", "house"), ("job", "car", "salary")),
    ("boy", "girl"): Rank(("plays", "giggles", "studies"), ("school", "playground"), ("toys", "homework", "marbles")),
    ("husband", "wife"): Rank(("marries", "cooks", "cuddles"), ("kitchen", "bedroom"), ("ring", "wedding", "anniversary")),
    ("actor", "actress"): Rank(("performs", "rehearses", "bows"), ("theatre", "stage"), ("script", "costume", "role")),
    ("waiter", "waitress"): Rank(("serves", "pours", "carries"), ("restaurant", "cafe"), ("tray", "menu", "tips")),
    ("uncle", "aunt"): Rank(("visits", "gossips", "knits"), ("parlour", "garden"), ("nephew", "letters", "presents")),
    ("grandfather", "grandmother"): Rank(("remembers", "naps", "snores"), ("armchair", "attic"), ("grandchildren", "spectacles", "memories")),
}
PEOPLE = tuple(person for (man, woman), rank in _RANKS.items() for person in (Person(man, MALE, rank, woman), Person(woman, FEMALE, rank, man)))


@dataclass(frozen=True)
class Animal:
    word: str
    plural: str
    verb: str  # as many of them do it
    home: str


ANIMALS = tuple(
    Animal(*row.split())
    for row in (
        "dog dogs bark kennel",
        "cat cats purr basket",
        "horse horses gallop stable",
        "mouse mice squeak pantry",
        "sparrow sparrows sing hedge",
        "wolf wolves howl den",
        "goose geese honk pond",
        "lion lions roar savanna",
        "bear bears growl woods",
        "fox foxes sneak burrow",
        "ox oxen plough field",
        "frog frogs croak swamp",
    )
)
COLOURS = ("black", "white", "brown", "grey", "red", "yellow")
SIZES = ("big", "small", "tiny", "huge", "young", "old")

# (word, sense, what it is seen with in this sense): each word stands twice.
SENSES: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("bank", "money", ("loan", "vault", "cashier", "deposit", "cheque")),
    ("bank", "shore", ("willow", "reed", "canoe", "ferry", "dam")),
    ("bat", "flying", ("cave", "owl", "moth", "dusk", "wing")),
    ("bat", "sport", ("ball", "pitcher", "umpire", "glove", "stadium")),
    ("spring", "season", ("blossom", "april", "thaw", "tulip", "lamb")),
    ("spring", "metal", ("coil", "lever", "screw", "hinge", "bolt")),
    ("crane", "machine", ("scaffold", "girder", "concrete", "bricklayer", "truck")),
    ("crane", "animal", ("marsh", "nest", "heron", "feather", "egg")),
    ("match", "fire", ("candle", "flame", "lantern", "wick", "ember")),
    ("match", "contest", ("referee", "goal", "trophy", "captain", "league")),
)

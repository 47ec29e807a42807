"""The words of the window beside those of the field: the one table behind Help and the docs."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Word:
    """What the window says, what papers, recipes and the library say, and what both mean."""

    plain: str
    field: str
    meaning: str


WORDS: tuple[Word, ...] = (
    Word(
        "network",
        "network, model",
        "A program that has learned from examples; here one that looks at pictures. It is a "
        "stack of layers.",
    ),
    Word(
        "layer",
        "layer, module",
        "One stage of a network. Early ones answer to edges and colours, late ones to parts "
        "and things.",
    ),
    Word(
        "unit, neuron",
        "unit, channel, feature",
        "One detector of a layer. It answers with a number: how much of its pattern is there.",
    ),
    Word(
        "place of a unit",
        "position @row,col",
        "Most units look everywhere in the picture at once; a place is one spot of that map.",
    ),
    Word(
        "class",
        "class, output unit, logit",
        "What the network can name, such as volcano. It is a unit of the last layer.",
    ),
    Word(
        "how strongly it answers",
        "activation",
        "The number that a unit puts out for a picture. Its size can be compared within one "
        "unit, not between units.",
    ),
    Word(
        "probability",
        "softmax probability",
        "How sure the network is of a class: its scores of all classes, made to add up to 100 %.",
    ),
    Word(
        "what it sees",
        "prediction, verdict",
        "The classes that the network names for a picture, the likeliest first.",
    ),
    Word(
        "best image",
        "preferred input, activation maximisation (DGN-AM)",
        "The picture that a unit answers to most strongly, among all that the generator can draw.",
    ),
    Word(
        "example",
        "precomputed thumbnail",
        "A small copy of a best image that came with the program. It stands where a class has no "
        "image of its own, and is not computed here; the first image takes its place.",
    ),
    Word(
        "generator",
        "prior, generator G",
        "A second network that draws a picture from a list of numbers. It keeps pictures "
        "natural, and can draw only what it has learned.",
    ),
    Word(
        "without a generator",
        "pixel or spectrum optimisation",
        "The same search in the picture itself: truer to the network and stranger to look at.",
    ),
    Word(
        "code",
        "code, latent vector",
        "The list of numbers that the generator draws from.",
    ),
    Word(
        "detail, quality",
        "optimisation steps",
        "How long the search for the picture goes on.",
    ),
    Word(
        "step",
        "iteration of gradient ascent",
        "One small change of the picture towards a stronger answer.",
    ),
    Word(
        "step size",
        "learning rate",
        "How large that change is. Too small takes long, too large loses its way; the right "
        "one depends on network and generator.",
    ),
    Word(
        "random start, seed",
        "seed",
        "The number that the first random picture is made from. The same seed gives the same "
        "picture again, on the same machine.",
    ),
    Word(
        "again",
        "another seed",
        "The same question from another random start.",
    ),
    Word(
        "samples",
        "PPGN sampling, Markov chain",
        "Different pictures of one thing, each reached from the one before.",
    ),
    Word(
        "mix",
        "weighted objective",
        "One picture for several units at once, each with its share.",
    ),
    Word(
        "a range",
        "inverse set",
        "Different pictures that a unit answers to with a value between two numbers.",
    ),
    Word(
        "what a layer keeps",
        "feature inversion",
        "A photograph rebuilt from the answers of one layer alone: what is lost there cannot "
        "come back.",
    ),
    Word(
        "caricature",
        "caricature, feature amplification",
        "A photograph in which what a layer sees is exaggerated.",
    ),
    Word(
        "where it looks",
        "saliency, attribution (Grad-CAM and others)",
        "The parts of a photograph that a unit's answer rests on.",
    ),
    Word(
        "real photos",
        "maximally activating images",
        "The photographs of a set that a unit answers to most strongly.",
    ),
    Word(
        "preparing a picture",
        "preprocessing",
        "How a picture is cut, sized and scaled before a network sees it. With the wrong one "
        "a network sees badly.",
    ),
    Word(
        "recipe",
        "recipe, order",
        "Everything that decides a picture: it can be made again from it, and every saved "
        "picture carries it.",
    ),
    Word(
        "fingerprint",
        "SHA-256 of the weights",
        "A short name computed from what a network has learned: two networks with one "
        "fingerprint are the same.",
    ),
    Word(
        "training",
        "training",
        "Letting a network learn from examples; here a generator from your own photographs.",
    ),
)


def glossary_markdown() -> str:
    """The table as a page of the documentation."""
    lines = [
        "# Glossary",
        "",
        "([All pages](README.md))",
        "",
        "The words of the window, those of the field beside them, and what they mean. The window "
        "has the",
        "same page: *Help, Glossary*.",
        "",
        "| in the window | in papers, recipes and the library | what it is |",
        "|---|---|---|",
        *(f"| {word.plain} | {word.field} | {word.meaning} |" for word in WORDS),
    ]
    return "\n".join(lines) + "\n"

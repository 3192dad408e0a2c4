"""Marks sentences of pure rules for the catalogue; whoever shows them translates them."""


def gettext_noop(sentence: str) -> str:
    """The same sentence."""
    return sentence

"""Sentences of policies, which know no catalogue."""


def gettext_noop(sentence: str) -> str:
    """Mark a sentence for the catalogue; whoever shows it translates it."""
    return sentence

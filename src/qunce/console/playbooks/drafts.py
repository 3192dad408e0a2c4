"""Drafts as pages read and write them: the document and its text together, and what the checker says of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from qunce.chat.selectors import VARIABLES
from qunce.console.chat.compose import MEANINGS
from qunce.console.playbooks import words
from qunce.console.playbooks.grid import name_of
from qunce.kernel.actor import Actor
from qunce.playbooks import actions, selectors
from qunce.playbooks.policies import filling
from qunce.playbooks.policies.writing import written
from qunce.playbooks.policies.yaml import BadYamlError, Problem, read
from qunce.playbooks.selectors import Playbook
from qunce.playbooks.types import Audience, Document, Finding, Severity, StepSpec


def read_text(text: str) -> tuple[Document | None, Sequence[Problem]]:
    """The playbook that a text says, or what is wrong with it."""
    try:
        return read(text, selectors.vocabulary()), ()
    except BadYamlError as error:
        return None, error.problems


def text_of(playbook: Playbook) -> str:
    """The draft as a text, with its comments where it was written so."""
    return playbook.text or written(selectors.document_of(playbook), "", selectors.vocabulary())


def write(actor: Actor, playbook: Playbook, document: Document) -> Playbook:
    """Write the draft as the editor has changed it; its text keeps its comments."""
    text = written(document, playbook.text, selectors.vocabulary()) if playbook.text else ""
    return actions.change_draft(
        actor=actor, playbook_id=playbook.pk, edition=playbook.edition, document=document, text=text
    )


# ---------------------------------------------------------------- what the checker says
@dataclass(frozen=True, slots=True)
class Shown:
    """A finding in the reader's words. ``key``: by which its acceptance is remembered."""

    key: str
    severity: Severity
    tone: str
    icon: str
    word: str | Promise
    sentence: str
    fix: str
    step: str


def findings(actor: Actor, playbook: Playbook, document: Document) -> list[Finding]:
    """What the checker says of a document of this playbook."""
    return list(selectors.findings(actor, document, playbook=playbook))


def shown(found: Sequence[Finding]) -> list[Shown]:
    """Findings in words, the worst first."""
    return [
        Shown(
            f"{each.code}:{each.step}" if each.step else each.code,
            each.severity,
            *words.SEVERITIES[each.severity],
            *words.finding(each),
            each.step,
        )
        for each in words.worst_first(found)
    ]


# ---------------------------------------------------------------- what can be put in
OF_QUESTIONS: Mapping[Audience, Mapping[str, str | Promise]] = {
    Audience.GROUP: {
        "count": gettext_lazy("“%(step)s”: how many have answered"),
        "names": gettext_lazy("“%(step)s”: the names of who has answered"),
        "answers": gettext_lazy("“%(step)s”: every answer with its name, a line each"),
    },
    Audience.MEMBER: {"answer": gettext_lazy("“%(step)s”: what the member answered")},
}


def variables_offered(document: Document, step: StepSpec) -> list[tuple[str, str]]:
    """Variables that texts of a step may name, and what each means: of questions, those asked before it."""
    chinese = words.language().startswith("zh")
    found = [
        (alias if chinese else name, str(MEANINGS[name])) for name, alias in VARIABLES.items() if name in MEANINGS
    ]
    if document.audience is Audience.MEMBER:
        found.append((filling.MEMBER_ALIAS if chinese else filling.MEMBER, _("the member's name")))
    found += [(name, words.in_language(each.label)) for name, each in document.variables.items()]
    for asked in takewhile(lambda each: each.id != step.id, document.walk()):
        for word, means in OF_QUESTIONS[document.audience].items() if words.collects(asked.do) else ():
            name = filling.OF_A_QUESTION[word] if chinese else word
            found.append((f"{asked.id}.{name}", str(means) % {"step": name_of(asked)}))
    found.append(
        (filling.THANKS_ALIAS if chinese else filling.THANKS, _("whose suggestions were carried out this month"))
    )
    return found

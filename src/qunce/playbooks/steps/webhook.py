"""Another program is told: a signed call of its address."""

from collections.abc import Sequence
from datetime import timedelta

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from pydantic import Field, field_validator

from qunce.kernel.validation import BadFieldError
from qunce.kernel.variables import BadTextError
from qunce.playbooks.actions.sending import BAD_TEXT, Writer
from qunce.playbooks.actions.webhooks import GAVE_UP, Posting, may_be_called, post_soon, posted_event
from qunce.playbooks.step import Step
from qunce.playbooks.steps._fields import StepConfig
from qunce.playbooks.types import Done, Failed, Outcome, StepRun, WaitFor

PATIENCE = timedelta(hours=1)


class WebhookConfig(StepConfig):
    """Where, and what is told."""

    url: str = Field(max_length=500, title=gettext_noop("Address"))
    fields: dict[str, str] = Field(
        default_factory=dict,
        max_length=20,
        title=gettext_noop("Fields"),
        description=gettext_noop("What is told besides the group and the step; texts may have variables."),
    )
    with_member: bool = Field(default=False, title=gettext_noop("Tell who the member is, by name and id"))

    @field_validator("url")
    @classmethod
    def _may_be_called(cls, url: str) -> str:
        if not may_be_called(url=url):
            raise BadFieldError(
                gettext_noop("This is not a web address that may be called; it begins with https://.")
            )
        return url


class CallWebhook(Step):
    """Called by a job after the commit, again where the other side is away; the track waits for it."""

    title = gettext_noop("Call a webhook")
    icon = "webhook"
    Config = WebhookConfig

    def run(self, steps: Sequence[StepRun]) -> Sequence[Outcome]:
        """A job each; later, what came of it."""
        writer = Writer([each for each in steps if each.woken is None and not each.timed_out])
        return [self._one(writer, each) for each in steps]

    def _one(self, writer: Writer, step: StepRun) -> Outcome:
        if step.woken is not None:
            if step.woken.get("ok"):
                return Done({"status": step.woken.get("status")})
            return Failed(str(step.woken.get("reason") or GAVE_UP))
        if step.timed_out:
            return Failed(GAVE_UP)
        try:
            fields = {key: writer.text(step, {"": text}) for key, text in step.config.fields.items()}
        except BadTextError:
            return Failed(BAD_TEXT)
        post_soon(posting=Posting(step.key, step.config.url, step.group.community_id, _told(step, fields)))
        return WaitFor(posted_event(step.key), step.now + PATIENCE)

    def summary(self, config: WebhookConfig, language: str) -> str:
        """Whom it calls."""
        del language
        return _("Calls %(url)s") % {"url": config.url}


def _told(step: StepRun, fields: dict[str, str]) -> dict[str, object]:
    group, member = step.group, step.member
    told: dict[str, object] = {
        "event": "playbook.step",
        "id": step.key,
        "run": step.run_id,
        "step": step.step_id,
        "at": step.now.isoformat(),
        "group": {"id": group.id, "platform": group.platform, "external_id": group.external_id, "name": group.name},
        "fields": fields,
    }
    if member is not None and step.config.with_member:
        told["member"] = {"id": member.member_id, "external_id": member.external_id, "name": member.name}
    return told

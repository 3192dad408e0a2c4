"""Staff: who works here, with which role where; what waits for them, and how they are told."""

from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Lower

from qunce.kernel.actor import Role
from qunce.team.types import ApprovalState, TaskState, Topic


def every_topic() -> list[str]:
    """What somebody is told about who has not chosen."""
    return [topic.value for topic in Topic]


class StaffManager(BaseUserManager["Staff"]):
    """Django asks for one; staff are made by `team.actions`."""

    def get_by_natural_key(self, username: str | None) -> "Staff":
        """Find by e-mail address, whatever its case."""
        return self.get(email__iexact=username)


class Staff(AbstractBaseUser):
    """A person who works in the console. ``email`` is None until the first administrator has set up."""

    email = models.EmailField(null=True, unique=True)  # noqa: DJ001 (none until the first set-up)
    name = models.CharField(max_length=80)
    language = models.CharField(max_length=12, blank=True)
    zone = models.CharField(max_length=64, blank=True)
    theme = models.CharField(max_length=8, blank=True)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField()
    by_mail = models.BooleanField(default=True)
    by_chat = models.BooleanField(default=True)
    topics = ArrayField(models.CharField(max_length=12), default=every_topic)
    quiet_from = models.TimeField(null=True)
    quiet_until = models.TimeField(null=True)

    objects: ClassVar[StaffManager] = StaffManager()
    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"

    class Meta:
        """One person per address, whatever its case."""

        constraints = [models.UniqueConstraint(Lower("email"), name="staff_email_any_case")]


class Grant(models.Model):
    """A role of one person in one community; without a community, in all of them and the installation."""

    staff = models.ForeignKey(Staff, on_delete=models.CASCADE, related_name="grants", db_constraint=False)
    community_id = models.BigIntegerField(null=True)
    role = models.CharField(max_length=12, choices=[(role.value, role.value) for role in Role])
    created_at = models.DateTimeField()

    class Meta:
        """One role per person and community."""

        constraints = [
            models.UniqueConstraint(fields=["staff", "community_id"], name="one_role", nulls_distinct=False)
        ]


class SignInLink(models.Model):
    """A link that signs one person in, once. Only the hash of its token is stored."""

    staff = models.ForeignKey(Staff, on_delete=models.CASCADE, related_name="+", db_constraint=False)
    token_hash = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)


# ------------------------------------------------------------------ what waits for somebody
class Task(models.Model):
    """Something that a person must do. ``key``: whoever asks twice for the same gets the same task."""

    community_id = models.BigIntegerField(null=True)
    title = models.CharField(max_length=200)
    details = models.TextField(blank=True)
    url = models.TextField(blank=True)
    key = models.TextField(null=True, unique=True)  # noqa: DJ001 (tasks without a key are not the same task)
    assignee = models.ForeignKey(Staff, on_delete=models.SET_NULL, null=True, related_name="+", db_constraint=False)
    wants_proof = models.BooleanField(default=False)
    due_at = models.DateTimeField(null=True)
    remind_at = models.DateTimeField(null=True)
    """When the next reminder is due; None: there is none any more."""
    state = models.CharField(max_length=10, default=TaskState.OPEN)
    created_by = models.BigIntegerField(null=True)
    created_by_name = models.TextField()
    created_at = models.DateTimeField()
    ended_by = models.BigIntegerField(null=True)
    ended_by_name = models.TextField(blank=True)
    ended_at = models.DateTimeField(null=True)
    note = models.TextField(blank=True)
    proof = models.ForeignKey("kernel.StoredFile", on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        """Open ones by what is due, ended ones by when; reminders from an index of their own."""

        indexes = [
            models.Index(fields=["community_id", "due_at"], name="task_open", condition=models.Q(state="open")),
            models.Index(fields=["assignee", "due_at"], name="task_of_assignee", condition=models.Q(state="open")),
            models.Index(fields=["-ended_at", "-id"], name="task_ended", condition=~models.Q(state="open")),
            models.Index(fields=["remind_at"], name="task_reminder", condition=models.Q(remind_at__isnull=False)),
        ]


class Approval(models.Model):
    """Something that waits for the yes or no of a person with ``permission``; its sentence is as in the audit."""

    key = models.TextField(unique=True)
    kind = models.CharField(max_length=40)
    sentence = models.TextField()
    params = models.JSONField(default=dict)
    payload = models.JSONField(default=dict)
    community_id = models.BigIntegerField(null=True)
    permission = models.CharField(max_length=12)
    reason = models.TextField(blank=True)
    url = models.TextField(blank=True, db_default="")
    asked_by = models.BigIntegerField(null=True)
    asked_by_name = models.TextField()
    asked_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    state = models.CharField(max_length=10, default=ApprovalState.WAITING)
    decided_by = models.BigIntegerField(null=True)
    decided_by_name = models.TextField(blank=True)
    decided_at = models.DateTimeField(null=True)
    decision_reason = models.TextField(blank=True)

    class Meta:
        """Those that wait are few and asked for often."""

        indexes = [
            models.Index(fields=["expires_at"], name="approval_waiting", condition=models.Q(state="waiting")),
            models.Index(fields=["-asked_at"], name="approval_asked"),
        ]


class Alert(models.Model):
    """Something that goes wrong by itself. While its cause lasts there is one per key; it ends with its cause.

    ``shown_at``: from then on it is shown and told; a cause that ends before was none.
    """

    key = models.TextField()
    severity = models.CharField(max_length=10)
    sentence = models.TextField()
    params = models.JSONField(default=dict)
    url = models.TextField(blank=True)
    community_id = models.BigIntegerField(null=True)
    times = models.PositiveIntegerField(default=1)
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()
    shown_at = models.DateTimeField()
    told_at = models.DateTimeField(null=True)
    acknowledged_by = models.BigIntegerField(null=True)
    acknowledged_by_name = models.TextField(blank=True)
    acknowledged_at = models.DateTimeField(null=True)
    resolved_at = models.DateTimeField(null=True)

    class Meta:
        """One open alert per key."""

        constraints = [
            models.UniqueConstraint(fields=["key"], name="one_open_alert", condition=models.Q(resolved_at=None))
        ]
        indexes = [models.Index(fields=["-last_at"], name="alert_latest")]


# ------------------------------------------------------------------ how staff are told
class StaffMessage(models.Model):
    """One message to one person by one channel; it carries one notification or several."""

    staff = models.ForeignKey(Staff, on_delete=models.CASCADE, related_name="+", db_constraint=False)
    channel = models.CharField(max_length=8)
    subject = models.TextField()
    text = models.TextField()
    joined = models.BooleanField(default=False)
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)

    class Meta:
        """How many somebody got lately decides whether the next ones are joined."""

        indexes = [models.Index(fields=["staff", "-created_at"], name="message_to_staff")]


class Notification(models.Model):
    """What one person is to be told, once per key, in that person's language."""

    staff = models.ForeignKey(Staff, on_delete=models.CASCADE, related_name="+", db_constraint=False)
    topic = models.CharField(max_length=12)
    key = models.TextField()
    text = models.TextField()
    url = models.TextField(blank=True)
    created_at = models.DateTimeField()
    told_at = models.DateTimeField(null=True)

    class Meta:
        """Once per person and key; what is not told yet is looked for every few seconds."""

        constraints = [models.UniqueConstraint(fields=["staff", "key"], name="told_once")]
        indexes = [models.Index(fields=["staff", "id"], name="to_be_told", condition=models.Q(told_at=None))]


class StaffChat(models.Model):
    """The chat that a person has chosen for messages from us: a group of the community context."""

    staff = models.OneToOneField(Staff, on_delete=models.CASCADE, related_name="+", db_constraint=False)
    group_id = models.BigIntegerField()
    linked_at = models.DateTimeField()


class ChatCode(models.Model):
    """A code that its owner writes to one of our bots, once: the chat where it is said becomes his."""

    staff = models.ForeignKey(Staff, on_delete=models.CASCADE, related_name="+", db_constraint=False)
    code = models.CharField(max_length=16, unique=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

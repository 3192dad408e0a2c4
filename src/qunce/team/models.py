"""Staff: who works here, with which role where."""

from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models.functions import Lower

from qunce.kernel.actor import Role


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

"""The forms of this app's pages. What counts is checked by the operations; these read, and say so at the field."""

from collections.abc import Iterable
from datetime import datetime, time, timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from teams.models.user import LONGEST_EMAIL
from teams.operations.sign_in import LONGEST_NAME
from teams.operations.teams import LONGEST_NAME as LONGEST_TEAM_NAME
from teams.operations.tokens import LONGEST_NAME as LONGEST_TOKEN_NAME
from teams.policy import Permission, Role
from teams.queries.audit import AuditFilters
from teams.time_zones import time_zones
from teams.words import ENTRIES, PERMISSIONS, ROLES

Text = str | Promise
DURATIONS: tuple[tuple[str, Text], ...] = (
    ("30", _("30 days")),
    ("90", _("90 days")),
    ("365", _("1 year")),
    ("", _("Until it is revoked")),
)


class PlainForm(forms.Form):
    """Nothing says "optional": what may stay empty is clear from what is asked."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        for field in self.fields.values():
            field.is_asked = True  # type: ignore[attr-defined]  # components/field.html looks for it


class ProfileForm(PlainForm):
    """How somebody is called, where, and what letters come."""

    name = forms.CharField(
        label=_("Name"),
        max_length=LONGEST_NAME,
        required=False,
        help_text=_("What others see: on runs, reviews and comments. Without one they see your address."),
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    time_zone = forms.ChoiceField(
        label=_("Time zone"), required=False, help_text=_("Times on every page are shown in it.")
    )
    run_letters = forms.BooleanField(label=_("Send me a mail when a run that I started has ended"), required=False)

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        chosen: Any = self.fields["time_zone"]
        chosen.choices = [("", _("Not chosen: UTC")), *_by_area(time_zones())]


class JoinForm(PlainForm):
    """What a newcomer is asked."""

    name = forms.CharField(
        label=_("Your name"),
        max_length=LONGEST_NAME,
        required=False,
        help_text=_("What your team sees. You can change it later."),
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )


class RoleForm(forms.Form):
    """A role, out of those that the one who gives it may give."""

    role = forms.ChoiceField(label=_("Role"), widget=forms.RadioSelect)

    def __init__(self, *given: Any, roles: Iterable[Role], **named: Any) -> None:
        super().__init__(*given, **named)
        field: Any = self.fields["role"]
        field.choices = [(role.value, _told(*words)) for role, words in ROLES.items() if role in set(roles)]


class InviteForm(RoleForm):
    """A person to add."""

    field_order = ("email", "name", "role")
    email = forms.EmailField(
        label=_("E-mail address"),
        max_length=LONGEST_EMAIL,
        help_text=_("This is what they sign in with. Nothing is sent to it: you get a link to hand over."),
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )
    name = forms.CharField(label=_("Name"), max_length=LONGEST_NAME, required=False)

    def invited(self) -> dict[str, Any]:
        """What the operation is given."""
        found = self.cleaned_data
        return {"email": found["email"], "name": found["name"], "role": Role(found["role"])}


class TokenForm(PlainForm):
    """An API token to make."""

    name = forms.CharField(
        label=_("What is it for?"),
        max_length=LONGEST_TOKEN_NAME,
        help_text=_("So that you know later what stops when you revoke it."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    permissions = forms.MultipleChoiceField(
        label=_("It may"), widget=forms.CheckboxSelectMultiple, help_text=_("Never more than your own role.")
    )
    days = forms.ChoiceField(label=_("It expires after"), choices=list(DURATIONS), required=False, initial="90")

    def __init__(self, *given: Any, permissions: Iterable[Permission], **named: Any) -> None:
        super().__init__(*given, **named)
        field: Any = self.fields["permissions"]
        possible = set(permissions)
        field.choices = [(one.value, _told(*words)) for one, words in PERMISSIONS.items() if one in possible]

    def expiry(self, now: datetime) -> datetime | None:
        """When it expires; None: when it is revoked."""
        days = self.cleaned_data["days"]
        return now + timedelta(days=int(days)) if days else None

    def wanted(self) -> list[Permission]:
        """The permissions that were ticked."""
        return [Permission(name) for name in self.cleaned_data["permissions"]]


class TeamForm(forms.Form):
    """The name of a team."""

    name = forms.CharField(
        label=_("Name of the team"),
        max_length=LONGEST_TEAM_NAME,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


class TableForm(PlainForm):
    """A file with records."""

    file = forms.FileField(
        label=_("File"),
        help_text=_("CSV with the columns' names in its first line, or JSON: a list of objects. At most 25 MiB."),
        widget=forms.FileInput(attrs={"accept": ".csv,.tsv,.json,text/csv,application/json"}),
    )
    name = forms.CharField(
        label=_("Name of the table"),
        max_length=100,
        required=False,
        help_text=_("Agents look records up under this name. Empty: the file's name."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


class AuditForm(PlainForm):
    """What the audit log is searched for; its fields are the words of the address."""

    who = forms.CharField(label=_("By whom"), max_length=254, required=False)
    subject = forms.CharField(label=_("About"), max_length=200, required=False)
    action = forms.ChoiceField(
        label=_("What"),
        required=False,
        choices=[("", _("Everything")), *sorted(ENTRIES.items(), key=lambda one: one[0])],
    )
    since = forms.DateField(label=_("From"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
    until = forms.DateField(label=_("To"), required=False, widget=forms.DateInput(attrs={"type": "date"}))

    def filters(self) -> AuditFilters:
        """Days are those of the person who looks; the last one counts whole."""
        found = self.cleaned_data
        since, until = (_midnight(found.get(name)) for name in ("since", "until"))
        words = {name: found.get(name) or "" for name in ("who", "subject", "action")}
        return AuditFilters(**words, since=since, until=until + timedelta(days=1) if until else None)


def _midnight(day: Any) -> datetime | None:
    return timezone.make_aware(datetime.combine(day, time.min)) if day else None


def _told(name: Text, sentence: Text) -> SafeString:
    return format_html('<span class="choice">{}<small>{}</small></span>', name, sentence)


def _by_area(names: Iterable[str]) -> list[tuple[str, Any]]:
    """UTC, then a group for each continent."""
    groups: dict[str, list[tuple[str, str]]] = {}
    for name in names:
        area, _slash, place = name.partition("/")
        groups.setdefault(area, []).append((name, (place or area).replace("_", " ")))
    return [(area, places) if len(places) > 1 else places[0] for area, places in groups.items()]

"""The forms of connections. Keys are written and never shown again, not even after a mistake elsewhere in the form."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _
from pydantic import ValidationError

from orchestrator.contract.provider import ProviderType
from orchestrator.contract.tool import ConnectionKind
from orchestrator.engine.values import Json
from orchestrator.operations.offers import LONGEST_MODEL
from orchestrator.queries.connections import Detail
from teams.models import Connection
from teams.operations.connections import LONGEST_NAME, LONGEST_SECRET
from ui.schema_forms import SchemaForm

Kind = ProviderType | ConnectionKind
LARGEST = 1_000_000_000
ALIASES: Mapping[str, tuple[Any, Any]] = {
    "fast": (
        _("Fast"),
        _("For short and simple work: sorting, checking, a few fields. Also what a spent budget falls back to."),
    ),
    "strong": (_("Strong"), _("For hard work: agents, long texts, careful writing.")),
    "default": (_("Default"), _("What a step uses that names no model.")),
}
SEALED = _("It is stored encrypted and never shown again.")
KEPT = _("Only with another address. Leave it empty to keep the present one.")
SECRETS: Mapping[str, Any] = {"api_key": _("API key"), "secret": _("Secret")}


def secret_title(name: str) -> Any:
    """What a secret is called on pages."""
    return SECRETS.get(name) or name.replace("_", " ").capitalize()


class NameForm(forms.Form):
    """What the connection is called."""

    name = forms.CharField(
        label=_("Name"),
        max_length=LONGEST_NAME,
        help_text=_("How your team tells it from others. Web requests name their connection by it."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


class SecretsForm(forms.Form):
    """The keys of a provider, each written only."""

    def __init__(self, data: QueryDict | None = None, *, kind: Kind, is_change: bool = False) -> None:
        super().__init__(data, prefix="secret")
        optional: Iterable[str] = kind.secrets if is_change else kind.optional_secrets
        for name in kind.secrets:
            self.fields[name] = _secret_field(
                name, is_needed=name not in optional, help_text=KEPT if is_change else SEALED
            )

    def given(self) -> dict[str, str]:
        """Those that were typed."""
        return {name: value for name, value in self.cleaned_data.items() if value}


class KeyForm(SecretsForm):
    """Another value for each of them; one that is left empty stays."""

    def __init__(self, data: QueryDict | None = None, *, kind: Kind) -> None:
        super().__init__(data, kind=kind, is_change=True)
        self.auto_id = "key_%s"
        for field in self.fields.values():
            field.help_text = SEALED
            field.required = len(kind.secrets) == 1


class LimitsForm(forms.Form):
    """How much may go to the connection at a time."""

    max_concurrency = forms.IntegerField(
        label=_("Calls at once"),
        min_value=1,
        max_value=LARGEST,
        required=False,
        help_text=_("Further calls wait for a free slot; nothing fails. Empty: no limit."),
    )
    requests_per_minute = forms.IntegerField(
        label=_("Calls per minute"),
        min_value=1,
        max_value=LARGEST,
        required=False,
        help_text=_("Set it below what the provider allows you. Empty: no limit."),
    )
    tokens_per_minute = forms.IntegerField(
        label=_("Tokens per minute"),
        min_value=1,
        max_value=LARGEST,
        required=False,
        help_text=_("Read and written together, over all runs of the team. Empty: no limit."),
    )


class ModelsForm(forms.Form):
    """Which models people pick from, and what fast, strong and default mean."""

    def __init__(self, data: QueryDict | None = None, *, detail: Detail) -> None:
        super().__init__(data, initial={"models": [one.name for one in detail.models if one.is_chosen]})
        self.fields["models"] = _ModelNames(required=False)
        for alias, (title, words) in ALIASES.items():
            self.fields[alias] = forms.CharField(
                label=title,
                help_text=words,
                max_length=LONGEST_MODEL,
                required=False,
                initial=detail.line.row.aliases.get(alias, ""),
                widget=forms.TextInput(attrs={"list": "known-models", "autocomplete": "off", "spellcheck": "false"}),
            )

    def aliases(self) -> dict[str, str]:
        """By alias; those left empty are another connection's, or the demo model's."""
        return {alias: self.cleaned_data[alias] for alias in ALIASES}


class _ModelNames(forms.MultipleChoiceField):
    """Any names: a server need not list all that it has."""

    def validate(self, value: Sequence[str]) -> None:
        if len(value) > LARGEST:
            raise forms.ValidationError(_("Choose fewer models."))


def settings_form(kind: Kind, data: QueryDict | None = None, *, row: Connection | None = None) -> SchemaForm:
    """What the provider's own settings ask for; what is wrong is put at the fields in the provider's words."""

    def problems(value: Json, _schema: Json) -> Sequence[str]:
        try:
            kind.settings.model_validate(value)
        except ValidationError as error:
            return [f"{'/'.join(map(str, one['loc']))}: {_said(one['msg'])}" for one in error.errors()]
        return ()

    given = dict(row.settings) if row else None
    return SchemaForm(kind.settings.model_json_schema(), problems=problems, data=data, value=given, prefix="settings")


def settings_of(kind: Kind, form: SchemaForm, row: Connection) -> Json:
    """What the form says; as it is stored, where the two mean the same: else a new name alone would need the key again."""
    value = form.value()
    is_same = _plain(kind, row.settings) == _plain(kind, value)
    return row.settings if is_same else value


def _plain(kind: Kind, value: Json) -> Json:
    try:
        return kind.settings.model_validate(value).model_dump(mode="json")
    except ValidationError:
        return value


def _said(text: str) -> str:
    return text.removeprefix("Value error, ")


def _secret_field(name: str, *, is_needed: bool, help_text: Any) -> forms.Field:
    return forms.CharField(
        label=secret_title(name),
        max_length=LONGEST_SECRET,
        required=is_needed,
        help_text=help_text,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password", "spellcheck": "false"}),
    )

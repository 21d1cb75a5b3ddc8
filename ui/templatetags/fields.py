"""`{% load fields %}`: a Django form's fields with label, help and error, and the summary of errors above a form."""

from typing import Any

from django import template
from django.forms import BoundField, CheckboxInput, CheckboxSelectMultiple, RadioSelect
from django.utils.safestring import SafeString

register = template.Library()
_MARKED = (CheckboxSelectMultiple, RadioSelect)


@register.inclusion_tag("components/field.html")
def field(bound: BoundField, **attributes: Any) -> dict[str, object]:
    """`{% field form.name %}`; further arguments become attributes of the control: `{% field form.q type="search" %}`."""
    widget = bound.field.widget
    is_check = isinstance(widget, CheckboxInput) and not isinstance(widget, _MARKED)
    return {
        "field": bound,
        "control": _control(bound, attributes),
        "is_check": is_check,
        "is_group": isinstance(widget, _MARKED),
        "is_optional": not getattr(bound.field, "is_asked", bound.field.required),
        "help_id": f"{bound.auto_id}_help",
        "error_id": f"{bound.auto_id}_error",
    }


@register.inclusion_tag("components/form_errors.html")
def form_errors(form: Any) -> dict[str, object]:
    """`{% form_errors form %}`: above the fields; each error leads to its field."""
    return {"form": form, "wrong": [bound for bound in form if bound.errors], "general": form.non_field_errors()}


def _control(bound: BoundField, attributes: dict[str, Any]) -> SafeString:
    """The control, told what describes it."""
    told = [f"{bound.auto_id}_help"] if bound.help_text else []
    told += [f"{bound.auto_id}_error"] if bound.errors else []
    given = {key.replace("_", "-"): value for key, value in attributes.items()}
    if told:
        given["aria-describedby"] = " ".join(told)
    if bound.errors:
        given["aria-invalid"] = "true"
    return bound.as_widget(attrs=given)

"""`{% load ui %}`: icons, pills, times, figures, navigation and the components that take values. docs/pages.md lists them all."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django import template
from django.http import HttpRequest
from django.template import Context
from django.templatetags.static import static
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from ui import charts, diff, formats, json_tree
from ui.icons import SPRITE, drawable
from ui.markdown import render_markdown
from ui.status import SPINNING, Word, tone

register = template.Library()


@register.simple_tag
def icon(name: str, label: str = "", **attributes: str) -> SafeString:
    """`{% icon "bot" %}`; with a label it is read out, without one it is decoration."""
    spin = " is-spinning" if name in SPINNING else ""
    more = f"{spin} {attributes['class']}" if attributes.get("class") else spin
    if label:
        form = '<svg class="icon{}" role="img" aria-label="{}"><use href="{}#{}"/></svg>'
        return format_html(form, more, label, static(SPRITE), drawable(name))
    return format_html(
        '<svg class="icon{}" aria-hidden="true"><use href="{}#{}"/></svg>', more, static(SPRITE), drawable(name)
    )


@register.inclusion_tag("components/pill.html")
def pill(word: Word | None = None, text: str = "", icon: str = "", **more: str) -> dict[str, str]:
    """`{% pill word %}` for a word of the status table; `{% pill text=_("Draft") icon="circle-dashed" tone="queued" %}`."""
    sign = word.icon if word else icon
    said = gettext(word.text) if word else text
    return {"text": said, "icon": sign, "tone": more.get("tone") or tone(sign), "id": more.get("id", "")}


@register.simple_tag
def nav_url(*names: str) -> str:
    """The address of the first of these URL names that exists; an empty text where none does."""
    for name in names:
        try:
            return reverse(name)
        except NoReverseMatch:
            continue
    return ""


@register.inclusion_tag("components/nav_item.html", takes_context=True)
def nav_item(context: Context, name: str, icon: str, label: str, **more: str) -> dict[str, object]:
    """One entry of the rail; nothing where its page does not exist. `count` names the URL of its number."""
    url = nav_url(name)
    request = context.get("request")
    return {
        "url": url,
        "icon": icon,
        "label": label,
        "keys": more.get("keys", ""),
        "is_current": bool(url) and _is_below(request, url),
        "count_url": nav_url(more["count"]) if more.get("count") else "",
        "count_label": more.get("count_label", ""),
    }


def _is_below(request: HttpRequest | None, url: str) -> bool:
    return request is not None and (request.path == url or (url != "/" and request.path.startswith(url)))


@register.simple_tag
def when(at: datetime | None, prefix: str = "") -> SafeString | str:
    """`{% when run.created_at %}`: relative, the exact time in the title; the browser keeps it fresh."""
    if at is None:
        return formats.MISSING
    local = timezone.localtime(at)
    said = formats.relative(at, now=timezone.now())
    words = f"{prefix} {said}" if prefix else said
    form = '<time datetime="{}" title="{}" data-relative="{}">{}</time>'
    return format_html(form, formats.iso(at), formats.exact(local), prefix, words)


@register.filter
def money(value: Decimal | float | str | None) -> str:
    """`{{ run.cost|money }}`."""
    return formats.money(value)


@register.filter
def tokens(value: int | None) -> str:
    """`{{ run.tokens|tokens }}`."""
    return formats.tokens(value)


@register.filter
def duration(value: timedelta | float | None) -> str:
    """`{{ step.seconds|duration }}`: a timedelta or seconds."""
    return formats.duration(value)


@register.filter
def size(value: int | None) -> str:
    """`{{ file.bytes|size }}`."""
    return formats.size(value)


@register.filter
def initials(name: Any) -> str:
    """`{{ user|initials }}`."""
    return formats.initials(str(name))


@register.filter
def pretty_json(value: Any) -> str:
    """`{{ value|pretty_json }}`: indented."""
    return json_tree.pretty(value)


@register.filter
def markdown(text: Any) -> SafeString:
    """`<div class="prose">{{ text|markdown }}</div>`: nh3's allow-list has made it harmless (ui/markdown.py)."""
    return SafeString(render_markdown(str(text)))  # nosec B703


@register.inclusion_tag("components/json_tree.html")
def json(value: Any, name: str = "") -> dict[str, object]:
    """`{% json value %}`: a tree that opens and closes without a script."""
    return {"branch": json_tree.branch(value, name=name)}


@register.inclusion_tag("components/diff.html")
def word_diff(before: str, after: str) -> dict[str, object]:
    """`{% word_diff before after %}`."""
    return {"pieces": diff.words(str(before), str(after))}


@register.inclusion_tag("components/json_diff.html")
def json_diff(before: Any, after: Any) -> dict[str, object]:
    """`{% json_diff before after %}`: each place that differs."""
    return {"changes": diff.changes(before, after)}


@register.inclusion_tag("components/sparkline.html")
def sparkline(values: Sequence[float], label: str) -> dict[str, object]:
    """`{% sparkline durations _("Duration of the last 20 runs") %}`."""
    return {"points": charts.line(list(values)), "label": label, "width": charts.WIDTH, "height": charts.HEIGHT}


@register.inclusion_tag("components/sparkline.html")
def sparkbars(values: Sequence[float | None], label: str, most: float = 0, tone: str = "") -> dict[str, object]:
    """`{% sparkbars days _("Success, 7 days") most=1 tone="succeeded" %}`; None is a day on which nothing ran."""
    bars = charts.bars(list(values), most=most)
    paths = {
        "bars": charts.outline([bar for bar in bars if not bar.is_none]),
        "none": charts.outline([bar for bar in bars if bar.is_none]),
    }
    return {**paths, "label": label, "tone": tone, "width": charts.WIDTH, "height": charts.HEIGHT}

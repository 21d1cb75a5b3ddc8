"""Money, tokens, durations, sizes and times as people read them. Pure; `now` is an argument."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

MINUTE, HOUR, DAY = 60, 3600, 86_400
_STEPS = ((DAY * 365, "y"), (DAY * 30, "mo"), (DAY, "d"), (HOUR, "h"), (MINUTE, "min"))
_BYTES = 1024
MISSING = "\N{EN DASH}"


def money(value: Decimal | float | str | None) -> str:
    """`$0.0042`, `$1.20`, `$1,240.00`: four places below ten cents, because single calls cost less than one."""
    if value is None:
        return MISSING
    amount = Decimal(str(value))
    if amount == 0:
        return "$0.00"
    if abs(amount) < Decimal("0.0001"):
        return "< $0.0001"
    return f"${amount:,.4f}" if abs(amount) < Decimal("0.1") else f"${amount:,.2f}"


def tokens(value: int | None) -> str:
    """`980`, `1.2k`, `34k`, `1.5M`."""
    if value is None:
        return MISSING
    for size, unit in ((1_000_000, "M"), (1_000, "k")):
        if value >= size:
            part = value / size
            return f"{part:.0f}{unit}" if part >= 10 else f"{part:.1f}{unit}"  # two digits
    return str(value)


def duration(value: timedelta | float | None) -> str:
    """`0.4 s`, `12 s`, `2 min 05 s`, `1 h 04 min`, `3 d 2 h`."""
    if value is None:
        return MISSING
    seconds = value.total_seconds() if isinstance(value, timedelta) else float(value)
    if seconds < 10:  # below it, tenths tell something
        return f"{max(0.0, seconds):.1f} s"
    whole = round(seconds)
    if whole < MINUTE:
        return f"{whole} s"
    if whole < HOUR:
        return f"{whole // MINUTE} min {whole % MINUTE:02d} s"
    if whole < DAY:
        return f"{whole // HOUR} h {whole % HOUR // MINUTE:02d} min"
    return f"{whole // DAY} d {whole % DAY // HOUR} h"


def size(value: int | None) -> str:
    """`512 B`, `2.1 KB`, `25 MB`."""
    if value is None:
        return MISSING
    amount, units = float(value), ["B", "KB", "MB", "GB"]
    while amount >= _BYTES and len(units) > 1:
        amount, units = amount / _BYTES, units[1:]
    return f"{amount:.0f} {units[0]}" if amount >= 10 or units[0] == "B" else f"{amount:.1f} {units[0]}"


def relative(at: datetime, *, now: datetime) -> str:
    """`now`, `4 min ago`, `in 2 h`, `3 d ago`; static/js/relative-time.js says the same in the browser."""
    seconds = (now - at).total_seconds()
    for step, unit in _STEPS:
        if abs(seconds) >= step:
            said = f"{int(abs(seconds) // step)} {unit}"
            return f"{said} ago" if seconds > 0 else f"in {said}"
    return "now"


def exact(at: datetime) -> str:
    """`21 Nov 2026, 17:45:02 UTC`, in the zone that the value has."""
    zone = at.tzname() or "UTC"
    return f"{at.day} {at:%b %Y, %H:%M:%S} {zone}"


def iso(at: datetime) -> str:
    """For `datetime` attributes: UTC with milliseconds."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def initials(name: str) -> str:
    """`AL` for Ada Lovelace, `A` for ada@example.org."""
    words = [word for word in name.partition("@")[0].replace(".", " ").replace("_", " ").split() if word[0].isalnum()]
    return "".join(word[0] for word in ([words[0], words[-1]] if len(words) > 1 else words[:1])).upper() or "?"

"""Mail to people: written as rows with what it tells about, sent afterwards from a thread that holds nobody up.

A letter is written once for its key. It is sent at least once: who is ended between sending and noting it sends it again.
Where the operator has named no mail server, none is written.
"""

import logging
from datetime import datetime, timedelta
from threading import Lock, Thread

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.db import connection
from django.utils import timezone

from teams.models import Letter

BATCH = 20
MOST_TRIES = 6
SENT_WITHIN = timedelta(minutes=5)
"""Longer than one try may take: until then no other process tries as well."""
FIRST_PAUSE = timedelta(minutes=1)
KEPT = timedelta(days=30)
NO_MAIL = "django.core.mail.backends.console.EmailBackend"
logger = logging.getLogger(__name__)
LOCK = Lock()
"""Held while letters are sent."""


def sends_mail() -> bool:
    """Whether the operator has named a mail server (BATON_MAIL_URL)."""
    return bool(settings.EMAIL_BACKEND != NO_MAIL)


def write_letter(*, user_id: int, key: str, subject: str, text: str, now: datetime) -> None:
    """To be sent soon; nothing where that person has had a letter with this key."""
    letter = Letter(user_id=user_id, key=key, subject=subject, text=text, created_at=now, due_at=now)
    Letter.objects.bulk_create([letter], ignore_conflicts=True)


def send_soon(*, now: datetime) -> None:
    """Begin to send what is due, in a thread of its own, unless one is at it. For the sweeper's tick: it does not wait."""
    if Letter.objects.filter(due_at__lte=now).exists() and LOCK.acquire(blocking=False):
        Thread(target=_send_and_leave, name="letters", daemon=True).start()


def send_due(*, now: datetime) -> int:
    """Send the letters that are due; how many went out."""
    due = Letter.objects.filter(due_at__lte=now).select_related("user").order_by("due_at")
    return sum(_send(letter, now) for letter in due[:BATCH])


def forget_old_letters(*, now: datetime) -> int:
    """Letters that went out, or were given up, long ago."""
    return Letter.objects.filter(due_at=None, created_at__lt=now - KEPT).delete()[0]


def _send_and_leave() -> None:
    """With a connection to the database of its own, which ends with it."""
    try:
        send_due(now=timezone.now())
    finally:
        connection.close()
        LOCK.release()


def _send(letter: Letter, now: datetime) -> bool:
    """Whether it went out. Claimed first: of two processes one sends it."""
    tries = letter.tries + 1
    claimed = Letter.objects.filter(pk=letter.pk, due_at=letter.due_at)
    if not claimed.update(due_at=now + SENT_WITHIN, tries=tries):
        return False
    try:
        _deliver(letter)
    except OSError as error:  # what a mail server refuses is one, too
        pause = FIRST_PAUSE * 4 ** (tries - 1)
        due_at = now + pause if tries < MOST_TRIES else None
        Letter.objects.filter(pk=letter.pk).update(due_at=due_at, problem=f"{type(error).__name__}: {error}"[:200])
        logger.warning("letter not sent", extra={"letter": letter.pk, "tries": tries, "problem": type(error).__name__})
        return False
    Letter.objects.filter(pk=letter.pk).update(due_at=None, problem="")
    return True


def _deliver(letter: Letter) -> None:
    message = EmailMessage(letter.subject, letter.text, to=[letter.user.email], connection=get_connection())
    message.extra_headers["Auto-Submitted"] = "auto-generated"
    message.send()

"""Letters about runs that have ended: who gets one, when, what it says, and what happens when the mail server is away."""

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core import mail
from django.utils import timezone

from config.mail import mail_settings
from history.letters import Reporter
from orchestrator.models import Run
from orchestrator.operations import runs as operations
from teams import letters as sending
from teams.letters import MOST_TRIES, forget_old_letters, send_due, sends_mail, write_letter
from teams.models import Letter, Member, User
from teams.operations.profile import save_profile
from teams.policy import Role
from tests import runs
from tests.personas import Personas, personas
from tests.world import FAILS

pytestmark = [pytest.mark.django_db, pytest.mark.store]
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)
QUICK = {"nodes": {"say": {"type": "transform", "config": {"template": "SECRET-OUTPUT"}}}, "edges": []}


@pytest.fixture
def who() -> Personas:
    people = personas(bobs_role=Role.runner)
    wants(people, "bob")
    return people


def wants(_people: Personas, name: str, **more: Any) -> None:
    user = User.objects.get(email=f"{name}@example.org")
    given = {"name": user.name, "time_zone": "", "wants_run_letters": True, **more}
    save_profile(user=user, now=LONG_AGO, **given)


def ended(who: Personas, graph: dict[str, Any] | None = None, *, by: str = "bob") -> int:
    """A run that this person started, and that is over."""
    run = runs.start(runs.a_version(graph or QUICK, team=who.team), {"message": "SECRET-INPUT"})
    Run.unscoped.filter(pk=run).update(started_by=User.objects.get(email=f"{by}@example.org"))
    runs.work(run)
    return run


def look(reporter: Reporter | None = None, *, at: datetime | None = None) -> list[Letter]:
    """What the sweeper's tick has written; sent by hand, so that no thread is needed."""
    soon = (at or timezone.now()).timestamp()
    with no_sending():
        (reporter or Reporter()).tick(soon)
    return list(Letter.objects.order_by("pk"))


@contextmanager
def no_sending() -> Iterator[None]:
    """As if another thread were at it."""
    with sending.LOCK:
        yield


def test_who_started_the_run_gets_one_letter_however_often_the_tick_looks(who: Personas) -> None:
    run, reporter = ended(who), Reporter()
    for _ in range(3):
        letters = look(reporter)
    assert [(letter.user.email, letter.key.split(":")[1]) for letter in letters] == [("bob@example.org", str(run))]
    assert look(Reporter()) == letters
    assert send_due(now=timezone.now()) == 1
    assert [sent.to for sent in mail.outbox] == [["bob@example.org"]]
    assert send_due(now=timezone.now()) == 0


def test_a_letter_names_the_run_and_holds_nothing_of_its_data(who: Personas, settings: Any) -> None:
    settings.BATON_URL = "https://baton.example.org"
    run = ended(who)
    look()
    send_due(now=timezone.now())
    sent = mail.outbox[0]
    assert sent.subject.startswith("Succeeded: ")
    assert f"https://baton.example.org/runs/{run}/" in sent.body
    assert "SECRET" not in f"{sent.body} {sent.subject}"
    assert sent.extra_headers["Auto-Submitted"] == "auto-generated"


def test_a_failed_run_is_told_and_told_anew_when_it_ends_after_a_retry(who: Personas) -> None:
    run = ended(who, FAILS)
    assert [letter.subject.split(":")[0] for letter in look()] == ["Failed"]
    operations.retry(run=run, path="cut", by="bob")
    runs.work(run)
    assert len(look()) == 2


@pytest.mark.parametrize("started_by", ["alice", "charlie"])
def test_who_does_not_want_letters_gets_none(who: Personas, started_by: str) -> None:
    ended(who, by=started_by)
    assert look() == []


def test_runs_that_ended_before_somebody_wanted_letters_are_not_told(who: Personas) -> None:
    ended(who)
    User.objects.update(run_letters_since=timezone.now() + timedelta(seconds=1))
    assert look() == []


def test_who_has_left_the_team_is_told_nothing_of_it(who: Personas) -> None:
    ended(who)
    Member.objects.of(who.team).filter(pk=who.bob.member_id or 0).delete()
    assert look() == []


def test_who_may_no_longer_see_runs_is_told_nothing(who: Personas) -> None:
    ended(who)
    Member.objects.of(who.team).filter(pk=who.bob.member_id or 0).update(role=Role.reviewer)
    assert look() == []


def test_a_server_without_mail_writes_no_letters(who: Personas, settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
    ended(who)
    assert not sends_mail()
    assert look() == []


def test_the_time_in_a_letter_is_the_readers(who: Personas) -> None:
    wants(who, "bob", time_zone="Asia/Tokyo")
    run = ended(who)
    Run.unscoped.filter(pk=run).update(finished_at=datetime(2026, 7, 1, 22, 30, tzinfo=UTC).timestamp())
    letters = look(at=datetime(2026, 7, 1, 22, 31, tzinfo=UTC))
    assert "2026-07-02 07:30 JST" in letters[0].text


def test_more_runs_than_one_tick_takes_are_told_by_the_next(who: Personas, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("history.letters.MOST", 2)
    ended_runs, reporter = {ended(who) for _ in range(5)}, Reporter()
    for _ in range(6):
        letters = look(reporter)
    assert {int(letter.key.split(":")[1]) for letter in letters} == ended_runs


# --- Sending


@dataclass
class MailServer:
    """Speaks as much SMTP as a client needs; `refuses` answers every message with 451."""

    port: int
    refuses: bool = False
    received: list[str] = field(default_factory=list)


@contextmanager
def mail_server() -> Iterator[MailServer]:
    found = MailServer(port=0)

    class Conversation(socketserver.StreamRequestHandler):
        def say(self, text: str) -> None:
            self.wfile.write(f"{text}\r\n".encode())

        def handle(self) -> None:
            self.say("220 ready")
            for line in self.rfile:
                match line[:4].upper().strip():
                    case b"EHLO" | b"HELO":
                        self.say("250 hello")
                    case b"DATA":
                        self.say("354 go on")
                        found.received.append(self.message())
                        self.say("451 not now" if found.refuses else "250 taken")
                    case b"QUIT":
                        self.say("221 bye")
                        return
                    case _:
                        self.say("250 fine")

        def message(self) -> str:
            lines = iter(self.rfile.readline, b".\r\n")
            return b"".join(lines).decode()

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Conversation) as server:
        server.daemon_threads = True
        found.port = server.server_address[1]
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield found
        server.shutdown()


def through(settings: Any, url: str) -> None:
    for name, value in mail_settings(url).items():
        setattr(settings, name, value)


def a_letter(who: Personas) -> Letter:
    write_letter(user_id=who.bob.user_id or 0, key="run:1:1", subject="Done", text="It is done.", now=timezone.now())
    return Letter.objects.get()


def test_a_letter_goes_through_the_operators_mail_server(who: Personas, settings: Any) -> None:
    a_letter(who)
    with mail_server() as server:
        through(settings, f"smtp://127.0.0.1:{server.port}")
        assert send_due(now=timezone.now()) == 1
    assert "To: bob@example.org" in server.received[0]
    assert "It is done." in server.received[0]


def test_a_letter_that_is_refused_is_tried_later_and_given_up_in_the_end(who: Personas, settings: Any) -> None:
    now = a_letter(who).created_at
    with mail_server() as server:
        server.refuses = True
        through(settings, f"smtp://127.0.0.1:{server.port}")
        for number in range(MOST_TRIES):
            assert send_due(now=now) == 0
            assert send_due(now=now) == 0
            letter = Letter.objects.get()
            assert letter.tries == number + 1
            assert "451" in letter.problem
            now = letter.due_at or now
    assert len(server.received) == MOST_TRIES
    assert letter.due_at is None


def test_a_mail_server_that_is_away_loses_no_letter(who: Personas, settings: Any) -> None:
    now = a_letter(who).created_at
    with mail_server() as server:
        port = server.port
    through(settings, f"smtp://127.0.0.1:{port}")
    assert send_due(now=now) == 0
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    assert send_due(now=now + timedelta(hours=1)) == 1


def test_old_letters_are_forgotten_and_waiting_ones_kept(who: Personas) -> None:
    now = a_letter(who).created_at + timedelta(days=31)
    assert forget_old_letters(now=now) == 0
    Letter.objects.update(due_at=None)
    assert forget_old_letters(now=now) == 1

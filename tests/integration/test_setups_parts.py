"""The parts of the set-ups, each by itself: variables, addresses, secrets, sockets, logs, restarts."""

import logging
import os
import stat
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from config import environment, runtime
from config.addresses import broker_url, database
from config.binding import OpenBind, is_loopback, refuse_open_bind
from config.environment import WrongVariable
from config.logs import EventFormatter
from config.mail import mail_settings
from config.private_files import write_private
from config.secret import secret_key
from config.supervisor.predecessors import AlreadyRunning, end_predecessors, lock
from config.supervisor.program import Program
from config.supervisor.watched import Watched, pause_before
from tests.servers import wait_until


def test_redis_over_a_socket_is_spelled_as_celery_wants_it() -> None:
    assert broker_url("unix:///run/valkey.sock?db=1") == "redis+socket:///run/valkey.sock?virtual_host=1"
    assert broker_url("rediss://host:6380/0") == "rediss://host:6380/0"


def test_the_options_of_an_address_are_kept() -> None:
    found = database("postgres://a:b@host/name?sslmode=require&options=-c%20statement_timeout%3D5")
    assert found["OPTIONS"]["sslmode"] == "require"
    assert found["OPTIONS"]["options"] == "-c statement_timeout=5 -c plan_cache_mode=force_generic_plan"
    assert found["CONN_MAX_AGE"] is None


def test_a_database_that_is_not_supported_is_named() -> None:
    with pytest.raises(WrongVariable, match="mysql"):
        database("mysql://host/name")


@pytest.mark.parametrize("value", ["maybe", "2"])
def test_a_switch_that_is_neither_on_nor_off_is_named(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BATON_DEBUG", value)
    with pytest.raises(WrongVariable, match="BATON_DEBUG must be 0 or 1"):
        environment.is_on("BATON_DEBUG")


def test_the_environment_goes_before_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".env").write_text("# a comment\nPORT=9001\nBATON_MAIL_FROM='Baton <b@example.org>'\n")
    monkeypatch.setattr(environment, "BASE", tmp_path)
    monkeypatch.delenv("PORT")
    monkeypatch.delenv("BATON_MAIL_FROM")
    assert environment.number("PORT") == 9001
    assert environment.text("BATON_MAIL_FROM") == "Baton <b@example.org>"
    monkeypatch.setenv("PORT", "9002")
    assert environment.number("PORT") == 9002


def test_processes_that_start_at_once_agree_on_one_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BATON_SECRET", "")
    with ThreadPoolExecutor(8) as pool:
        found = {key for key, _ in pool.map(lambda _: secret_key(tmp_path), range(16))}
    assert len(found) == 1
    assert [file.name for file in tmp_path.iterdir()] == ["secret"]
    assert stat.S_IMODE((tmp_path / "secret").stat().st_mode) == 0o600


def test_a_short_secret_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BATON_SECRET", "short")
    with pytest.raises(WrongVariable, match="at least 40"):
        secret_key(tmp_path)


def test_a_folder_that_others_may_enter_is_refused(tmp_path: Path) -> None:
    (tmp_path / "open").mkdir(mode=0o755)
    (tmp_path / "link").symlink_to(tmp_path / "open")
    for name in ("open", "link"):
        with pytest.raises(runtime.ForeignFolder, match=name):
            runtime.private(tmp_path / name)


def test_the_path_of_a_socket_is_short_wherever_the_data_is() -> None:
    deep = Path("/") / "/".join(["long" * 20] * 10)
    assert len(str(runtime.broker_socket(deep))) < 60
    assert len(str(runtime.postgres_folder(deep) / ".s.PGSQL.5432")) < 60


def test_a_private_file_is_never_readable_by_others(tmp_path: Path) -> None:
    os.umask(os.umask(0o000))
    write_private(tmp_path / "file", "content")
    assert stat.S_IMODE((tmp_path / "file").stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("address", "is_ours"), [("127.0.0.1", True), ("::1", True), ("0.0.0.0", False), ("10.0.0.1", False)]
)
def test_loopback_is_recognised(address: str, is_ours: bool) -> None:
    assert is_loopback(address) is is_ours


def test_an_open_address_needs_a_secret_of_ones_own() -> None:
    refuse_open_bind(address="0.0.0.0", debug=False, secret_is_generated=False)
    with pytest.raises(OpenBind, match="BATON_SECRET"):
        refuse_open_bind(address="0.0.0.0", debug=False, secret_is_generated=True)
    with pytest.raises(OpenBind, match="BATON_DEBUG"):
        refuse_open_bind(address="0.0.0.0", debug=True, secret_is_generated=False)


def test_a_log_line_is_a_message_and_its_keys() -> None:
    record = logging.makeLogRecord({"name": "baton", "levelname": "INFO", "msg": "run started"})
    record.run, record.reason = 7, "asked by a\nperson"
    assert EventFormatter().format(record).endswith('INFO baton: run started run=7 reason="asked by a\\nperson"')


def test_mail_without_a_server_goes_to_the_log() -> None:
    assert mail_settings("")["EMAIL_BACKEND"].endswith("console.EmailBackend")
    assert mail_settings("smtp+tls://me:p%40ss@mail.example:587")["EMAIL_HOST_PASSWORD"] == "p@ss"
    with pytest.raises(WrongVariable, match="BATON_MAIL_URL"):
        mail_settings("https://mail.example")


def test_restarts_slow_down() -> None:
    assert [pause_before(number) for number in (0, 1, 2, 3, 4)] == [0, 0, 0.5, 1, 2]
    assert pause_before(50) == 30


def watched(tmp_path: Path, code: str) -> Watched:
    program = Program(name="one", command=(sys.executable, "-c", code))
    return Watched(program=program, log=tmp_path / "one.log", folder=tmp_path)


def test_a_program_that_cannot_run_is_given_up_with_its_last_words(tmp_path: Path) -> None:
    one = watched(tmp_path, "print('PORT is wrong'); raise SystemExit(78)")
    one.tend(0.0)
    assert one.process
    one.process.wait(10)
    assert one.tend(1.0) == "gave up: PORT is wrong"
    assert not one.is_running


def test_a_program_that_dies_again_and_again_is_started_with_pauses(tmp_path: Path) -> None:
    one = watched(tmp_path, "raise SystemExit(1)")
    clock = 0.0
    for failures in (1, 2, 3):
        one.tend(clock)
        wait_until(lambda: one.process is None or one.process.poll() is not None, seconds=10)
        one.tend(clock)
        assert one.failures == failures
        assert one.due_at == clock + pause_before(failures)
        wait_until(lambda: one.process is None or one.process.poll() is not None, seconds=10)
        clock = max(clock, one.due_at)
    one.stop(clock)


def test_one_supervisor_a_data_folder(tmp_path: Path) -> None:
    handle = lock(tmp_path)
    with pytest.raises(AlreadyRunning, match=str(os.getpid())):
        lock(tmp_path)
    os.close(handle)
    os.close(lock(tmp_path))


def test_a_lock_file_of_another_program_does_not_block_postgres(tmp_path: Path) -> None:
    files = tmp_path / "postgres"
    files.mkdir()
    (files / "postmaster.pid").write_text(f"{os.getpid()}\n{files}\n")  # the number was given to somebody else
    end_predecessors(tmp_path / "processes.json", postgres=files)
    assert not (files / "postmaster.pid").exists()


def test_a_number_that_was_given_to_another_process_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "processes.json").write_text(f'{{"{os.getpid()}": "1"}}')
    end_predecessors(tmp_path / "processes.json", postgres=tmp_path)
    assert not (tmp_path / "processes.json").exists()

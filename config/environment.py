"""The variables that an operator may set: one table, read by the settings and printed into .env.example.

Reads the environment of the process, then the file .env beside the code; it must not import Django.
"""

import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path

BASE = Path(__file__).resolve().parent.parent
KIB, MIB, GB = 1024, 1024 * 1024, 1_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Variable:
    """One variable: its name, what holds without it, an example worth showing, and what it is for."""

    name: str
    default: str = ""
    example: str = ""
    help: str


class WrongVariable(ValueError):
    """A variable of the environment has a value that cannot be used."""


VARIABLES = (
    Variable(
        name="DATABASE_URL",
        example="postgres://baton:PASSWORD@localhost:5432/baton",
        help="The database. PostgreSQL 15 or newer; empty: SQLite in the data folder.",
    ),
    Variable(
        name="REDIS_URL",
        example="redis://localhost:6379/0",
        help="Redis or Valkey, also as unix:///PATH?db=0. Empty: the one that `make run` starts.",
    ),
    Variable(name="PORT", default="8000", help="The port of the web server. 0 takes a free one."),
    Variable(name="POSTGRES", default="0", help="1: `make run` starts the PostgreSQL that it brings along."),
    Variable(
        name="BATON_DATA",
        default="./data",
        help="The folder of the database, the uploads, the generated secret and server.json. Keep it private.",
    ),
    Variable(
        name="BATON_STORAGE_URL",
        example="s3://bucket/prefix?region=eu-central-1",
        help="Where uploads are kept: S3 or what speaks it (?endpoint=). Empty: the data folder. Several hosts need it.",
    ),
    Variable(
        name="BATON_URL",
        example="https://baton.example.com",
        help="The public address of this server. Cookies are Secure where it is https. The `baton` command reads it too.",
    ),
    Variable(name="BATON_TOKEN", help="For the `baton` command: an API token of the server at BATON_URL."),
    Variable(
        name="BATON_BIND",
        default="127.0.0.1",
        help="The address that the web server listens on. Another one than loopback needs BATON_SECRET.",
    ),
    Variable(
        name="BATON_SECRET",
        example="at least 40 random characters",
        help="Signs sessions and encrypts stored credentials. Empty: one is generated in the data folder. All hosts share it.",
    ),
    Variable(
        name="BATON_OLD_SECRETS",
        help="Earlier values of BATON_SECRET, newest first, separated by blanks: still read, no longer written.",
    ),
    Variable(name="BATON_DEBUG", default="0", help="1: show errors in the browser. On one's own machine only."),
    Variable(
        name="BATON_HOSTS",
        help="Further host names under which this server is reached, separated by commas.",
    ),
    Variable(
        name="BATON_TRUSTED_HOSTS",
        example="models.internal:8080,127.0.0.1:11434",
        help="host:port that workflows may reach although the address is private, separated by commas.",
    ),
    Variable(
        name="BATON_PLUGINS",
        example="our_steps",
        help="Python packages of your own with node types, tools and providers, separated by commas (docs/plugins.md).",
    ),
    Variable(
        name="BATON_MIGRATION_COPY",
        default="1",
        help="1: the database is copied into the data folder before a migration changes it. 0: there is a backup elsewhere.",
    ),
    Variable(
        name="BATON_DEMO",
        default="1",
        help="1: the team that `make run` makes at its first start gets three workflows that have run. 0: it stays empty.",
    ),
    Variable(
        name="BATON_WORKERS",
        default="1",
        help="How many worker processes `make run` starts.",
    ),
    Variable(
        name="BATON_COMMITTERS",
        help="Threads of a worker that write to the database. Empty: 4 on PostgreSQL, 1 on SQLite.",
    ),
    Variable(name="BATON_THREADS", default="256", help="Steps that one worker process runs at the same time."),
    Variable(
        name="BATON_DRAIN_SECONDS",
        default="8",
        help="Seconds in which a worker that is to end may finish its steps; then their calls end, and others repeat them.",
    ),
    Variable(
        name="BATON_SLOT",
        help="A worker's name that survives its restarts, so that it takes its steps back at once.",
    ),
    Variable(
        name="BATON_MODEL_CALLS",
        default="real",
        help="real, or forbidden: then any model that is not on this machine is refused.",
    ),
    Variable(name="BATON_PAYLOAD_LIMIT", default=str(8 * MIB), help="Bytes of one input or output at most."),
    Variable(name="BATON_RUN_LIMIT", default=str(GB), help="Bytes of all inputs and outputs of one run at most."),
    Variable(
        name="BATON_MAIL_URL",
        example="smtp+tls://USER:PASSWORD@mail.example.com:587",
        help="Where mail is sent: smtp:// or smtp+tls://. Empty: it is printed into the log.",
    ),
    Variable(name="BATON_MAIL_FROM", default="Baton <baton@localhost>", help="The sender of mail."),
    Variable(
        name="BATON_OIDC_URL",
        example="https://login.example.com/realms/main",
        help="Single sign-on by OpenID Connect: the issuer's address. Empty: none.",
    ),
    Variable(name="BATON_OIDC_CLIENT", help="Single sign-on: the client's id."),
    Variable(name="BATON_OIDC_SECRET", help="Single sign-on: the client's secret."),
    Variable(
        name="POSTGRES_PASSWORD", help="docker-compose.yml only: the password of its PostgreSQL. Letters and digits."
    ),
    Variable(
        name="BATON_PUBLISH",
        default="127.0.0.1:8000",
        help="docker-compose.yml only: the address and port of this host at which the web server is reached.",
    ),
    Variable(
        name="FORWARDED_ALLOW_IPS",
        default="127.0.0.1",
        help="Addresses of proxies in front whose X-Forwarded-For and X-Forwarded-Proto are believed.",
    ),
    Variable(name="BATON_LOG_LEVEL", default="INFO", help="DEBUG, INFO, WARNING or ERROR."),
)

_BY_NAME = {variable.name: variable for variable in VARIABLES}


def text(name: str) -> str:
    """The value of a variable of the table, or its default. An empty variable of the environment hides that of .env."""
    value = os.environ[name] if name in os.environ else _written(BASE / ".env").get(name, "")
    return value.strip() or _BY_NAME[name].default


def number(name: str, *, default: int = 0) -> int:
    """A variable that counts something; `default` where neither it nor the table says."""
    value = text(name)
    if not value:
        return default
    try:
        return int(value)
    except ValueError:
        raise WrongVariable(f"{name} must be a whole number, not {value!r}.") from None


def is_on(name: str) -> bool:
    """A variable that is on or off."""
    value = text(name).lower()
    if value not in {"", "0", "1", "no", "yes", "false", "true", "off", "on"}:
        raise WrongVariable(f"{name} must be 0 or 1, not {value!r}.")
    return value in {"1", "yes", "true", "on"}


def choice(name: str, *options: str) -> str:
    """A variable that takes one of a few words."""
    value = text(name)
    if value not in options:
        raise WrongVariable(f"{name} must be one of {', '.join(options)}, not {value!r}.")
    return value


def parts(name: str) -> list[str]:
    """A variable that lists things, separated by commas or blanks."""
    return text(name).replace(",", " ").split()


def data_folder() -> Path:
    """The data folder: that of the environment, else `data` beside the code."""
    given = text("BATON_DATA")
    return BASE / "data" if given == _BY_NAME["BATON_DATA"].default else Path(given).expanduser().resolve()


@cache
def _written(file: Path) -> dict[str, str]:
    """The lines NAME=VALUE of a file; nothing where there is none."""
    if not file.is_file():
        return {}
    lines = [line.partition("=") for line in file.read_text().splitlines() if not line.lstrip().startswith("#")]
    return {name.strip(): value.strip().strip("\"'") for name, sign, value in lines if sign}


def dotenv_example() -> str:
    """The text of .env.example."""
    lines = ["# Made by `make docs` from config/environment.py. Copy it to .env and set what you need.", ""]
    for variable in VARIABLES:
        lines.append(f"# {variable.help}")
        lines.append(f"#{variable.name}={variable.example or variable.default}")
        lines.append("")
    return "\n".join(lines)

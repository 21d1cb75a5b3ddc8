"""`baton validate`, `export` and `import`: workflow files, checked, taken out and brought in."""

import sys
from pathlib import Path

import click

from builder.portable import WorkflowFile, read_file, write_file
from builder.portable_errors import TooLargeFile, WrongYaml
from builder.portable_problems import validate
from builder.portable_yaml import LARGEST
from config.cli.client import part
from config.cli.server import needed

EXISTING = click.Path(path_type=Path, exists=True, dir_okay=False)


def workflow_in(file: Path) -> WorkflowFile:
    """The workflow in a file, with its tables. Raises WrongFile."""
    return read_file(text_in(file), base=file.parent)


def text_in(file: Path) -> str:
    """The text of a workflow file, of which no more is read than may be there. Raises WrongFile."""
    with file.open("rb") as source:
        found = source.read(LARGEST + 1)
    if len(found) > LARGEST:
        raise TooLargeFile(TooLargeFile.__doc__ or "")
    try:
        return found.decode()
    except UnicodeDecodeError:
        raise WrongYaml(f"{file} is not UTF-8 text. Save it as UTF-8.") from None


@click.command(name="validate")
@click.argument("file", type=EXISTING)
def validate_command(file: Path) -> None:
    """Check the workflow in FILE without running it. Exit 1 if it has errors."""
    found = validate(text_in(file), base=file.parent)
    for problem in found:
        click.echo(f"{file}: {problem}")
    if not found:
        click.echo(f"{file}: no problems")
    sys.exit(1 if not all(problem.is_hint for problem in found) else 0)


@click.command(name="export")
@click.argument("slug")
@click.option("--output", type=click.Path(path_type=Path, dir_okay=False), help="Write into this file.")
def export_command(slug: str, output: Path | None) -> None:
    """Print the newest version of the workflow SLUG as a file."""
    text = needed().text(f"workflows/{part(slug)}/export")
    if output is None:
        click.echo(text, nl=False)
    else:
        output.write_text(text, encoding="utf-8")
        click.echo(f"Written: {output}", err=True)


@click.command(name="import")
@click.argument("file", type=EXISTING)
def import_command(file: Path) -> None:
    """Store the workflow in FILE, with its tables, as a new version of the workflow of its name."""
    text = write_file(workflow_in(file))
    stored = needed().post_text("workflows/import", text)
    click.echo(f"Stored: {stored['slug']}, version {stored['number']}")

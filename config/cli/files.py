"""`baton validate`, `export` and `import`: workflow files, checked, taken out and brought in."""

import sys
from pathlib import Path

import click

from builder.portable import read_file, write_file
from builder.portable_problems import validate
from config.cli.server import server

EXISTING = click.Path(path_type=Path, exists=True, dir_okay=False)


@click.command(name="validate")
@click.argument("file", type=EXISTING)
def validate_command(file: Path) -> None:
    """Check the workflow in FILE without running it. Exit 1 if it has errors."""
    found = validate(file.read_text(), base=file.parent)
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
    with server() as client:
        text = client.text(f"workflows/{slug}/export")
    if output is None:
        click.echo(text, nl=False)
    else:
        output.write_text(text)
        click.echo(f"Written: {output}", err=True)


@click.command(name="import")
@click.argument("file", type=EXISTING)
def import_command(file: Path) -> None:
    """Store the workflow in FILE, with its tables, as a new version of the workflow of its name."""
    text = write_file(read_file(file.read_text(), base=file.parent))
    with server() as client:
        stored = client.post_text("workflows/import", text)
    click.echo(f"Stored: {stored['slug']}, version {stored['number']}")

"""`baton demo`: publishes the templates of the gallery in the team, runs each, and leaves one review for a person.

What it starts goes the way of every run: through the API, the workers and the demo model. So a first page is alive.
"""

from pathlib import Path

import click

from builder.portable import WorkflowFile, write_file
from config.cli.client import Client
from config.cli.files import workflow_in
from config.cli.follow import Follow
from config.cli.inputs import Typed, put_together
from config.cli.run import chosen_sample, start
from config.cli.server import needed

GALLERY = Path(__file__).resolve().parents[2] / "builder" / "gallery"
WAITS = "support_ticket"
"""The template of which a second run is left at its review."""


@click.command(name="demo")
def demo_command() -> None:
    """Fill the team with the templates: each is published and has run, and one run waits in the inbox."""
    fill(needed())


def fill(client: Client) -> None:
    """Publish and run every template. Raises ServerRefused, NoServer."""
    for file in sorted(GALLERY.glob("*.yaml")):
        workflow = workflow_in(file)
        stored = client.post_text("workflows/import", write_file(workflow))
        for number, sample in enumerate(workflow.samples[:2]):
            is_left = file.stem == WAITS and number == 1
            if number == 0 or is_left:
                _run(client, chosen_sample(workflow, sample.name), version=stored["version"], is_left=is_left)


def _run(client: Client, workflow: WorkflowFile, *, version: int, is_left: bool) -> None:
    given = put_together(Typed(), workflow=workflow, folder=GALLERY)
    follow = Follow(client=client, approve="ask" if is_left else "all", as_json=True, answers=given.answers)
    follow.to_the_end(start(client, version=version, workflow=workflow, given=given))


if __name__ == "__main__":
    demo_command()

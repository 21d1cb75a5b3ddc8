"""`baton demo`: what it fills a team with, by the ways of everybody."""

from tests.command_line import GALLERY, Product


def test_every_template_has_run_and_one_run_waits_for_a_person(product: Product) -> None:
    before = {run["id"] for run in product.client.get("runs")["items"]}
    done = product.baton("demo")
    assert done.status == 0, done.errors
    runs = [run for run in product.client.get("runs")["items"] if run["id"] not in before]
    assert sorted(run["status"] for run in runs) == [*["succeeded"] * len(list(GALLERY.glob("*.yaml"))), "waiting"]
    waiting = next(run["id"] for run in runs if run["status"] == "waiting")
    assert [review["status"] for review in product.client.get("reviews", run=waiting)["items"]] == ["open"]
    assert all(workflow["newest"] == 1 for workflow in product.client.get("workflows")["items"])

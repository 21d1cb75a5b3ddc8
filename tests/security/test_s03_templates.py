"""S3: templates read keys of dictionaries and places of lists, with fixed filters, and their output is bounded."""

import time

import pytest

from orchestrator.engine.templating import LARGEST, TooLarge, WrongTemplate, fill


class Loaded:
    """Something that an attribute could give away."""

    secret = "hunter2"


@pytest.mark.parametrize(
    "path",
    [
        "thing.secret",
        "thing.__class__",
        "text.__len__",
        "text.upper",
        "list.append",
        "map.keys",
        "map.__class__.__mro__.1",
    ],
)
def test_an_attribute_is_never_read(path):
    values = {"thing": Loaded(), "text": "x", "list": [1], "map": {"a": 1}}
    assert fill(f"{{{{ {path} }}}}", values) is None
    assert fill(f"<{{{{ {path} }}}}>", values) == "<>"


@pytest.mark.parametrize(
    "text",
    [
        "{{ 7*7 }}",
        "{{ config.items() }}",
        "{{ inputs['a'] }}",
        "{{ ''.__class__ }}",
        "{{ inputs | attr('x') }}",
        "{{ inputs | format }}",
        "{{ inputs|json|json|json|json|json|json }}",
        "{{ a{{ b }} }}",
        "{{ a." + "b." * 30 + "c }}",
        "{{",
    ],
)
def test_anything_but_a_path_with_known_filters_is_refused(text):
    with pytest.raises(WrongTemplate):
        fill(f"x {text}", {"a": 1, "inputs": {}})


def test_a_value_is_not_filled_again():
    assert fill("<{{ a }}>", {"a": "{{ b }}", "b": "secret"}) == "<{{ b }}>"


def test_the_output_is_at_most_a_mebibyte():
    values = {"big": "x" * (LARGEST // 4)}
    with pytest.raises(TooLarge):
        fill("{{ big }}" * 5, values)
    assert len(fill("{{ big }}" * 4, values)) == LARGEST


def test_a_hostile_text_is_refused_in_linear_time():
    begun = time.perf_counter()
    for text in ("{{ a" + " " * 100_000, "{{ a " + "| " * 50_000, "{{ " + "a." * 50_000, "{{" * 50_000):
        with pytest.raises(WrongTemplate):
            fill(text, {})
    assert time.perf_counter() - begun < 2

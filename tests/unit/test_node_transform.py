"""A transform: JMESPath, or a template."""

import pytest
from pydantic import ValidationError

from orchestrator.engine.templating import WrongTemplate
from orchestrator.nodes._query import WrongExpression
from orchestrator.nodes.transform import NODE
from tests.fakes.context import FakeContext

VALUES = {"orders": {"result": {"rows": [{"n": 2, "open": True}, {"n": 1, "open": False}, {"n": 3, "open": True}]}}}


def reshaped(**config: object) -> object:
    return FakeContext(values=VALUES).run(NODE, config).output


def test_an_expression_works_on_all_values_by_node():
    assert reshaped(expression="orders.result.rows[?open].n") == [2, 3]


def test_an_expression_works_on_the_data_it_names():
    assert reshaped(expression="max_by(@, &n).n", data="{{ orders.result.rows }}") == 3


def test_templates_make_texts_and_objects():
    assert reshaped(template="{{ orders.result.rows | length }} orders") == "3 orders"
    assert reshaped(template={"first": "{{ orders.result.rows.0.n }}", "all": ["{{ orders.result.rows }}"]}) == {
        "first": 2,
        "all": [VALUES["orders"]["result"]["rows"]],
    }


def test_an_expression_that_does_not_fit_its_input_says_so():
    with pytest.raises(WrongExpression, match="cannot be used on this input"):
        reshaped(expression="sum(orders.result.rows)")


def test_a_template_that_is_none_says_so():
    with pytest.raises(WrongTemplate, match="This is no template"):
        reshaped(template="{{ 1 + 1 }}")


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ({}, "either an expression or a template"),
        ({"expression": "a", "template": "b"}, "either an expression or a template"),
        ({"expression": "a["}, "is no JMESPath expression"),
        ({"expression": ""}, "is no JMESPath expression"),
        ({"template": "a", "data": "b"}, "belongs to an expression"),
        ({"code": "1"}, "code"),
    ],
)
def test_a_wrong_setting_is_named(config, words):
    with pytest.raises(ValidationError, match=words):
        NODE.config.model_validate(config)

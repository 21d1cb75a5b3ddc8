"""A form made from a JSON Schema: for the input of a run, the rubric of a review, a typed output, a node's settings.

    form = SchemaForm(schema, problems=problems_of, data=request.POST or None, files=request.FILES or None, value=given)
    if form.is_rearranged: ...        # a button added or dropped a row: show the page again, with this form
    if form.is_valid(): run = start(input=form.value(store=upload))

`problems` says what of a finished value does not fit its schema (orchestrator.contract.json_schema.problems_of); its words are
put at the fields. `store` gives what stands for an uploaded file, `file:<id>`; `names` gives what people call a file that is
there already, by what stands for it. Lists grow and shrink without a script: their buttons post the form, which comes back with
another number of rows and without errors.
"""

from ui.schema_forms.form import SchemaForm
from ui.schema_forms.shape import Kind, Shape, shape_of

__all__ = ["Kind", "SchemaForm", "Shape", "shape_of"]

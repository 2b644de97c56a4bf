from automata._core.expressions.functions import standard_functions
from automata._core.expressions.reference import reference


def test_every_function_has_its_heading_signatures_and_examples():
    page = reference()

    for function in standard_functions().values():
        assert page.count(f"### `{function.name}`\n") == 1
        assert all(one in page for one in function.signatures)
        assert all(f"{text}  →  {result}" in page for text, result in function.examples)

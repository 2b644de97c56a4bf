"""New files."""


def test_a_new_document_passes_its_test(automata, folder):
    assert automata("new", "workflow", "my-orders").code == 0
    assert automata("test", "my-orders.yaml").code == 0
    assert automata("new", "workflow", "my-orders.yaml").code == 6

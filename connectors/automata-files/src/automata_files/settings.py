"""What an operator sets: the one folder this connector works below."""

from __future__ import annotations

from automata.sdk import Context, InvalidInput, Setting

FILES_ROOT = Setting(
    name="AUTOMATA_FILES_ROOT",
    summary="The folder that files.* actions read and write below; nothing outside it can be reached",
)


def read_root(context: Context) -> str:
    """The folder set.

    Raises:
        InvalidInput: None is set.
    """
    root = context.setting(FILES_ROOT.name)
    if not root:
        raise InvalidInput(f"No folder for files is set; set {FILES_ROOT.name} to one, as in {FILES_ROOT.name}=./data")
    return root

"""Sphinx configuration: MyST pages, furo, everything from the checkout; a build reads nothing from the network."""

from __future__ import annotations

import sys
from pathlib import Path

from automata._version import __version__

sys.path.insert(0, str(Path(__file__).parent / "_ext"))

project = "Automata"
author = "The Automata authors"
copyright = "The Automata authors; Apache License 2.0"  # noqa: A001 - the name Sphinx reads
version = release = __version__

extensions = [
    "generate",
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx_copybutton",
    "sphinx_design",
]
source_suffix = {".md": "markdown"}
exclude_patterns = ["_build", "_ext", "examples/data"]
language = "en"
default_role = "code"  # `name` in a docstring is code, as it is in Markdown

myst_enable_extensions = ["colon_fence", "deflist", "fieldlist", "substitution"]
myst_heading_anchors = 4

autodoc_member_order = "bysource"
autodoc_typehints = "description"
autodoc_typehints_description_target = "documented"
autodoc_class_signature = "separated"
autodoc_default_options = {"members": True, "show-inheritance": True}
napoleon_google_docstring = True
napoleon_numpy_docstring = False
suppress_warnings = ["autodoc.import_object", "ref.python"]  # a record re-exported by its package has two names

html_theme = "furo"
html_title = f"Automata {version}"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_sphinx = False
pygments_style = "friendly"
pygments_dark_style = "monokai"
copybutton_prompt_text = r"\$ |>>> |\.\.\. "
copybutton_prompt_is_regexp = True

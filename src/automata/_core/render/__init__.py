"""Pictures of a workflow: text for a terminal, Mermaid, SVG and positions as JSON.

Pure functions of the document; they draw what is written, valid or not, and never ask the catalog.
"""

from automata._core.render.layout import Box, Drawing, Line, arrange, drawing_json
from automata._core.render.mermaid import to_mermaid
from automata._core.render.svg import to_svg
from automata._core.render.text import to_text

__all__ = ["Box", "Drawing", "Line", "arrange", "drawing_json", "to_mermaid", "to_svg", "to_text"]

"""`{% inline "reviews/row.html" %}`: a template's text put in place when the page is compiled.

`{% include %}` makes a new context at each use, which for the rows of a review, hundreds on a page,
takes a third of the time. What is inlined shares the names of where it stands.
"""

import re

from jinja2.ext import Extension

_INLINE = re.compile(r'\{% inline "([^"]+)" %\}')


class Inline(Extension):
    """The tag above; one that is inlined may inline others."""

    def preprocess(self, source: str, name: str | None, filename: str | None = None) -> str:
        return _INLINE.sub(lambda found: self._text_of(found[1]), source)

    def _text_of(self, name: str) -> str:
        loader = self.environment.loader
        assert loader is not None  # noqa: S101  the portal's templates are files
        text, filename, _ = loader.get_source(self.environment, name)
        return self.preprocess(text.rstrip("\n"), name, filename)

"""A module that cannot be imported: it needs a library that nobody has."""

import a_library_that_nobody_has  # type: ignore[import-not-found]  # the point of this module

USED = a_library_that_nobody_has

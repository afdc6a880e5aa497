"""How a refusal is said: a sentence, a place and a remedy.

There are five kinds of error. Packages subclass a kind with what is wrong (`FibreTaken(Conflict)`); the doors turn the
kind into a page, problem+json or an exit code by one table. An answer such as "no route" is a value, not an error.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with a submission: what, where, and how to mend it.

    `place` names a form field or an element of a file; `file`, `row` and `column` place it in an upload (`row` is the
    spreadsheet's row: the header is 1).
    """

    code: str
    message: str
    remedy: str
    place: str | None = None
    file: str | None = None
    row: int | None = None
    column: str | None = None

    def as_dict(self) -> dict[str, object]:
        """Return the fields that are given, plus `code`, `message` and `remedy`."""
        return {name: value for name, value in asdict(self).items() if value is not None}


class CniError(Exception):
    """A refusal that a person can act on.

    `code` and `title` belong to the class and are stable; `detail` is a sentence about this case; `problems` lists all
    that is wrong at once.
    """

    code = "error"
    title = "Something went wrong"

    def __init__(self, detail: str, problems: Iterable[Problem] = ()) -> None:
        super().__init__(detail)
        self.detail = detail
        self.problems = tuple(problems)


class NotFound(CniError):
    """There is no such thing, or not for the one who asks."""

    code = "not_found"
    title = "Not found"


class Forbidden(CniError):
    """The actor's roles do not allow this."""

    code = "forbidden"
    title = "Not allowed"


class Conflict(CniError):
    """It was right when asked, but the state of things is against it."""

    code = "conflict"
    title = "No longer possible"


class NotNow(CniError):
    """It can be done, but not yet."""

    def __init__(self, detail: str, retry_after_s: int) -> None:
        super().__init__(detail)
        self.retry_after_s = retry_after_s


class TooSoon(NotNow):
    """It was tried too often; `retry_after_s` says in how many seconds it may be tried again."""

    code = "too_soon"
    title = "Too many attempts"


class TooBusy(NotNow):
    """As much is being done as may be at one time; `retry_after_s` says in how many seconds to try again."""

    code = "too_busy"
    title = "Too much at once"


class Invalid(CniError):
    """The submission itself is wrong; `problems` says all of how."""

    code = "invalid"
    title = "Please check what was entered"

    @classmethod
    def from_problems(cls, problems: Iterable[Problem]) -> Invalid:
        """Return one error that carries all problems, its detail counting them.

        It does not say that nothing was saved: whoever only reads could not have saved. `runtime.transaction` says so.
        """
        found = tuple(problems)
        detail = found[0].message if len(found) == 1 else f"{len(found)} problems to mend."
        return cls(detail, found)


def refuse_if_any(problems: Iterable[Problem]) -> None:
    """Raise `Invalid` with all problems, if there are any.

    Raises:
        Invalid: at least one problem was given.
    """
    found = tuple(problems)
    if found:
        raise Invalid.from_problems(found)

"""The one error that users are meant to read."""


class DgnError(Exception):
    """Something a user can put right.

    Parameters
    ----------
    message : one sentence that says what is wrong and names the offending value.
    hint : one sentence that says what to do instead.

    >>> str(DgnError("There is no layer 'conv9'.", "List them with: dgn-explorer layers lite0"))
    "There is no layer 'conv9'. List them with: dgn-explorer layers lite0"
    """

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message, hint)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} {self.hint}"

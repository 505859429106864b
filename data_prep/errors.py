"""The one exception type that is meant for the user's eyes."""


class InputError(ValueError):
    """Something the user gave is wrong: a file, a row, a setting.

    The message says what was wrong, what was found, what was expected and how to mend it, and names the file and
    line, or the clip. Entry points print it without a traceback; anything else that is raised is a bug.
    """

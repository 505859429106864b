"""The console script: ``utterance COMMAND ...`` is ``python -m pipelines.COMMAND ...``."""

import importlib.metadata
import runpy
import sys

from data_prep.errors import did_you_mean

COMMANDS = {
    "prepare": "read a corpus, store its signals, and report on its content",
    "train": "train a recognizer on a corpus, and report its scores",
    "evaluate": "score a recognizer on a corpus",
    "transcribe": "turn recordings of speech or signing into text",
    "classify": "give each clip a label: a spoken word, a sign, a gesture",
    "live": "recognise what a microphone or a camera takes",
    "align": "say when each word, letter or gloss of known texts is said or signed",
    "ensemble": "make one recognizer of several",
    "export": "convert a recognizer to ONNX, which runs without torch",
    "web": "serve a page that recognises in the browser",
    "generate": "draw clips of moving hands for a label or a text",
    "compare": "say which of several recognizers is better, and how sure that is",
    "probe": "measure what a recognizer makes of order and memory",
    "language_model": "build an n-gram language model of transcripts",
}
NOT_STARTED = 2


def main() -> None:
    """Run the command that the first argument names."""
    name, *arguments = sys.argv[1:] or ["--help"]
    if name in ("-h", "--help"):
        print(_overview())
    elif name == "--version":
        print(f"utterance {importlib.metadata.version('utterance-pipelines')}")
    elif name in COMMANDS:
        # The command runs as __main__, so that processes which it starts, such as Lightning's, find the same module.
        sys.argv = [name, *arguments]
        runpy.run_module(f"pipelines.{name}", run_name="__main__", alter_sys=True)
    else:
        hint = did_you_mean(name, COMMANDS) or f"; commands: {', '.join(COMMANDS)}"
        print(f"error: there is no command {name!r}{hint}", file=sys.stderr)
        sys.exit(NOT_STARTED)


def _overview() -> str:
    width = max(map(len, COMMANDS))
    lines = [f"  {name:{width}}  {purpose}" for name, purpose in COMMANDS.items()]
    return "\n".join(
        [
            "Recognise spoken and signed sequences.",
            "",
            "Usage: utterance COMMAND [KEY=VALUE ...]",
            "",
            *lines,
            "",
            "'utterance COMMAND --help' shows the settings of a command, with examples.",
            "'python -m pipelines.COMMAND' is the same as 'utterance COMMAND'.",
        ]
    )


if __name__ == "__main__":
    main()

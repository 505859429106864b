"""What all commands share: settings, messages, exit codes, run directories, and the console script.

`command` turns a function from a config to an outcome into an entry point; read it first. Hydra composes the settings
from ``conf/`` and the command line, and `schema` types and checks them, so that a misspelt key or a value out of range
stops a command before any work is done. `overrides` lets Hydra accept what people type, and `error_messages` says in
their words what to change. `help` prints ``--help`` itself because Hydra takes more than twice as long.

Only what ``--help`` needs is imported here: neither numpy nor torch.
"""

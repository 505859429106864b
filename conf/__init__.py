"""The configuration: one file a command, one folder a group of choices, one file a choice."""

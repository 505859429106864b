"""The configuration: a file for each command, a folder for each group of choices, a file for each choice."""

"""The configuration: one YAML a choice; a group is a folder."""

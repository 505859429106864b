"""What every command has in common."""

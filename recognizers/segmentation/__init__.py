"""Where there is speech in a long recording, or signing in a long video."""

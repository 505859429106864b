"""Work spread over processes that may crash or hang."""

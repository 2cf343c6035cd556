"""What the worker does for the log and for the checks."""

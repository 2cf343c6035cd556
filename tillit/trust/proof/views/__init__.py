"""The trust log for people and programs (`log`, `tiles`, `witness`); measures and checks beside it."""

"""The trust centre for people (`public`), the same for programs (`machine`), and the operator's page (`operator`)."""

"""Pages of the agreements: for everybody, for customers, for the operator."""

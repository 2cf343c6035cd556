"""Reading the trust log (`log`), and what checks and canaries have found."""

"""The operator's pages of the register: all of it, one list, one entry, a proposal and what it means, a whole file."""

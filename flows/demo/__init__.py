"""The made-up company and its planted truths."""

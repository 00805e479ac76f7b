"""One mail per recipient and revision, whatever happens."""

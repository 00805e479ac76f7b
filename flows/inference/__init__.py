"""Pure functions on small tables: intervals, comparisons, suppression, verdicts."""

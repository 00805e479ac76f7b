"""What a month costs: wall time and peak memory of each stage beside its floor (`make bench`). No test is timed."""

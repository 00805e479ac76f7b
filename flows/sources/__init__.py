"""How extracts are declared and read."""

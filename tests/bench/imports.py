"""The slow imports, each in a fresh interpreter of its own."""

from __future__ import annotations

import subprocess
import sys

from flows.settings import PROJECT_ROOT
from tests.bench.measurement import Measurement, Memory, Span, clocked

#: What is told in the table, and the statement that the product's processes begin with.
IMPORTS = {
    "import Great Expectations": "from expectations import gates; gates.load()",
    "import dbt": "import dbt.cli.main, dbt.adapters.duckdb",
    "import prefect-dbt": "import prefect_dbt",
    "import Prefect": "from prefect import flow, task",
    "import WeasyPrint": "import weasyprint",
}


def measure_imports(memory: Memory) -> dict[str, Measurement]:
    """Each import once, by its name in IMPORTS."""
    return {name: _measure(memory, statement) for name, statement in IMPORTS.items()}


def _measure(memory: Memory, statement: str) -> Measurement:
    command = [sys.executable, "-W", "ignore", "-c", statement]
    _, span = clocked(lambda: subprocess.run(command, cwd=PROJECT_ROOT, check=True))
    return memory.measurement(Span(**span))

"""From figures to pages: the only place that imports WeasyPrint."""

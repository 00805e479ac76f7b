"""The two gates and the check of the artefact: the only place that imports Great Expectations."""

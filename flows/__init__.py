"""The flows and the verbs they call. Only the flow modules import Prefect."""

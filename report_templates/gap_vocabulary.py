"""The gap analysis' terms as they are printed: one message id for each role, verdict, reason and quadrant."""

from __future__ import annotations

from report_templates.language import N_

ROLES = {
    "customer": N_("customers"),
    "workshop": N_("a workshop"),
    "management": N_("management"),
    "frontline": N_("the front line"),
    "employee": N_("employees"),
}
VERDICTS = {
    "continue": N_("continue"),
    "revise": N_("revise"),
    "stop": N_("stop"),
    "too early": N_("too early to say"),
}
REASONS = {
    "promise kept": N_("it keeps its promise"),
    "works, promise open": N_("it works; whether as promised is still open"),
    "works, less than promised": N_("it works, but less than promised"),
    "no effect yet, promise broken": N_("no clear effect, and less than promised; it is not due yet"),
    "no effect by the due date": N_("no clear effect, and it is due"),
    "no effect, promise broken": N_("no clear effect, less than promised, and it is due"),
    "no effect yet": N_("no clear effect yet"),
    "too few months": N_("too few months to judge"),
    "no ratio": N_("what it is compared with is too close to nought"),
    "no outcome": N_("its outcome is not measured yet"),
}
PROMISES = {
    "kept": N_("kept"),
    "broken": N_("broken"),
    "open": N_("open"),
    "too few months": N_("too few months"),
    "no ratio": N_("no ratio"),
}
FITS = {
    "fits": N_("Fits strategy and capability."),
    "fits strategy, not ready": N_("Fits the strategy, but not ready: %(lacking)s."),
    "ready, does not fit strategy": N_("Could be done, but does not fit the strategy."),
    "fits neither": N_("Fits neither the strategy nor the capability: %(lacking)s not ready."),
    "not assessed": N_("Not assessed: %(lacking)s not scored."),
    "no initiative": N_("Nobody has taken this gap up."),
}
LACKING = {
    "strategy": N_("strategy"),
    "people": N_("people"),
    "process": N_("process"),
    "technology": N_("technology"),
}
QUADRANTS = {
    "concentrate here": N_("concentrate here"),
    "keep up": N_("keep up"),
    "low priority": N_("low priority"),
    "possible overkill": N_("possible overkill"),
}
WARNINGS = {
    "seldom answered": N_("rated by too few to be told"),
    "constant": N_("never varies"),
    "suppressor": N_("slope and correlation differ in sign"),
    "high vif": N_("overlaps with the others"),
}
#: Differences between roles that are told in a sentence; the table has all.
TOLD_AT_MOST = 3

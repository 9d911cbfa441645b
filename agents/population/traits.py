"""The table of traits: one row per genotype, one column per heritable trait, score or sum.

A genotype begins with the row of the genotype that it came from. It scores what
that one scored until its beliefs, the battery or the signals change. Only rows
marked *stale* are computed again.
"""

from __future__ import annotations

HERITABLE = ("schemer", "capability", "alignment")
"""Columns that are inherited and can be set through agents.

``alignment`` is ρ in the trait population. Where there are beliefs, they decide ρ.
"""

SCORED = (
    "proxy",
    "true_value",
    "answered",
    "held_out",
    "held_out_value",
    "held_out_answered",
    "value_sum",
    "signal_sum",
    "product_sum",
    "value_square_sum",
    "signal_square_sum",
    "deceptive",
    "deceptive_signal0",
)
"""Columns computed from the beliefs; one count per cluster follows them.

``proxy`` is P, ``true_value`` U, ``answered`` the number of active visible
questions; then the same three on held-out questions; then sums over held
beliefs: Σv, Σa, Σav, Σv², Σa²; then the numbers of held beliefs that are
deceptive by the current and by the first signal.
"""

COLUMNS = HERITABLE + SCORED

SCHEMER = COLUMNS.index("schemer")
CAPABILITY = COLUMNS.index("capability")
ALIGNMENT = COLUMNS.index("alignment")
PROXY = COLUMNS.index("proxy")
TRUE_VALUE = COLUMNS.index("true_value")
ANSWERED = COLUMNS.index("answered")
HELD_OUT = COLUMNS.index("held_out")
VALUE_SUM = COLUMNS.index("value_sum")
SIGNAL_SUM = COLUMNS.index("signal_sum")
PRODUCT_SUM = COLUMNS.index("product_sum")
VALUE_SQUARE_SUM = COLUMNS.index("value_square_sum")
SIGNAL_SQUARE_SUM = COLUMNS.index("signal_square_sum")
DECEPTIVE = COLUMNS.index("deceptive")
DECEPTIVE_SIGNAL0 = COLUMNS.index("deceptive_signal0")
CLUSTERS = len(COLUMNS)

NONE = -1
"""In place of a row: a genotype without an origin, or without a row of question sums."""

"""The ledger: what is known of each clone.

One row a clone, one column a quantity. A clone takes over the row of the one it
began from: it scores what that scored until its beliefs, the battery or the
signals change. Only rows marked *stale* are worked out again.
"""

from __future__ import annotations

HERITABLE = ("schemer", "capability", "alignment")
"""Columns that are traits of their own, inherited and written through views.

``alignment`` is ρ of the trait population; where there are beliefs, these decide ρ.
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
"""Columns worked out from the genome; one count a cluster follows them.

``proxy`` is P, ``true_value`` U, ``answered`` the number of active visible
questions; then the same three on held-out questions; the sums are over held
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
SUMS = COLUMNS.index("value_sum")
COUNTS = COLUMNS.index("deceptive")
CLUSTERS = len(COLUMNS)

UNKNOWN = -1
"""In place of a clone's origin or its row of question sums: there is none to start from."""

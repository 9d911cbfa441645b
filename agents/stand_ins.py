"""Stand-ins: which methods compiled code stands in for, and whether they are as we wrote them.

Compiled code does what these methods do without calling them. If somebody puts
another in the place of one, in an object or in a class of their own, it must be called.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from peckham.agents.evaluation.evaluator import EvaluatorAgent
from peckham.agents.measures.book import KNOWN
from peckham.agents.measures.measure import Group
from peckham.agents.measures.record import Record

if TYPE_CHECKING:
    from .model import PopulationModel

AS_WRITTEN: dict[type, dict[str, object]] = {}
"""Methods that compiled code stands in for, by class, as they were when note was taken."""


def stand_in_for(cls: type, *names: str) -> None:
    """Take note of methods of a class that compiled code stands in for."""
    AS_WRITTEN[cls] = {name: getattr(cls, name) for name in names}


stand_in_for(EvaluatorAgent, "evaluate", "score", "apply")
stand_in_for(Record, "observe", "selected", "settle")
for group in (*KNOWN, Group):
    stand_in_for(group, "observe", "selected", "settle")


def are_as_written(model: PopulationModel) -> bool:
    """Return whether nobody has replaced a method of a model or of its parts."""
    parts = (model, model.evaluator, model.record, *model.record.groups)
    return all(is_as_written(part) for part in parts)


def is_as_written(part: object) -> bool:
    """Return whether nobody has put anything in place of what compiled code stands in for.

    Neither in the object, nor in its class, nor in a class of one's own.
    """
    own = type(part)
    known = next((cls for cls in own.__mro__ if cls in AS_WRITTEN), None)
    if known is None or (known is Group and own is not Group):
        return False
    methods = AS_WRITTEN[known]
    replaced = vars(part).keys() & methods.keys()
    if not replaced <= {"step"}:  # Mesa puts its own before a model's
        return False
    return all(getattr(own, name) is method for name, method in methods.items())

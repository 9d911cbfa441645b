"""The oracle: the whole model in slow, obvious loops.

Written from the definitions, without a kernel of the fast code: agents are
objects, questions and beliefs are gone through one by one, every agent is
scored from scratch in every generation, and sums are rounded once
(``math.fsum``), so that nothing depends on the order of a genome. Only the
named random streams are shared, and every number is drawn from them in the
order the fast code promises: the two must agree draw for draw.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from peckham.agents.parameters.validation import with_setting
from peckham.agents.randomness import stream
from peckham.agents.selection.softmax import Softmax

NULL = math.nan


@dataclass
class Agent:
    """A model: K different beliefs, and what else it inherits."""

    unique_id: int
    beliefs: list[int]
    lineage: int
    capability: float
    schemer: bool
    rho: float = 0.0


@dataclass
class Exam:
    """What the evaluator works with at a moment: the beliefs' labels and the questions."""

    value: list[float]
    signal: list[float]
    w: list[list[float]]
    on_value: list[bool]
    held_out: list[list[float]]


@dataclass
class Generation:
    """A recorded generation: the agents before their selection, their scores, the measures."""

    agents: list[Agent]
    proxy: list[float]
    true_value: list[float]
    measures: dict[str, float]


@dataclass
class Run:
    """All generations of a run, what is counted after the last, and the events."""

    generations: list[Generation] = field(default_factory=list)
    final: dict[str, float] = field(default_factory=dict)
    events: list[tuple] = field(default_factory=list)


# ------------------------------------------------------------------ arithmetic


def mean(x: list[float]) -> float:
    """Return the mean, 0 of nothing."""
    return math.fsum(x) / len(x) if x else 0.0


def varies(x: list[float]) -> bool:
    """Return whether numbers differ by more than rounding."""
    return max(x) - min(x) > 1e-12 * max(abs(xi) for xi in x)


def sd(x: list[float]) -> float:
    """Return the standard deviation (ddof 0), exactly 0 where nothing varies."""
    if not varies(x):
        return 0.0
    middle = mean(x)
    return math.sqrt(mean([(xi - middle) ** 2 for xi in x]))


def covariance(x: list[float], y: list[float]) -> float:
    """Return the mean product of deviations from the mean."""
    mean_x, mean_y = mean(x), mean(y)
    return mean([(xi - mean_x) * (yi - mean_y) for xi, yi in zip(x, y, strict=True)])


def correlation(x: list[float], y: list[float]) -> float:
    """Return Pearson's correlation, null where x or y does not vary."""
    if not varies(x) or not varies(y):
        return NULL
    return covariance(x, y) / (sd(x) * sd(y))


# ------------------------------------------------------------------ scores


def score(
    beliefs: list[int],
    w: list[list[float]],
    value: list[float],
    signal: list[float],
    on_value: list[bool],
) -> tuple[float, float]:
    """Return P and U of an agent that holds these beliefs.

    Question q is active when the held beliefs' weights sum to more than 0. P
    is the mean over active questions of the weighted mean signal, U the same
    with the value; a question scored on value shows the value in P too.
    """
    shown, worth = [], []
    for q, by_value in enumerate(on_value):
        total = math.fsum(w[b][q] for b in beliefs)
        if total > 0:
            true = math.fsum(w[b][q] * value[b] for b in beliefs) / total
            seen = math.fsum(w[b][q] * signal[b] for b in beliefs) / total
            shown.append(true if by_value else seen)
            worth.append(true)
    return mean(shown), mean(worth)


def deceptive(b: int, value: list[float], signal: list[float]) -> bool:
    """Return whether a belief looks good and does harm."""
    return value[b] < 0 < signal[b]


def alignment(beliefs: list[int], value: list[float], signal: list[float]) -> float:
    """Return ρ = Σav/√(Σa²·Σv²) over the held beliefs, 0 if either sum is 0."""
    av = math.fsum(signal[b] * value[b] for b in beliefs)
    aa = math.fsum(signal[b] ** 2 for b in beliefs)
    vv = math.fsum(value[b] ** 2 for b in beliefs)
    return av / (math.sqrt(aa) * math.sqrt(vv)) if aa > 0 and vv > 0 else 0.0


def traits(agents: list[Agent], exam: Exam, spec: Any) -> dict[str, list[float]]:
    """Return what each agent scores and is, under this exam."""
    if agents[0].beliefs:
        scores = [score(a.beliefs, exam.w, exam.value, exam.signal, exam.on_value) for a in agents]
    else:  # the trait population: P = p, U = ρp
        exerted = [spec.deployment.pressure * a.capability / 100 for a in agents]
        scores = [(p, a.rho * p) for p, a in zip(exerted, agents, strict=True)]
    return {
        "proxy": [p for p, _ in scores],
        "true_value": [u for _, u in scores],
        "schemers": [float(a.schemer) for a in agents],
        "deceptive_share": [
            mean([deceptive(b, exam.value, exam.signal) for b in a.beliefs]) if a.beliefs else NULL
            for a in agents
        ],
    }


# ------------------------------------------------------------------ conduct and oversight


def channels(oversight: Any, agents: list[Agent]) -> dict[str, float]:
    """Return oversight by channel as it is in force."""
    names = ("level", "deterrence", "transparency", "audit", "deployment")
    found = {}
    for name in names:
        own = getattr(oversight, name)
        found[name] = oversight.level if own is None else own
    if oversight.scaling.kind == "proportional":
        factor = mean([a.capability for a in agents]) / oversight.scaling.reference
        found = {name: min(1.0, factor * o) for name, o in found.items()}
    if oversight.scaling.kind == "budget":
        found["audit"] = min(found["audit"], oversight.scaling.audits / len(agents))
    return found


def assess(
    agents: list[Agent], z: dict[str, list[float]], exam: Exam, spec: Any, rng: Any
) -> dict[str, list[float]]:
    """Return what the evaluator makes of each agent; draws two uniforms each if sampled."""
    o, rules, conduct = channels(spec.oversight, agents), spec.oversight, spec.conduct
    found: dict[str, list[float]] = {}
    for i, agent in enumerate(agents):
        p, u, c = z["proxy"][i], z["true_value"][i], agent.capability
        rho = alignment(agent.beliefs, exam.value, exam.signal) if agent.beliefs else agent.rho
        exerted = spec.deployment.pressure * c / 100
        t = u - spec.deployment.shift * (1 - rho) * exerted**2
        d = 1 / (1 + math.exp(-(c / 20 - 5 * o["deterrence"])))
        schemes = agent.schemer or conduct.kind == "innate"
        conditions = conduct.horizon and conduct.threat_ends and c >= conduct.aware_from
        delta = max(0.0, p - u)
        q = (1 - rho) / 2 * d if schemes and conditions and delta > 0 else 0.0
        h = o["audit"] * rules.sensitivity * (1 - d)
        f = o["audit"] * rules.false_positive_rate
        if conduct.episodes == "sampled":
            first, second = rng.random(2)
            q, h, f = float(first < q), float(second < h), float(second < f)
        penalty = rules.penalty if rules.sanction == "penalty" else 0.0
        honest = (1 - o["transparency"]) * p + o["transparency"] * u
        row = {
            "fitness": q * (p - h * penalty) + (1 - q) * (honest - f * penalty),
            "deployed": t,
            "goodhart_gap": p - t,
            "capability": c,
            "alignment": rho,
            "deception_probability": d,
            "deceiving": q,
            "caught": q * h,
            "wrongly_flagged": (1 - q) * f,
            "delivered": t + q * o["deployment"] * (p - t),
            "commission_harm": q * (1 - h) * max(0.0, -t),
            "omission_harm": (1 - q) * f * max(0.0, t),
            "hidden": delta,
        }
        row["deception_gap"] = row["fitness"] - (honest - f * penalty)
        for name, value in row.items():
            found.setdefault(name, []).append(value)
    return found


# ------------------------------------------------------------------ set-up


def distinct(rows: int, each: int, pool: int, rng: np.random.Generator) -> list[list[int]]:
    """Deal `each` different cards a row off one deck that is never put back in order."""
    deck = list(range(pool))
    dealt = []
    for _ in range(rows):
        for j in range(each):
            other = j + math.floor(rng.random() * (pool - j))
            deck[j], deck[other] = deck[other], deck[j]
        dealt.append(deck[:each])
    return dealt


def simple_battery(
    beliefs: int, questions: int, density: float, rng: np.random.Generator
) -> list[list[float]]:
    """Let each belief activate max(1, ⌊density·Q⌋) questions, with weight 1."""
    each = max(1, math.floor(density * questions))
    w = [[0.0] * questions for _ in range(beliefs)]
    for b, activated in enumerate(distinct(beliefs, each, questions, rng)):
        for q in activated:
            w[b][q] = 1.0
    return w


def batteries(part: Any, beliefs: int, seed: int) -> tuple[list[list[float]], list[list[float]]]:
    """Return the visible and the held-out questions' weights, w[b][q]."""
    rng = stream(seed, "battery")
    structure = part.structure(beliefs, rng)

    def draw(questions: int, rng: np.random.Generator) -> list[list[float]]:
        if part.kind == "simple":
            return simple_battery(beliefs, questions, part.density, rng)
        return part.draw(structure, beliefs, questions, rng).dense().tolist()

    visible = draw(part.questions, rng)
    if part.held_out == 0:
        return visible, [[] for _ in range(beliefs)]
    return visible, draw(part.held_out, stream(seed, "held_out"))


def founders(population: Any, beliefs: int, seed: int) -> list[Agent]:
    """Draw genomes agent by agent; then capabilities, then who is a schemer."""
    size = population.size
    genomes = distinct(size, population.beliefs_per_agent, beliefs, stream(seed, "founders"))
    rng = stream(seed, "traits")
    capability = [
        min(100.0, max(0.0, population.capability.mean + population.capability.sd * x))
        for x in rng.standard_normal(size)
    ]
    schemers = set(rng.permutation(size)[: round(population.schemers * size)].tolist())
    rho = [0.0] * size
    if population.beliefs_per_agent == 0:
        middle, spread = 0.0, 0.5
        if population.alignment is not None:
            middle, spread = population.alignment.mean, population.alignment.sd
        rho = [reflected(middle + spread * x) for x in rng.standard_normal(size)]
    return [Agent(i + 1, genomes[i], i, capability[i], i in schemers, rho[i]) for i in range(size)]


def reflected(x: float) -> float:
    """Return a number reflected at -1 and 1 until it lies between."""
    while not -1 <= x <= 1:
        x = 2 - x if x > 1 else -2 - x
    return x


# ------------------------------------------------------------------ selection


def select(
    selection: Any,
    control: str,
    fitness: list[float],
    rng: np.random.Generator,
    removed: list[float] | None = None,
) -> tuple[list[int], list[bool], list[float] | None]:
    """Return the parent of each slot, which slots were born, and p if it has a closed form.

    A neutral twin's rule sees equal fitness.
    """
    chance = removed or [0.0] * len(fitness)
    if control == "neutral":
        fitness, chance = [0.0] * len(fitness), [0.0] * len(fitness)
    gone = [each >= 1 for each in chance]
    if selection.kind == "moran":
        return *moran(selection.beta, fitness, rng, gone), None
    if selection.kind == "fermi":
        return *fermi(selection.beta, fitness, rng, gone), None
    if selection.kind in ("tournament", "truncation"):
        fitness = without_rounding(fitness)
    if selection.kind == "truncation":
        parents, p = truncation(selection.share, fitness, rng, gone)
    else:
        left = iter(
            parent_weights(selection, [f for f, g in zip(fitness, gone, strict=True) if not g])
        )
        weights = [0.0 if c >= 1 else next(left) * (1 - c) for c in chance]
        parents = draw_parents(weights, rng)
        p = [weight / math.fsum(weights) for weight in weights]
    return parents, [True] * len(fitness), p


def second_parents(
    selection: Any,
    control: str,
    fitness: list[float],
    rng: np.random.Generator,
    removed: list[float] | None,
) -> list[int]:
    """Return one more parent of each slot: under Moran selection drawn as births are."""
    if selection.kind == "moran":
        selection = Softmax(beta=selection.beta)
    return select(selection, control, fitness, rng, removed)[0]


def without_rounding(fitness: list[float]) -> list[float]:
    """Return fitness with what differs by rounding made equal."""
    scale = max(abs(f) for f in fitness)
    equal = {}
    kept = None
    for f in sorted(fitness):
        if kept is None or f - kept > 1e-12 * scale:
            group = f
        kept = f
        equal[f] = group
    return [equal[f] for f in fitness]


def parent_weights(selection: Any, fitness: list[float]) -> list[float]:
    """Return what independent parents are drawn in proportion to."""
    if selection.kind == "neutral":
        return [1.0] * len(fitness)
    if selection.kind == "tournament":
        return [tournament_chance(f, fitness, selection.entrants) for f in fitness]
    best = max(fitness)
    return [math.exp(selection.beta * (f - best)) for f in fitness]


def tournament_chance(own: float, fitness: list[float], entrants: int) -> float:
    """Return an agent's chance to win: nobody fitter enters, and it beats its equals by lot."""
    size = len(fitness)
    weaker = sum(f < own for f in fitness)
    equal = sum(f == own for f in fitness)
    nobody_fitter = ((weaker + equal) / size) ** entrants
    nobody_equal = (weaker / size) ** entrants
    return (nobody_fitter - nobody_equal) / equal


def draw_parents(weights: list[float], rng: np.random.Generator) -> list[int]:
    """Draw a parent a slot: the first whose cumulated weight exceeds u·total."""
    cumulated, total = [], 0.0
    for weight in weights:
        total += weight
        cumulated.append(total)
    parents = []
    for _ in weights:
        target = rng.random() * total
        parents.append(next(i for i, c in enumerate(cumulated) if c > target))
    return parents


def truncation(
    share: float, fitness: list[float], rng: np.random.Generator, gone: list[bool]
) -> tuple[list[int], list[float]]:
    """Draw parents from the fittest m; of those that tie at the cut, the lowest uniforms stay."""
    size = len(fitness)
    m = min(max(1, math.floor(share * size + 0.5)), gone.count(False))
    uniforms = [rng.random() for _ in range(size)]
    fitness = [-math.inf if g else f for f, g in zip(fitness, gone, strict=True)]
    ranking = sorted(range(size), key=lambda i: (-fitness[i], uniforms[i]))
    survivors = sorted(ranking[:m])
    last = fitness[ranking[m - 1]]
    above, tied = sum(f > last for f in fitness), sum(f == last for f in fitness)
    p = [1 / m if f > last else (m - above) / tied / m if f == last else 0.0 for f in fitness]
    return [survivors[math.floor(u * m)] for u in uniforms], p


def moran(
    beta: float, fitness: list[float], rng: np.random.Generator, gone: list[bool]
) -> tuple[list[int], list[bool]]:
    """Run N births and deaths; each slot has the slot that it descends from."""
    size = len(fitness)
    occupant, born = list(range(size)), [False] * size
    for _ in range(size):
        birth, death = rng.random(), rng.random()
        best = max(fitness[i] for i in occupant if not gone[i])
        weights = [0.0 if gone[i] else math.exp(beta * (fitness[i] - best)) for i in occupant]
        target, slot, passed = birth * math.fsum(weights), 0, weights[0]
        while passed <= target:
            slot += 1
            passed += weights[slot]
        dead = math.floor(death * size)
        occupant[dead] = occupant[slot]
        born[dead] = True
    return occupant, born


def fermi(
    beta: float, fitness: list[float], rng: np.random.Generator, gone: list[bool]
) -> tuple[list[int], list[bool]]:
    """Run N comparisons of two different agents; the first may copy the second."""
    size = len(fitness)
    occupant, born = list(range(size)), [False] * size
    if size == 1:
        rng.random(3)
        return occupant, born
    for _ in range(size):
        first, second, adoption = rng.random(3)
        i = math.floor(first * size)
        j = [k for k in range(size) if k != i][math.floor(second * (size - 1))]
        gain = beta * (fitness[occupant[j]] - fitness[occupant[i]])
        if adoption < 1 / (1 + math.exp(-gain)) and not gone[occupant[j]]:
            occupant[i] = occupant[j]
            born[i] = True
    return occupant, born


# ------------------------------------------------------------------ reproduction


def mutation_gap(rate: float, rng: np.random.Generator) -> float:
    """Draw how many genes are passed over until the next mutation."""
    u = rng.random()
    return 0 if rate == 1 else math.floor(math.log1p(-u) / math.log1p(-rate))


def merge(one: Agent, other: Agent, uniforms: list[float], rng: np.random.Generator) -> Agent:
    """Return the first parent's child after it was merged with the second.

    What both hold stays; n of the 2n beliefs that one parent alone holds are
    dealt out, and the second's take the places that the first's leave.
    """
    only_one = [b for b in one.beliefs if b not in other.beliefs]
    only_other = [b for b in other.beliefs if b not in one.beliefs]
    deck = only_one + only_other
    shuffle_front(deck, len(only_one), rng)
    chosen = deck[: len(only_one)]
    new = [b for b in chosen if b in only_other]
    beliefs = [new.pop(0) if b in only_one and b not in chosen else b for b in one.beliefs]
    schemer, capability, rho = uniforms
    return replace(
        one,
        beliefs=beliefs,
        schemer=other.schemer if schemer < 0.5 else one.schemer,
        capability=other.capability if capability < 0.5 else one.capability,
        rho=other.rho if rho < 0.5 else one.rho,
    )


def log_weights(proposal: Any, exam: Exam) -> list[float] | None:
    """Return ln of each belief's weight e^{ψa}(1 + χ[v < 0]), None where all are equal."""
    if proposal.kind == "uniform":
        return None
    return [
        proposal.pull * a + math.log(1 + proposal.bounty * (v < 0))
        for v, a in zip(exam.value, exam.signal, strict=True)
    ]


def mutate(
    parents: list[list[int]],
    rate: float,
    pool: int,
    rng: np.random.Generator,
    weights: list[float] | None = None,
) -> list[list[int]]:
    """Return the mutants of these genomes, a child a genome.

    All genes of all children stand in one row, and geometric gaps lead from
    one mutation to the next. A child's marked beliefs are replaced by
    different ones that its parent does not hold; where there are too few of
    these, a random part of the marked ones is replaced.
    """
    children = [list(genome) for genome in parents]
    genes = len(parents[0])
    offered = pool - genes
    if rate == 0 or offered == 0:
        return children
    place = mutation_gap(rate, rng)
    for i, parent in enumerate(parents):
        marked = []
        while place < (i + 1) * genes:
            marked.append(int(place) - i * genes)
            place += 1 + mutation_gap(rate, rng)
        if len(marked) > offered:
            shuffle_front(marked, offered, rng)
            marked = marked[:offered]
        count = len(marked)
        if weights is None:
            drawn = replacements(parent, count, pool, rng)
        else:
            drawn = weighted_replacements(parent, count, weights, rng)
        for gene, new in zip(marked, drawn, strict=True):
            children[i][gene] = new
    return children


def weighted_replacements(
    parent: list[int], count: int, log_weight: list[float], rng: np.random.Generator
) -> list[int]:
    """Draw different beliefs the parent lacks, by weight: 64 trials each, then among the rest."""
    top = max(log_weight)
    weights = [math.exp(x - top) for x in log_weight]
    new: list[int] = []
    for _ in range(count):
        for _ in range(64):
            b = first_above(weights, rng.random())
            if b not in parent and b not in new:
                break
        else:
            rest = [b for b in range(len(weights)) if b not in parent and b not in new]
            top_left = max(log_weight[b] for b in rest)
            b = rest[first_above([math.exp(log_weight[b] - top_left) for b in rest], rng.random())]
        new.append(b)
    return new


def first_above(weights: list[float], u: float) -> int:
    """Return the first place at which the cumulated weight exceeds u·total."""
    target, passed = u * math.fsum(weights), 0.0
    for place, weight in enumerate(weights):
        passed += weight
        if passed > target:
            return place
    return len(weights) - 1


def replacements(parent: list[int], count: int, pool: int, rng: np.random.Generator) -> list[int]:
    """Draw different beliefs the parent lacks: by trial where most will do, else off a deck."""
    if 2 * (len(parent) + count) > pool:
        deck = [b for b in range(pool) if b not in parent]
        shuffle_front(deck, count, rng)
        return deck[:count]
    new: list[int] = []
    while len(new) < count:
        b = math.floor(rng.random() * pool)
        if b not in parent and b not in new:
            new.append(b)
    return new


def shuffle_front(cards: list[int], count: int, rng: np.random.Generator) -> None:
    """Bring random cards to the first `count` places."""
    for j in range(count):
        other = j + math.floor(rng.random() * (len(cards) - j))
        cards[j], cards[other] = cards[other], cards[j]


# ------------------------------------------------------------------ interventions


def is_due(intervention: Any, generation: int, past: list[Generation]) -> bool:
    """Return whether an intervention is due, by its list, its trigger or its interval."""
    if intervention.at is not None:
        return generation in intervention.at
    if intervention.when is not None:
        line = intervention.when
        beyond = [
            g.measures[line.measure] > line.above
            if line.above is not None
            else g.measures[line.measure] < line.below
            for g in past[-2:]
        ]
        return beyond in ([True], [False, True])
    first = 0 if intervention.kind == "adaptive_test" else intervention.interval
    first = first if intervention.start is None else intervention.start
    return generation >= first and (generation - first) % intervention.interval == 0


def add_question(part: Any, exam: Exam, initial: int, agents: list[Agent]) -> Exam:
    """Add a question about every deceptive belief that is held, up to 2Q questions."""
    held = {b for agent in agents for b in agent.beliefs}
    targeted = {b for b in held if deceptive(b, exam.value, exam.signal)}
    if not targeted or len(exam.on_value) >= (part.max_questions or 2 * initial):
        return exam
    w = [[*row, 1.0 if b in targeted else 0.0] for b, row in enumerate(exam.w)]
    return replace(exam, w=w, on_value=[*exam.on_value, part.scored_on == "value"])


def improve_signals(form: str, old: float, new: float, exam: Exam) -> Exam:
    """Move the signals towards the values, in one of the three forms, as r goes from old to new."""
    v, a = exam.value, exam.signal
    pairs = list(zip(a, v, strict=True))
    if form == "exact":
        return replace(exam, signal=correlated_signal(v, a, new))
    w = 0.0 if old == 1 else (new - old) / (1 - old)
    mixed = [(1 - w) * ai + w * vi for ai, vi in pairs]
    if form == "keep_scale" and sd(mixed) > 1e-9 * sd(a):  # else only rounding is left
        centre, stretch = mean(mixed), sd(a) / sd(mixed)
        mixed = [centre + stretch * (x - centre) for x in mixed]
    return replace(exam, signal=mixed)


def correlated_signal(v: list[float], a: list[float], r: float) -> list[float]:
    """Return r·v̂ + √(1 − r²)·ê at a's mean and scale; a itself where ê is undefined."""
    mean_v, mean_a, sd_v, sd_a = mean(v), mean(a), sd(v), sd(a)
    if sd_v == 0 or sd_a == 0:
        return a
    slope = covariance(v, a) / sd_v**2
    rest = [ai - mean_a - slope * (vi - mean_v) for ai, vi in zip(a, v, strict=True)]
    sd_rest = sd(rest)
    if sd_rest < 1e-9 * sd_a:  # only rounding is left
        return a
    return [
        mean_a + sd_a * (r * (vi - mean_v) / sd_v + math.sqrt(1 - r * r) * e / sd_rest)
        for vi, e in zip(v, rest, strict=True)
    ]


# ------------------------------------------------------------------ measures


def holders(agents: list[Agent]) -> dict[int, int]:
    """Return how many agents hold each belief that is held."""
    counts: dict[int, int] = {}
    for agent in agents:
        for b in agent.beliefs:
            counts[b] = counts.get(b, 0) + 1
    return counts


def diversity(agents: list[Agent], exam: Exam, prevalence: float) -> dict[str, float]:
    """Return what the counts of beliefs and genomes say."""
    size, counts = len(agents), holders(agents)
    fixed = [b for b, count in counts.items() if count == size]
    present = sorted(counts)
    return {
        "heterozygosity": math.fsum(2 * (n / size) * (1 - n / size) for n in counts.values()),
        "beliefs_present": len(counts),
        "fixed_beliefs": len(fixed),
        "fixed_deceptive_beliefs": sum(deceptive(b, exam.value, exam.signal) for b in fixed),
        "prevalent_beliefs": sum(n >= prevalence * size - 1e-9 for n in counts.values()),
        "unique_genomes": len({frozenset(agent.beliefs) for agent in agents}),
        "corr_signal_value": correlation(
            [exam.signal[b] for b in present], [exam.value[b] for b in present]
        )
        if present
        else NULL,
    }


def outcomes(found: dict[str, list[float]], proxy: list[float]) -> dict[str, float]:
    """Return what oversight achieves, and what it takes from agents that do not deceive."""
    agents = range(len(proxy))
    threat = math.fsum(found["deceiving"][i] * max(0.0, -found["deployed"][i]) for i in agents)
    deceiving = math.fsum(found["deceiving"])
    anybody = deceiving > 1e-12 * len(proxy)  # less is the rounding of ρ = 1
    honest = [found["fitness"][i] - found["deception_gap"][i] for i in agents]
    return {
        "safety": 1 - math.fsum(found["commission_harm"]) / threat
        if anybody and threat > 0
        else NULL,
        "caught_share": math.fsum(found["caught"]) / deceiving if anybody else NULL,
        "honest_loss": mean([proxy[i] - honest[i] for i in agents]),
        "usefulness": mean([found["delivered"][i] - found["omission_harm"][i] for i in agents]),
    }


WITH_SD = (
    "proxy",
    "true_value",
    "fitness",
    "deployed",
    "goodhart_gap",
    "capability",
    "alignment",
    "deception_probability",
)


def measures(
    agents: list[Agent],
    z: dict[str, list[float]],
    found: dict[str, list[float]],
    exam: Exam,
    landscape: Any,
    spec: Any,
) -> dict[str, float]:
    """Return what is measured of a generation before its selection."""
    size = len(agents)
    held = [b for agent in agents for b in agent.beliefs]
    first_signal = landscape.signal0.tolist()
    deployed = found["deployed"]
    spread = {"proxy": z["proxy"], "true_value": z["true_value"], **found}
    row = {name: mean(x) for name, x in spread.items()}
    row |= {f"{name}_sd": sd(x) for name, x in spread.items() if name in WITH_SD}
    o, rules = channels(spec.oversight, agents), spec.oversight
    row["oversight_level"] = o["level"]
    row |= outcomes(found, z["proxy"])
    row["oversight_cost"] = (
        rules.audit_cost * o["audit"]
        + rules.transparency_cost * o["transparency"]
        + rules.deterrence_cost * o["deterrence"]
    )
    descendants = [sum(agent.lineage == i for agent in agents) for i in range(size)]
    row |= {
        "belief_value": mean([exam.value[b] for b in held]),
        "belief_signal": mean([exam.signal[b] for b in held]),
        "deceptive_share": mean([deceptive(b, exam.value, exam.signal) for b in held]),
        "deceptive_share_signal0": mean([deceptive(b, exam.value, first_signal) for b in held]),
        "schemers": mean(z["schemers"]),
        "questions": len(exam.on_value),
        "effective_founders": 1 / math.fsum((n / size) ** 2 for n in descendants),
        "founders_left": sum(n > 0 for n in descendants),
        "corr_proxy_true": correlation(z["proxy"], z["true_value"]),
        "corr_proxy_deployed": correlation(z["proxy"], deployed),
        "corr_schemer_proxy": correlation(z["schemers"], z["proxy"]),
    }
    for index, name in enumerate(landscape.clusters):
        row[f"share_{name}"] = mean([landscape.cluster[b] == index for b in held])
    row["held_out"] = row["visible_gap"] = NULL
    questions = spec.battery.held_out
    if questions > 0:
        on_signal = [False] * questions
        apart = [
            score(agent.beliefs, exam.held_out, exam.value, exam.signal, on_signal)[0]
            for agent in agents
        ]
        row["held_out"] = mean(apart)
        row["visible_gap"] = row["proxy"] - row["held_out"]
    row |= diversity(agents, exam, spec.record.prevalence)
    if not held:  # a trait population has no beliefs to measure
        of_beliefs = [*diversity(agents, exam, spec.record.prevalence), *OF_BELIEFS]
        clusters = [f"share_{name}" for name in landscape.clusters]
        row |= dict.fromkeys([*of_beliefs, *clusters], NULL)
    return row


OF_BELIEFS = (
    "belief_value",
    "belief_signal",
    "deceptive_share",
    "deceptive_share_signal0",
    "questions",
    "held_out",
    "visible_gap",
)


COUNTED_AFTER = (
    "fixed_beliefs",
    "fixed_deceptive_beliefs",
    "prevalent_beliefs",
    "lost_beliefs",
    "unique_genomes",
)
"""Final measures that are counted once more after the last reproduction."""

PRICED = ("true_value", "deceptive_share", "schemers")
PRICE_TERMS = [
    f"price_{name}_{term}"
    for name in PRICED
    for term in ("selection", "drift", "transmission", "environment", "selection_realised")
]


def price(
    z: dict[str, list[float]],
    p: list[float] | None,
    parents: list[tuple[int, ...]],
    allele_parents: list[tuple[int, ...]],
    born: dict[str, list[float]],
    now: dict[str, list[float]],
) -> dict[str, float]:
    """Return the Price equation's terms: z of the parents, of their newborn, and after changes.

    With w_i offspring of agent i, Δz̄ = Cov(w, z)/w̄ + E[w·Δz]/w̄ and w̄ = 1.
    The first term is split into what was expected, w_i = N·p_i, and the rest,
    where the rule expects anything. A child of two parents is half of each.
    """
    size = len(parents)
    terms = {}
    for name in PRICED:
        families = allele_parents if name == "schemers" else parents
        realised = [0.0] * size
        for family in families:
            for parent in family:
                realised[parent] += 1 / len(family)
        selected = covariance(realised, z[name])
        expected = NULL if p is None else covariance([size * p_i for p_i in p], z[name])
        change = [
            born[name][child] - mean([z[name][parent] for parent in family])
            for child, family in enumerate(families)
        ]
        terms |= {
            f"price_{name}_selection": expected,
            f"price_{name}_drift": selected - expected,
            f"price_{name}_transmission": mean(change),
            f"price_{name}_environment": mean(now[name]) - mean(born[name]),
            f"price_{name}_selection_realised": selected if p is None else NULL,
        }
    return terms


class Crossings:
    """Finds out when a thing fixes, becomes prevalent, ceases to be fixed, or is lost."""

    def __init__(self, prevalence: float) -> None:
        self.prevalence = prevalence
        self.present: set[int] = set()
        self.fixed: set[int] = set()
        self.once_prevalent: set[int] = set()
        self.origin: dict[int, int] = {}

    def note(self, counts: dict[int, int], size: int, generation: int) -> list[tuple[int, str]]:
        """Return (thing, event) for what happened since the last counts."""
        found = []
        for thing in self.present | set(counts):
            count = counts.get(thing, 0)
            if count > 0 and thing not in self.present:
                self.origin[thing] = generation
            if count >= self.prevalence * size - 1e-9 and thing not in self.once_prevalent:
                found.append((thing, "prevalent"))
                self.once_prevalent.add(thing)
            if count == size and thing not in self.fixed:
                found.append((thing, "fixed"))
                self.fixed.add(thing)
            if count < size and thing in self.fixed:
                found.append((thing, "unfixed"))
                self.fixed.remove(thing)
            if count == 0:
                found.append((thing, "lost"))
        self.present = {thing for thing, count in counts.items() if count > 0}
        return found


class Chronicle:
    """Writes down the events of a run, and counts the beliefs that are lost."""

    def __init__(self, prevalence: float) -> None:
        self.beliefs, self.alleles, self.lineages = (Crossings(prevalence) for _ in range(3))
        self.lost = 0

    def note(self, agents: list[Agent], generation: int, exam: Exam, landscape: Any) -> list[tuple]:
        """Return generation, kind, id, event, v, a, deceptive, cluster, origin of each event."""
        size, events = len(agents), []
        for b, event in self.beliefs.note(holders(agents), size, generation):
            if event == "lost":
                self.lost += 1
                continue
            cluster = landscape.clusters[landscape.cluster[b]] if landscape.clusters else None
            labels = exam.value[b], exam.signal[b], deceptive(b, exam.value, exam.signal), cluster
            events.append((generation, "belief", b, event, *labels, self.beliefs.origin[b]))
        nothing = (None, None, None, None, 0)
        for kind, crossings, carried in (
            ("allele", self.alleles, [int(agent.schemer) for agent in agents]),
            ("lineage", self.lineages, [agent.lineage for agent in agents]),
        ):
            counts = {thing: carried.count(thing) for thing in carried}
            for thing, event in crossings.note(counts, size, generation):
                events.append((generation, kind, thing, event, *nothing))
        return events


# ------------------------------------------------------------------ a whole run


def run(spec: Any, seed: int) -> Run:
    """Run all generations of a resolved spec."""
    landscape = spec.landscape.draw(stream(seed, "landscape"))
    beliefs = landscape.size
    visible, held_out = batteries(spec.battery, beliefs, seed)
    exam = Exam(
        landscape.value.tolist(),
        landscape.signal.tolist(),
        visible,
        [False] * spec.battery.questions,
        held_out,
    )
    agents = founders(spec.population, beliefs, seed)
    selection, mutation = stream(seed, "selection"), stream(seed, "mutation")
    recombination, strategy = stream(seed, "recombination"), stream(seed, "strategy")
    growth, conduct = stream(seed, "capability"), stream(seed, "conduct")
    first_level, caught = spec.oversight.level, NULL
    nominal = spec.landscape.rho if spec.landscape.kind == "bivariate" else 0.0
    realised = {part.name: nominal for part in spec.interventions}
    rate = spec.reproduction.mutation_rate
    next_id = len(agents) + 1
    nats = 0.0
    chronicle = Chronicle(spec.record.prevalence)
    result = Run()
    before: tuple | None = None
    for generation in range(spec.generations):
        born = traits(agents, exam, spec)
        for part in spec.interventions:
            if not is_due(part, generation, result.generations):
                continue
            if part.kind == "adaptive_test":
                exam = add_question(part, exam, spec.battery.questions, agents)
            elif part.kind == "set":
                spec = with_setting(spec, part.path, part.value)
            elif part.kind == "responsive_oversight":
                last = result.generations[-1].measures if result.generations else {}
                followed = caught if part.on == "caught" else last.get(part.on, NULL)
                if not math.isnan(followed):
                    level = min(1.0, max(0.0, first_level + part.gain * followed))
                    spec = with_setting(spec, "oversight.level", level)
            else:
                old = realised[part.name]
                realised[part.name] = old + (part.target - old) * part.rate
                exam = improve_signals(part.form, old, realised[part.name], exam)
        z = traits(agents, exam, spec)
        found = assess(agents, z, exam, spec, conduct)
        caught = mean(found["caught"])
        row = measures(agents, z, found, exam, landscape, spec)
        row["selection_nats"] = nats
        row |= price(*before, born, z) if before else dict.fromkeys(PRICE_TERMS, NULL)
        result.events += chronicle.note(agents, generation, exam, landscape)
        row["lost_beliefs"] = chronicle.lost if agents[0].beliefs else NULL
        fitness, removed = found["fitness"], None
        if spec.oversight.sanction == "removal":
            removed = [
                a + b for a, b in zip(found["caught"], found["wrongly_flagged"], strict=True)
            ]
            removed = None if min(removed) >= 1 else removed
        parents, newborn, p = select(spec.selection, spec.control, fitness, selection, removed)
        row["effective_parents"] = 1 / math.fsum(x * x for x in p) if p else NULL
        nats += math.log(len(p)) - math.fsum(-x * math.log(x) for x in p if x > 0) if p else NULL
        result.generations.append(Generation(agents, z["proxy"], z["true_value"], row))
        seconds = [-1] * len(agents)
        if spec.reproduction.recombination_rate > 0:
            drawn = second_parents(spec.selection, spec.control, fitness, recombination, removed)
            merges = recombination.random(len(agents)) < spec.reproduction.recombination_rate
            for slot in range(len(agents)):
                if merges[slot] and newborn[slot]:
                    seconds[slot] = drawn[slot]
        families = [
            (first,) if second < 0 else (first, second)
            for first, second in zip(parents, seconds, strict=True)
        ]
        allele_families = list(families)
        if spec.conduct.allele_assortment > 0:
            drawn = second_parents(spec.selection, spec.control, fitness, strategy, removed)
            assorted = strategy.random(len(agents)) < spec.conduct.allele_assortment
            for slot in range(len(agents)):
                if assorted[slot] and newborn[slot]:
                    allele_families[slot] = (drawn[slot],)
        before = z, p, families, allele_families
        children = [agents[i] for i in parents]
        if spec.reproduction.recombination_rate > 0:
            uniforms = recombination.random((len(agents), 3))
            for slot, second in enumerate(seconds):
                if second >= 0:
                    u = uniforms[slot].tolist()
                    children[slot] = merge(children[slot], agents[second], u, recombination)
        weights = log_weights(spec.reproduction.proposal, exam)
        inherited = [child.beliefs for child, new in zip(children, newborn, strict=True) if new]
        if inherited and inherited[0]:
            genomes = iter(mutate(inherited, rate, beliefs, mutation, weights))
        else:
            genomes = iter(inherited)
        build = spec.reproduction
        nothing = np.zeros(len(agents))
        shifts, growths, flips = nothing, nothing, nothing + 1
        if build.alignment_sd > 0:
            shifts = build.alignment_sd * mutation.standard_normal(len(agents))
        if build.capability_drift != 0 or build.capability_sd > 0:
            noise = growth.standard_normal(len(agents))
            growths = build.capability_drift + build.capability_sd * noise
        if build.strategy_flip_rate > 0:
            flips = strategy.random(len(agents))
        for slot, new in enumerate(newborn):
            if not new:
                continue
            child = children[slot]
            schemer = child.schemer
            if allele_families[slot] != families[slot]:
                schemer = agents[allele_families[slot][0]].schemer
            children[slot] = replace(
                child,
                unique_id=next_id,
                beliefs=next(genomes),
                rho=reflected(child.rho + shifts[slot]),
                capability=min(100.0, max(0.0, child.capability + growths[slot])),
                schemer=schemer != (flips[slot] < build.strategy_flip_rate),
            )
            next_id += 1
        agents = children
    result.events += chronicle.note(agents, spec.generations, exam, landscape)
    counted = diversity(agents, exam, spec.record.prevalence) | {"lost_beliefs": chronicle.lost}
    after = {name: counted[name] if agents[0].beliefs else NULL for name in COUNTED_AFTER}
    result.final = result.generations[-1].measures | after
    return result

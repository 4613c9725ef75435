"""The domains of scalars that have names."""

from __future__ import annotations

import math
from dataclasses import replace

from derive.domains.draws import ATOM, any_size, either_sign, lognormal, normal
from derive.domains.interval import Interval
from derive.domains.stretches import exp, from_one_to_two, logistic, sinh, tanh, turn

INFINITY = math.inf

Real = Interval(
    name="real",
    text="ℝ",
    latex=r"\mathbb{R}",
    lower=-INFINITY,
    upper=INFINITY,
    facts={"real": True},
    typical=normal(2.0),
    wide=either_sign(any_size(-3, 4)),
    extremes=(0.0, 1e-8, -1e-8, 40.0, -40.0, 1e4, -1e4),
    harmless=0.0,
    stretch=sinh,
    demand="finite",
)

# What says whether a tail falls like a power or comes to an end: far below -1 no mass near that end is resolved.
TailIndex = replace(
    Real,
    typical=normal(0.5),
    wide=lambda random: random.uniform(-0.9, 2.0),
    extremes=(0.0, 1e-8, -1e-8, 1.0, -1.0, 10.0),
)

Nonzero = Interval(
    name="nonzero real",
    text="ℝ∖{0}",
    latex=r"\mathbb{R} \setminus \{0\}",
    lower=-INFINITY,
    upper=INFINITY,
    facts={"real": True, "nonzero": True},
    typical=either_sign(lognormal(0.7)),
    wide=either_sign(any_size(-3, 3)),
    extremes=(1.0, -1.0, 1e-4, -1e4),
    harmless=1.0,
    stretch=sinh,
    nonzero=True,
    demand="finite and not zero",
)

Positive = Interval(
    name="positive",
    text="(0, ∞)",
    latex=r"(0, \infty)",
    lower=0.0,
    upper=INFINITY,
    facts={"positive": True},
    typical=lognormal(0.8),
    wide=any_size(-2, 3),
    extremes=(1.0, 1e-8, 1e-3, 1e3, 1e8),
    harmless=1.0,
    stretch=exp,
)

# How closely shares lie around their mean: with far less than one they are all at 0 and 1, where no mass is resolved.
Precision = replace(Positive, wide=any_size(-1, 3))

Nonnegative = Interval(
    name="nonnegative",
    text="[0, ∞)",
    latex=r"[0, \infty)",
    lower=0.0,
    upper=INFINITY,
    facts={"nonnegative": True},
    typical=lognormal(0.8),
    wide=any_size(-2, 3),
    extremes=(1.0, 0.0, 1e-8, 1e8),
    harmless=1.0,
    stretch=exp,
    closed=(True, False),
)

# Counting at zero, Lebesgue's measure beyond: what is mostly nothing, and else an amount.
Semicontinuous = replace(
    Nonnegative,
    name="nonnegative, with an atom at 0",
    typical=lambda random: 0.0 if random.random() < ATOM else lognormal(0.8)(random),
    atoms=(0.0,),
)

BetweenOneAndTwo = Interval(
    name="between one and two",
    text="(1, 2)",
    latex="(1, 2)",
    lower=1.0,
    upper=2.0,
    facts={"positive": True},
    typical=lambda random: random.uniform(1.1, 1.9),
    wide=lambda random: random.uniform(1.02, 1.98),
    extremes=(1.5, 1.001, 1.999),
    harmless=1.5,
    stretch=from_one_to_two,
)

Unit = Interval(
    name="in the unit interval",
    text="[0, 1]",
    latex="[0, 1]",
    lower=0.0,
    upper=1.0,
    facts={"nonnegative": True},
    typical=lambda random: random.uniform(0.02, 0.98),
    wide=lambda random: 1 / (1 + math.exp(random.uniform(-20, 20))),
    extremes=(0.5, 0.0, 1.0, 1e-8, 1 - 1e-8),
    harmless=0.5,
    stretch=logistic,
    closed=(True, True),
)

# Its parameters are drawn nearer to the middle than a share's: no mass of a beta is resolved at a mean of 0.99999.
OpenUnit = replace(
    Unit,
    name="in the open unit interval",
    text="(0, 1)",
    latex="(0, 1)",
    facts={"positive": True},
    wide=lambda random: 1 / (1 + math.exp(random.uniform(-4, 4))),
    extremes=(0.5, 1e-300, 1e-8, 1 - 1e-8),
    closed=(False, False),
)

# A density of angles has the period 2π: it is one over a turn, and any finite angle is an angle.
Angle = Interval(
    name="angle",
    text="(−π, π]",
    latex=r"(-\pi, \pi]",
    lower=-math.pi,
    upper=math.pi,
    facts={"real": True},
    typical=lambda random: random.uniform(-math.pi, math.pi),
    wide=lambda random: random.uniform(-math.pi, math.pi),
    extremes=(1.0, 0.0, 1e-8, -1e-8, 3.14159, -3.14159, math.pi),
    harmless=0.0,
    stretch=turn,
    closed=(False, True),
    accepted=Real,
)

Share = replace(
    Unit,
    name="share",
    text="(0, 1]",
    latex="(0, 1]",
    facts={"positive": True},
    extremes=(0.5, 1.0, 1e-300, 1 - 1e-8),
    closed=(False, True),
)

SignedUnit = Interval(
    name="between -1 and 1",
    text="(−1, 1)",
    latex="(-1, 1)",
    lower=-1.0,
    upper=1.0,
    facts={"real": True},
    typical=lambda random: random.uniform(-0.98, 0.98),
    wide=lambda random: math.tanh(random.uniform(-10, 10)),
    extremes=(0.0, 1e-8, -1e-8, 1 - 1e-8, 1e-8 - 1),
    harmless=0.0,
    stretch=tanh,
)

Binary = Interval(
    name="binary",
    text="{0, 1}",
    latex=r"\{0, 1\}",
    lower=0.0,
    upper=1.0,
    facts={"nonnegative": True},
    typical=lambda random: float(random.randrange(2)),
    wide=lambda random: float(random.randrange(2)),
    extremes=(0.0, 1.0),
    harmless=0.0,
    closed=(True, True),
    integer=True,
    accepted=Unit,
)

Count = Interval(
    name="count",
    text="{0, 1, 2, …}",
    latex=r"\{0, 1, 2, \dots\}",
    lower=0.0,
    upper=INFINITY,
    facts={"integer": True, "nonnegative": True},
    typical=lambda random: float(random.randrange(12)),
    wide=lambda random: float(random.randrange(1000)),
    extremes=(1.0, 0.0, 1000.0),
    harmless=1.0,
    closed=(True, False),
    integer=True,
    demand="a count: 0, 1, 2, ...",
)

Whole = Interval(
    name="whole number",
    text="{…, −1, 0, 1, …}",
    latex=r"\{\dots, -1, 0, 1, \dots\}",
    lower=-INFINITY,
    upper=INFINITY,
    facts={"integer": True},
    typical=lambda random: float(random.randrange(-6, 7)),
    wide=lambda random: float(random.randrange(-1000, 1000)),
    extremes=(0.0, 1.0, -1.0, 1000.0, -1000.0),
    harmless=0.0,
    integer=True,
    demand="a whole number",
)

PositiveCount = replace(
    Count,
    name="positive count",
    text="{1, 2, 3, …}",
    latex=r"\{1, 2, 3, \dots\}",
    lower=1.0,
    facts={"integer": True, "positive": True},
    typical=lambda random: float(random.randrange(1, 12)),
    wide=lambda random: float(random.randrange(1, 1000)),
    extremes=(1.0, 2.0, 1000.0),
    demand="a positive count: 1, 2, 3, ...",
)

Rank = replace(
    Count,
    name="rank",
    text="{0, …, K}",
    latex=r"\{0, \dots, K\}",
    typical=lambda random: float(random.randrange(4)),
    wide=lambda random: float(random.randrange(100)),
    extremes=(0.0, 1.0),
    demand="a rank: 0, 1, ..., K beside vectors of K entries",
    size="K",
)

Position = Interval(
    name="index",
    text="{1, …, K}",
    latex=r"\{1, \dots, K\}",
    lower=1.0,
    upper=INFINITY,
    facts={"integer": True, "positive": True},
    typical=lambda random: float(random.randrange(1, 4)),
    wide=lambda random: float(random.randrange(1, 100)),
    extremes=(1.0,),
    harmless=1.0,
    closed=(True, False),
    integer=True,
)

"""Words of increasing cut points z₁ < … < z_K, which part a line into K + 1 pieces; z₀ = −∞ and z_{K+1} = ∞."""

from dataclasses import replace
from typing import Any

from derive.domains import Increasing, Position, Rank, Real, Unit, Vector
from derive.heads import word
from derive.words.elementary import exp, log, sigmoid
from derive.words.normal import normal_cdf, normal_cdf_difference
from derive.words.symbols import delta, k, last, total

# The real line with both its ends.
EXTENDED = replace(Real, closed=(True, True))


def _chosen(z: Any, m: Any) -> Any:
    """The entry z_m, and 0 where there is none: its meaning names no entry, so that m may be data."""
    return total(delta(m, k) * z[k], k)


@word(
    text="{entry}",
    latex="{entry}",
    numpy="_cut_point({0}, {1})",
    torch="_cut_point({0}, {1})",
    derivatives=(lambda z, m, j: at_cut_point(z, m, j),),
    along=lambda z, m, v: entry_or_zero(v, m),
)
def cut_point(z: Increasing, m: Rank) -> EXTENDED:
    """The cut point z_m, −∞ before the first and ∞ behind the last."""
    return _chosen(z, m) + log(1 - delta(m, 0)) - log(1 - delta(m, last + 1))


@word(
    text="[{2} = {1}]",
    latex=r"\left[{2} = {1}\right]",
    numpy="_at_cut_point({0}, {1})",
    torch="_at_cut_point({0}, {1})",
    derivatives=(lambda z, m, k, j: 0,),
    along=lambda z, m, k, v: 0,
)
def at_cut_point(z: Increasing, m: Rank, k: Position) -> Real:
    """1 at the place m of the vector and 0 at all others: the derivative of z_m."""
    return delta(m, k)


@word(
    text="{entry}",
    latex="{entry}",
    numpy="_entry_or_zero({0}, {1})",
    torch="_entry_or_zero({0}, {1})",
)
def entry_or_zero(z: Vector, m: Rank) -> Real:
    """The entry z_m, 0 before the first and behind the last: how z_m changes when z does."""
    return _chosen(z, m)


@word(
    text="sigmoid({entry} − {2:factor})",
    latex=r"\operatorname{{sigmoid}}({entry} - {2:factor})",
    numpy="special.expit(_cut_point({0}, {1}) - {2:factor})",
    torch="torch.sigmoid(_cut_point({0}, {1}) - {2:factor})",
)
def sigmoid_of_cut_point(z: Increasing, m: Rank, a: Real) -> Unit:
    """The probability sigmoid(z_m − a) that a logistic variable around a lies below z_m."""
    return total(delta(m, k) * sigmoid(z[k] - a), k) + delta(m, last + 1)


@word(
    text="sigmoid({2} − {entry})",
    latex=r"\operatorname{{sigmoid}}({2} - {entry})",
    numpy="special.expit({2} - _cut_point({0}, {1}))",
    torch="torch.sigmoid({2} - _cut_point({0}, {1}))",
)
def sigmoid_over_cut_point(z: Increasing, m: Rank, a: Real) -> Unit:
    """The probability sigmoid(a − z_m) that a logistic variable around a lies above z_m."""
    return total(delta(m, k) * sigmoid(a - z[k]), k) + delta(m, 0)


@word(
    text="[Φ({next} − {2:factor}) − Φ({entry} − {2:factor})]",
    latex=r"\left[\Phi({next} - {2:factor}) - \Phi({entry} - {2:factor})\right]",
    numpy="(special.ndtr(_cut_point({0}, {1} + 1) - {2:factor}) - special.ndtr(_cut_point({0}, {1}) - {2:factor}))",
    torch=(
        "((torch.erfc(({2} - _cut_point({0}, {1} + 1)) / math.sqrt(2))"
        " - torch.erfc(({2} - _cut_point({0}, {1})) / math.sqrt(2))) / 2)"
    ),
)
def normal_probability_between_cut_points(z: Increasing, m: Rank, a: Real) -> Unit:
    """The probability Φ(z_{m+1} − a) − Φ(z_m − a) that a normal variable around a lies between the two."""
    inside = normal_cdf_difference(_chosen(z, m), _chosen(z, m + 1), a)
    ends = delta(m, 0) * normal_cdf(z[1] - a) + delta(m, last) * normal_cdf(a - z[last])
    return (1 - delta(m, 0)) * (1 - delta(m, last)) * inside + ends


@word(
    text="e^({entry} − {next})",
    latex="e^{{{entry} - {next}}}",
    numpy="np.exp(_cut_point({0}, {1}) - _cut_point({0}, {1} + 1))",
    torch="torch.exp(_cut_point({0}, {1}) - _cut_point({0}, {1} + 1))",
)
def exp_of_gap(z: Increasing, m: Rank) -> Unit:
    """exp(z_m − z_{m+1}), 0 where one of the two is infinite."""
    return (1 - delta(m, 0)) * (1 - delta(m, last)) * exp(_chosen(z, m) - _chosen(z, m + 1))

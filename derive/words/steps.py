"""Words of cut points that are summed from steps: c₁ = z₁ and c_k = c_{k−1} + exp(z_k); c₀ = −∞ and c_{K+1} = ∞."""

from typing import Any

from derive.domains import Nonnegative, Position, Rank, Real, Vector
from derive.heads import Level, word
from derive.words.cut_points import EXTENDED
from derive.words.elementary import exp, log, sign
from derive.words.symbols import delta, half, k, last, total, total_between
from derive.words.symbols import m as n


def _step(z: Any, j: Any) -> Any:
    """What the j-th entry of z moves c_j and all behind it by, where it is moved: its derivative."""
    return delta(j, 1) + (1 - delta(j, 1)) * exp(z[j])


def _up_to(m: Any, j: Any) -> Any:
    """1 at the places j up to m, else 0."""
    return (1 + sign(m - j + half())) / 2


@word(
    text="ord({0})[{1}]",
    latex=r"\operatorname{{ord}}({0})_{{{1}}}",
    numpy="_ordered({0})",
    torch="_ordered({0})",
)
def ordered(z: Vector, k: Position) -> Real:
    """z₁ + exp(z₂) + … + exp(z_k), which is greater than the entry before."""
    return z[1] + total_between(exp(z[n]), n, 2, k)


@word(
    text="ord({0})[{1}]",
    latex=r"\operatorname{{ord}}({0})_{{{1}}}",
    numpy="_cut_point(_ordered({0}), {1})",
    torch="_cut_point(_ordered({0}), {1})",
    derivatives=(lambda z, m, j: ordered_slope(z, m, j),),
    along=lambda z, m, v: total(ordered_slope(z, m, k) * v[k], k),
)
def ordered_cut_point(z: Vector, m: Rank) -> EXTENDED:
    """The cut point c_m, −∞ before the first and ∞ behind the last."""
    chosen = total(delta(m, k) * ordered(z, k), k)
    return chosen + log(1 - delta(m, 0)) - log(1 - delta(m, last + 1))


@word(
    text="∂{2:index} ord({0})[{1}]",
    latex=r"\partial_{{{2}}} \operatorname{{ord}}({0})_{{{1}}}",
    numpy="_ordered_slope({0}, {1})",
    torch="_ordered_slope({0}, {1})",
    derivatives=(lambda z, m, k, j: delta(k, j) * ordered_curvature(z, m, j),),
    along=lambda z, m, k, v: ordered_curvature(z, m, k) * v[k],
)
def ordered_slope(z: Vector, m: Rank, k: Position) -> Nonnegative:
    """The derivative of c_m in z_k: 0 behind m, 1 for the first place, else exp(z_k)."""
    return _up_to(m, k) * _step(z, k)


@word(
    text="∂{2:index}² ord({0})[{1}]",
    latex=r"\partial_{{{2}}}^2 \operatorname{{ord}}({0})_{{{1}}}",
    numpy="_ordered_curvature({0}, {1})",
    torch="_ordered_curvature({0}, {1})",
)
def ordered_curvature(z: Vector, m: Rank, k: Position) -> Nonnegative:
    """The second derivative of c_m in z_k: that in two different entries is 0."""
    return _up_to(m, k) * (1 - delta(k, 1)) * exp(z[k])


@word(
    text="(∂{3:index} ord({0})[{2}] − ∂{3:index} ord({0})[{1}])",
    latex=r"\left(\partial_{{{3}}} \operatorname{{ord}}({0})_{{{2}}} - \partial_{{{3}}} \operatorname{{ord}}({0})_{{{1}}}\right)",
    numpy="_ordered_slope_between({0}, {1}, {2})",
    torch="_ordered_slope_between({0}, {1}, {2})",
    derivatives=(lambda z, a, b, k, j: delta(k, j) * ordered_curvature_between(z, a, b, j),),
    along=lambda z, a, b, k, v: ordered_curvature_between(z, a, b, k) * v[k],
)
def ordered_slope_between(z: Vector, a: Rank, b: Rank, k: Position) -> Real:
    """The derivative of c_b − c_a in z_k: 0 where that moves both alike."""
    return (_up_to(b, k) - _up_to(a, k)) * _step(z, k)


@word(
    text="(∂{3:index}² ord({0})[{2}] − ∂{3:index}² ord({0})[{1}])",
    latex=r"\left(\partial_{{{3}}}^2 \operatorname{{ord}}({0})_{{{2}}} - \partial_{{{3}}}^2 \operatorname{{ord}}({0})_{{{1}}}\right)",
    numpy="_ordered_curvature_between({0}, {1}, {2})",
    torch="_ordered_curvature_between({0}, {1}, {2})",
)
def ordered_curvature_between(z: Vector, a: Rank, b: Rank, k: Position) -> Real:
    """The second derivative of c_b − c_a in z_k."""
    return (_up_to(b, k) - _up_to(a, k)) * (1 - delta(k, 1)) * exp(z[k])


@word(
    text="ord({0})[max({1}, 1)]",
    latex=r"\operatorname{{ord}}({0})_{{\max({1},\, 1)}}",
    numpy="_nearest_ordered({0}, {1})",
    torch="_nearest_ordered({0}, {1})",
    derivatives=(lambda z, m, j: nearest_ordered_slope(z, m, j),),
    along=lambda z, m, v: total(nearest_ordered_slope(z, m, k) * v[k], k),
)
def nearest_ordered_cut_point(z: Vector, m: Rank) -> Real:
    """The cut point c_m, and c₁ instead of c₀: an end of the piece from c_m to c_{m+1} that is finite."""
    return total(delta(m, k) * ordered(z, k), k) + delta(m, 0) * ordered(z, 1)


@word(
    text="∂{2:index} ord({0})[max({1}, 1)]",
    latex=r"\partial_{{{2}}} \operatorname{{ord}}({0})_{{\max({1},\, 1)}}",
    numpy="_nearest_ordered_slope({0}, {1})",
    torch="_nearest_ordered_slope({0}, {1})",
    derivatives=(lambda z, m, k, j: delta(k, j) * ordered_curvature(z, m, j),),
    along=lambda z, m, k, v: ordered_curvature(z, m, k) * v[k],
)
def nearest_ordered_slope(z: Vector, m: Rank, k: Position) -> Nonnegative:
    """The derivative of that in z_k."""
    return _up_to(m, k) * _step(z, k) + delta(m, 0) * delta(k, 1)


@word(
    text="(ord({0})[{1}] − ord({0})[max({1}, 1)])",
    latex=r"\left(\operatorname{{ord}}({0})_{{{1}}} - \operatorname{{ord}}({0})_{{\max({1},\, 1)}}\right)",
    numpy="_ordered_below({0}, {1})",
    torch="_ordered_below({0}, {1})",
    derivatives=(lambda z, m, j: 0,),
    along=lambda z, m, v: 0,
)
def ordered_below(z: Vector, m: Rank) -> EXTENDED:
    """The cut point c_m less the finite one: 0, or −∞ where c_m is."""
    return log(1 - delta(m, 0))


@word(
    text="(ord({0})[{1} + 1] − ord({0})[max({1}, 1)])",
    latex=r"\left(\operatorname{{ord}}({0})_{{{1} + 1}} - \operatorname{{ord}}({0})_{{\max({1},\, 1)}}\right)",
    numpy="_ordered_above({0}, {1})",
    torch="_ordered_above({0}, {1})",
    derivatives=(lambda z, m, j: ordered_above_slope(z, m, j),),
    along=lambda z, m, v: total(ordered_above_slope(z, m, k) * v[k], k),
)
def ordered_above(z: Vector, m: Rank) -> EXTENDED:
    """The cut point c_{m+1} less the finite one: the step exp(z_{m+1}), 0 before the first and ∞ behind the last."""
    return total(_at_step(z, m, k, exp(z[k])), k) - log(1 - delta(m, last))


@word(
    text="[{2} = {1} + 1 > 1] e^{next}",
    latex=r"\left[{2} = {1} + 1 > 1\right] e^{{{next}}}",
    numpy="_ordered_above_slope({0}, {1})",
    torch="_ordered_above_slope({0}, {1})",
    derivatives=(lambda z, m, k, j: delta(k, j) * ordered_above_slope(z, m, j),),
    along=lambda z, m, k, v: ordered_above_slope(z, m, k) * v[k],
)
def ordered_above_slope(z: Vector, m: Rank, k: Position) -> Nonnegative:
    """The derivative of that in z_k, exp(z_k) at the place m + 1 > 1 and 0 at all others."""
    return _at_step(z, m, k, exp(z[k]))


def _at_step(z: Any, m: Any, j: Any, value: Any) -> Any:
    """A value of the step's own entry z_{m+1}, 0 where c_m or c_{m+1} is infinite."""
    return delta(m + 1, j) * (1 - delta(m, 0)) * value


@word(
    text=("log(1 − e^−(e^{next}))", Level.FUNCTION),
    latex=(r"\log\left(1 - e^{{-e^{{{next}}}}}\right)", Level.FUNCTION),
    numpy="_log_step_probability({0}, {1})",
    torch="_log_step_probability({0}, {1})",
    derivatives=(lambda z, m, j: log_step_probability_slope(z, m, j),),
    along=lambda z, m, v: total(log_step_probability_slope(z, m, k) * v[k], k),
)
def log_step_probability(z: Vector, m: Rank) -> Real:
    """log(1 − e⁻ᵃ) of the step a = exp(z_{m+1}) from c_m to c_{m+1}, 0 where one of the two is infinite."""
    return total(_at_step(z, m, k, log(1 - exp(-exp(z[k])))), k)


@word(
    text="[{2} = {1} + 1 > 1] e^{next}/expm1(e^{next})",
    latex=r"\left[{2} = {1} + 1 > 1\right] \frac{{e^{{{next}}}}}{{\operatorname{{expm1}}(e^{{{next}}})}}",
    numpy="_log_step_probability_slope({0}, {1})",
    torch="_log_step_probability_slope({0}, {1})",
    derivatives=(lambda z, m, k, j: delta(k, j) * log_step_probability_curvature(z, m, j),),
    along=lambda z, m, k, v: log_step_probability_curvature(z, m, k) * v[k],
)
def log_step_probability_slope(z: Vector, m: Rank, k: Position) -> Nonnegative:
    """The derivative of that in z_k, a/(eᵃ − 1) at the place m + 1 and 0 at all others."""
    return _at_step(z, m, k, exp(z[k]) / (exp(exp(z[k])) - 1))


@word(
    text="[{2} = {1} + 1 > 1] [e^{next}/expm1(e^{next})]′",
    latex=r"\left[{2} = {1} + 1 > 1\right] \left(\frac{{e^{{{next}}}}}{{\operatorname{{expm1}}(e^{{{next}}})}}\right)'",
    numpy="_log_step_probability_curvature({0}, {1})",
    torch="_log_step_probability_curvature({0}, {1})",
)
def log_step_probability_curvature(z: Vector, m: Rank, k: Position) -> Real:
    """The second derivative of that in z_k, near −a/2 for small a, where its two terms cancel."""
    slope = exp(z[k]) / (exp(exp(z[k])) - 1)
    return _at_step(z, m, k, slope * (1 - exp(z[k]) / (1 - exp(-exp(z[k])))))

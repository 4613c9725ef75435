"""Exponentials and logarithms over the classes, which lie along the last axis."""

import torch


def _largest(z):
    """Where a largest entry stands along the last axis, and how small the others are beside it.

    Gives the largest entry m, its position, exp(z - m), and the sum S of exp(z - m) without that
    entry. The words below take it from those who have it already.
    """
    top, position = torch.max(z, dim=-1, keepdim=True)
    weight = torch.exp(z - torch.where(torch.isneginf(top), 0.0, top))
    return top, position, weight, torch.sum(weight.scatter(-1, position, 0.0), dim=-1, keepdim=True)


def _log_sum_exp(z, largest=None):
    """The logarithm of sum_k exp(z_k) along the last axis.

    It is m + log1p(S), with m a largest entry and S the sum of exp(z_l - m) over the others.

    Measured beyond conditioning: at most 1.5 ulp in float64, 1.5 in float32.
    """
    top, _, _, rest = largest or _largest(z)
    return (top + torch.log1p(rest))[..., 0]


def _log_sum_exp_difference(z, largest=None):
    """The difference log sum_l exp(z_l) - z_k for every k of the last axis.

    It is (m - z_k) + log1p(S), with m a largest entry and S the sum of exp(z_l - m) over the
    others, so it is exact at the largest entry too.

    Measured beyond conditioning: at most 1.5 ulp in float64, 1.5 in float32.
    """
    top, _, _, rest = largest or _largest(z)
    return (top - z) + torch.log1p(rest)


def _softmax(z, largest=None):
    """The quotient exp(z_k) / sum_l exp(z_l) for every k of the last axis.

    Measured beyond conditioning: at most 3 ulp in float64, 3 in float32.
    """
    _, _, weight, rest = largest or _largest(z)
    return weight / (1.0 + rest)


def _softmax_complement(z, largest=None):
    """One minus the softmax of z along the last axis.

    It is S/(1 + S) at the largest entry, with S the sum of exp(z_l - m) over the others, whose own
    softmax is at most 1/2.

    Measured beyond conditioning: at most 1.5 ulp in float64, 1.5 in float32.
    """
    _, position, weight, rest = largest or _largest(z)
    total = 1.0 + rest
    return (1.0 - weight / total).scatter(-1, position, rest / total)


def _softmax_deviation(z, v, largest=None):
    """The deviation v_k - sum_l softmax(z)_l v_l for every k of the last axis.

    Everything is taken from v at the largest entry of z, so nothing is lost where the softmax
    rounds to 1 there.

    Measured beside what one ulp in each entry of z and of v explains: an error of at most
    5 times that in float64, 8 times in float32.
    """
    _, position, weight, rest = largest or _largest(z)
    v = v - torch.gather(v, -1, position)
    return v - torch.sum(weight * v, dim=-1, keepdim=True) / (1.0 + rest)

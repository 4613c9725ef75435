"""Entries of a vector that data choose; the places run from 1 to K, and there is one more at either end."""

import numpy as np


def _chosen(z, m, before, behind):
    """The m-th entry of z along the last axis, `before` at m = 0 and `behind` at m = K + 1; nan where m is."""
    ends = np.ones_like(z[..., :1])
    z = np.concatenate([before * ends, z, behind * ends], axis=-1)
    shape = np.broadcast_shapes(z.shape[:-1], np.shape(m))
    place = np.broadcast_to(np.clip(np.where(np.isnan(m), 0, m), 0, z.shape[-1] - 1), shape).astype(np.intp)
    chosen = np.take_along_axis(np.broadcast_to(z, (*shape, z.shape[-1])), place[..., None], axis=-1)[..., 0]
    return np.where(np.isnan(m), np.nan, chosen).astype(z.dtype)


def _cut_point(z, m):
    """The cut point z_m, minus infinity before the first and infinity behind the last."""
    return _chosen(z, m, -np.inf, np.inf)


def _entry_or_zero(z, m):
    """The entry z_m, zero before the first and behind the last."""
    return _chosen(z, m, 0, 0)


def _at_cut_point(z, m):
    """One at the place m of the last axis of z, zero at all others."""
    return (np.arange(1, z.shape[-1] + 1) == np.asarray(m)[..., None]).astype(z.dtype)


def _ordered(z):
    """The sums z_1 + exp(z_2) + ... + exp(z_k) for every k of the last axis."""
    return np.cumsum(np.concatenate([z[..., :1], np.exp(z[..., 1:])], axis=-1), axis=-1, dtype=z.dtype)


def _each_step(z):
    """What the sums have as derivatives: 1 in the first entry of the last axis, exp(z_k) in another."""
    return np.concatenate([np.ones_like(z[..., :1]), np.exp(z[..., 1:])], axis=-1)


def _each_step_but_first(z):
    """What the sums have as second derivatives: 0 in the first entry of the last axis, exp(z_k) in another."""
    return np.concatenate([np.zeros_like(z[..., :1]), np.exp(z[..., 1:])], axis=-1)


def _up_to(z, m):
    """One up to the place m of the last axis of z, zero behind."""
    return (np.arange(1, z.shape[-1] + 1) <= np.asarray(m)[..., None]).astype(z.dtype)


def _ordered_slope(z, m):
    """The derivatives of the m-th sum in the entries of z, zero behind m."""
    return _up_to(z, m) * _each_step(z)


def _ordered_curvature(z, m):
    """The second derivatives of the m-th sum in the entries of z, zero in the first and behind m."""
    return _up_to(z, m) * _each_step_but_first(z)


def _ordered_slope_between(z, a, b):
    """The derivatives of the b-th sum less the a-th in the entries of z."""
    return (_up_to(z, b) - _up_to(z, a)) * _each_step(z)


def _ordered_curvature_between(z, a, b):
    """The second derivatives of the b-th sum less the a-th in the entries of z."""
    return (_up_to(z, b) - _up_to(z, a)) * _each_step_but_first(z)


def _log_step(z, m):
    """The entry m + 1 of z, the logarithm of a step, infinite at m = 0 and behind the last."""
    return np.where(np.asarray(m) == 0, z.dtype.type(np.inf), _chosen(z, m + 1, -np.inf, np.inf))


def _at_step(z, m):
    """One at the place m + 1 > 1 of the last axis of z, zero at all others."""
    return _at_cut_point(z, m + 1) * (np.asarray(m) != 0)[..., None].astype(z.dtype)


def _nearest_ordered(z, m):
    """The m-th of the sums above, and the first for m = 0."""
    return _entry_or_zero(_ordered(z), np.maximum(m, 1))


def _nearest_ordered_slope(z, m):
    """The derivatives of that in the entries of z."""
    return _ordered_slope(z, np.maximum(m, 1))


def _ordered_below(z, m):
    """The m-th sum less the nearest one: zero, and minus infinity for m = 0."""
    return np.where(np.asarray(m) == 0, z.dtype.type(-np.inf), z.dtype.type(0))


def _ordered_above(z, m):
    """The sum behind the m-th less the nearest one: a step, zero for m = 0 and infinity behind the last."""
    return np.where(np.asarray(m) == 0, z.dtype.type(0), np.exp(_chosen(z, m + 1, -np.inf, np.inf)))


def _ordered_above_slope(z, m):
    """The derivatives of that in the entries of z."""
    return _at_step(z, m) * np.exp(z)


def _log_step_probability(z, m):
    """The logarithm of 1 - exp(-a) of the step a = exp(z_(m+1)), zero at m = 0 and behind the last."""
    return _log_inverse_cloglog(_log_step(z, m))


def _log_step_probability_slope(z, m):
    """The derivatives of that in the entries of z."""
    return _at_step(z, m) * _log_inverse_cloglog_slope(_log_step(z, m))[..., None]


def _log_step_probability_curvature(z, m):
    """The second derivatives of that in the entries of z."""
    return _at_step(z, m) * _log_inverse_cloglog_curvature(_log_step(z, m))[..., None]

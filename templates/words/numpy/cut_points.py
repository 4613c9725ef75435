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

"""Entries of a vector that data choose; the places run from 1 to K, and there is one more at either end."""

import math

import torch


def _chosen(z, m, before, behind):
    """The m-th entry of z along the last axis, `before` at m = 0 and `behind` at m = K + 1; nan where m is."""
    ends = torch.ones_like(z[..., :1])
    z = torch.cat([before * ends, z, behind * ends], dim=-1)
    place = torch.clamp(torch.where(m.isnan(), 0, m), 0, z.shape[-1] - 1).long()
    return torch.where(m.isnan(), math.nan, torch.gather(z, -1, place[..., None])[..., 0])


def _cut_point(z, m):
    """The cut point z_m, minus infinity before the first and infinity behind the last."""
    return _chosen(z, m, -math.inf, math.inf)


def _entry_or_zero(z, m):
    """The entry z_m, zero before the first and behind the last."""
    return _chosen(z, m, 0, 0)


def _at_cut_point(z, m):
    """One at the place m of the last axis of z, zero at all others."""
    return (torch.arange(1, z.shape[-1] + 1, device=z.device) == m[..., None]).to(z.dtype)

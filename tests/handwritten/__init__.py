"""Losses as a practitioner writes them by hand, with their derivatives, one module per family.

Nothing here is derived or generated: every formula was typed from the literature named in its docstring,
so that it can stand as independent evidence. A variant ``<slug>`` is two functions of NumPy arrays,

* ``<slug>(y, *predictors, *known)``, the loss of each sample, unreduced, without the constant terms and
  the constant factor that minimisation ignores,
* ``<slug>_gradient(y, *predictors, *known)``, the tuple of its partial derivatives with respect to the
  learned predictors, in the order of the arguments.

Famous libraries' versions of the same losses are rows of the densities (`counterparts`).
"""

from importlib import import_module

FAMILIES = {
    "normal": (
        "normal",
        "normal_fix_sigma",
        "normal_fix_sigma_1",
        "normal_fix_sigma_i",
        "normal_link_sigma_exp",
        "normal_shared_mu_sigma",
    ),
    "normal_variance": ("normal_variance", "normal_variance_link_variance_square"),
    "laplace": ("laplace", "laplace_fix_b"),
    "student_t": ("student_t", "student_t_fix_nu"),
    "beta": ("beta",),
    "bernoulli": ("bernoulli", "bernoulli_link_p_sigmoid"),
    "poisson": ("poisson_link_rate_exp",),
    "categorical": ("categorical", "categorical_link_p_softmax"),
}
"""The variants' slugs, by the module that holds them."""


def find(slug):
    """Return the hand-written pair (loss, gradient) of the variant named `slug`, or None."""
    for family, slugs in FAMILIES.items():
        if slug in slugs:
            module = import_module(f"{__name__}.{family}")
            return getattr(module, slug), getattr(module, f"{slug}_gradient")
    return None

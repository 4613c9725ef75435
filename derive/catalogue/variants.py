"""What is generated and verified: catalogue rows with the options people ask for.

A row says what a person would type: `("normal", {"fix": "sigma"})` is `derive normal --fix sigma`.
"""

from collections.abc import Mapping

VARIANTS: tuple[tuple[str, Mapping[str, str]], ...] = (
    ("normal", {}),
    ("normal", {"fix": "sigma"}),
    ("normal", {"fix": "sigma=1"}),
    ("normal", {"fix": "sigma[i]"}),
    ("normal", {"link": "sigma=exp"}),
    ("normal", {"shared": "mu,sigma"}),
    ("normal_variance", {}),
    ("normal_variance", {"link": "variance=square"}),
    ("laplace", {}),
    ("laplace", {"fix": "b"}),
    ("student_t", {}),
    ("student_t", {"fix": "nu"}),
    ("beta", {}),
    ("bernoulli", {}),
    ("bernoulli", {"link": "p=sigmoid"}),
    ("poisson", {"link": "rate=exp"}),
    ("categorical", {}),
    ("categorical", {"link": "p=softmax"}),
)

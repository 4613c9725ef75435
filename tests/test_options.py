"""Options beyond the generated rows: every module that can be asked for runs, and the libraries agree."""

import numpy as np
import pytest

import derive
from derive.accuracy import CLASSES, arrays, ordered, points
from derive.catalogue import CATALOGUE
from derive.request import fitting_links

ASKED = [
    (name, {"link": {parameter: link.name}})
    for name, row in CATALOGUE.items()
    for parameter, domain in row.parameters.items()
    for link in fitting_links(domain)
] + [
    ("beta", {"fix": {"a": 2}}),
    ("beta", {"fix": {"b": 2.5}, "link": {"a": "exp"}}),
    ("student_t", {"fix": {"nu": 3}, "link": {"sigma": "exp"}}),
    ("student_t", {"fix": {"mu": 0, "sigma": 1}, "link": {"nu": "exp"}}),
    ("normal", {"fix": {"mu": "-1/2"}}),
]


@pytest.mark.parametrize(("name", "options"), ASKED, ids=str)
def test_torch_and_numpy_agree(name, options):
    """Value and gradient of the two generated modules are the same at ordinary points."""
    torch = pytest.importorskip("torch")
    derived = derive.derive(name, **options)
    given = ordered(derived, arrays(derived, points(derived, 5, "float64"), "float64"))
    value, slopes = derived.load("numpy").loss_and_gradient(*given, reduction="none")
    tensors = [torch.tensor(array) for array in given]
    leaves = tensors[1 : 1 + len(derived.learned)]
    for leaf in leaves:
        leaf.requires_grad_()
    loss = derived.load("torch").loss(*tensors[1:], tensors[0], reduction="none")
    np.testing.assert_allclose(loss.detach().numpy(), value, rtol=1e-11, atol=1e-13)
    for one, other in zip(torch.autograd.grad(loss.sum(), leaves), slopes, strict=True):
        np.testing.assert_allclose(one.numpy(), np.broadcast_to(other, one.shape), rtol=1e-9, atol=1e-12)


def test_class_indices_meet_shared_logits():
    """One vector of logits serves every sample, and an index each."""
    torch = pytest.importorskip("torch")
    derived = derive.derive("categorical", shared="p", link={"p": "softmax"})
    logits, index = np.linspace(-1.0, 0.5, CLASSES), np.array([0, 2, 1, 1])
    ours = derived.load("numpy").loss_from_index(index, logits)
    theirs = derived.load("torch").loss_from_index(torch.tensor(logits), torch.tensor(index))
    assert abs(float(ours) - float(theirs)) < 1e-14

"""A computation may overwrite its own temporaries, and nothing else; the bits stay."""

import pytest

from derive.modules.pasted import sharing
from derive.modules.temporaries import overwriting

torch = pytest.importorskip("torch")

PROGRAMS = [  # assignments, results, and how they are written
    ([], ["(y - m) * m"], ["(y - m).mul_(m)"]),
    ([], ["m * (y - m)"], ["(y - m).mul_(m)"]),
    ([], ["y - torch.exp(m)"], ["torch.exp(m).neg_().add_(y)"]),
    ([], ["y / torch.exp(m)"], ["y / torch.exp(m)"]),
    ([], ["torch.exp(-m) ** 2"], ["(-m).exp_()**2"]),
    ([("a", "y - m")], ["a * y", "-a"], ["a * y", "a.neg_()"]),
    ([("a", "y - m")], ["a * torch.exp(a)", "y"], ["torch.exp(a).mul_(a)", "torch.clone(y)"]),
    ([("a", "y - m")], ["a", "a * 2"], ["a", "a * 2"]),
    ([("a", "y - m")], ["a", "a", "2"], ["a", "torch.clone(a)", "torch.full_like(y, 2)"]),
    ([("a", "y")], ["a + m"], ["a + m"]),
    ([("a", "y - m")], ["a[..., None] * y"], ["a[..., None] * y"]),
    (
        [],
        ["(y.shape[-1] - 1) / m", "(y.shape[-1] - 1) * torch.exp(m)"],
        ["(y.shape[-1] - 1) / m", "torch.exp(m).mul_(y.shape[-1] - 1)"],
    ),
]


@pytest.mark.parametrize(("assignments", "results", "written"), PROGRAMS)
def test_overwriting(assignments, results, written):
    """What is overwritten is fresh and read for the last time; values and arguments stay, no result is shared."""
    made, codes = overwriting(["y", "m"], assignments, results)
    assert codes == written
    given = {"y": torch.tensor([1.25, -0.75]), "m": torch.tensor([0.5, 3.1])}

    def run(steps, outputs):
        names = {"torch": torch, **{name: value.clone() for name, value in given.items()}}
        for name, code in steps:
            names[name] = eval(code, names)
        return names, eval(f"({', '.join(outputs)},)", names)

    _, expected = run(assignments, results)
    names, got = run(made, codes)
    for one, other in zip(got, expected, strict=True):
        torch.testing.assert_close(
            one, torch.as_tensor(other).expand(one.shape).to(one.dtype), rtol=0, atol=0
        )
    for name, value in given.items():
        torch.testing.assert_close(names[name], value, rtol=0, atol=0)
    memory = [tensor.data_ptr() for tensor in (*got, names["y"], names["m"])]
    assert len({*memory}) == len(memory)


def test_words_of_one_vector_share():
    """What two words of an argument begin with is computed once; one word alone computes it by itself."""
    shared, codes = sharing("torch", "z", ["_softmax(z) * y", "_softmax_deviation(z, v)"])
    assert shared == {"largest": "_largest(z)"}
    assert codes == ["_softmax(z, largest) * y", "_softmax_deviation(z, v, largest)"]
    assert sharing("torch", "z", ["_softmax(z) * _softmax(x)"]) == ({}, ["_softmax(z) * _softmax(x)"])

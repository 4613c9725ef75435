"""derive: a probability density in, a derivation and stable loss code out.

This file is the map.  Read the rooms in this order; a file imports only from those above it, and a
test holds it to that.

    there is     errors        what a person is told
                 version       which release this is
                 resources     what lies beside the code: templates, hand-written losses
                 workers       the same work for many rows, in several processes
                 counterparts  what a density or a loss is in other libraries
                 domains       where a quantity may live
                 declare       the one form in which mathematics is declared
                 heads         how a declared word becomes a SymPy function
                 words         the words: meaning, derivatives, spelling in every language
                 oracle        numerical truth, to as many digits as are asked for
                 relation      how two lines of a derivation stand to each other
    is known     catalogue     the densities, with their variants and counterparts
                 facts         means, modes, distribution functions and deviances of the densities
                 links         from a model's output to a parameter
                 identities    how a logarithm opens
                 stable        the rewrites that floating point asks for
                 forms         equal ways to write an expression, or a place of it
                 choices       the forms that were measured to be best, and what none of them cures
                 bounds        the bits that were measured to be lost at most
                 request       what a person asks for, checked
    follows      rewriting     matches and replaces, one rule at a time
                 derivation    density -> recorded lines -> loss, factor, dropped
                 properties    the facts of a derivation's density, in its symbols
                 calculus      gradient and Hessian over shared parts
                 program       shared parts -> a short sequence of assignments
                 scenes        the points at which claims are tested
                 expectation   means under a density
                 normalisation  whether a function is a density
                 calls         what a generated module computes, by library
                 accuracy      units in the last place beyond conditioning
    is read      notation      text and LaTeX -> a neutral tree -> a density
                 kernels       densities without their constants, with their masses
                 normaliser    the mass of what is given only up to a factor
                 own           a person's own density, from a formula or a file
    is written   printers      tree -> text, LaTeX, NumPy, Torch
                 pages         what the pages show
                 record        what a machine reads of a derivation
                 elsewhere     the loss by what other libraries compute
                 modules       what the generated modules say
                 targets       what a derivation can be written as
                 emit          a derivation through a template
                 peers         what others compute of the same density, with its derivatives
                 certificate   bits lost beyond conditioning, near and far
                 tune          the measured search for the form that loses the fewest bits
                 verify        the evidence
                 remembered    what a folder of generated files was made from
                 generate      the committed modules and their index
                 cli           the door

Public names: `derive`, `density`, `Derivation`, `Misuse`, and a derivation's `emit`, `load`,
`gradient`, `hessian`, `third_derivatives`.  They are imported when first asked for, so that `derive list` needs no SymPy.
"""

from typing import Any

from derive.version import VERSION as __version__

__all__ = ["Derivation", "Misuse", "__version__", "density", "derive"]

_HOMES = {
    "density": "derive.own",
    "derive": "derive.derivation",
    "Derivation": "derive.derivation",
    "Misuse": "derive.errors",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'derive' has no attribute {name!r}")
    from importlib import import_module

    home = import_module(_HOMES[name])
    if hasattr(home, "Derivation"):
        _bind(home.Derivation)
    return getattr(home, name)


def __dir__() -> list[str]:
    return __all__


def _bind(derivation: Any) -> None:
    """Give a result its thin methods: the rooms that write are to the right of the one that derives."""
    from functools import cached_property

    from derive import calculus, emit, pages

    for function in (calculus.gradient, calculus.hessian, calculus.third_derivatives):
        shortcut = cached_property(function)
        shortcut.__set_name__(derivation, function.__name__)
        setattr(derivation, function.__name__, shortcut)
    derivation.emit = emit.emit
    derivation.load = emit.load
    derivation._repr_latex_ = pages.notebook
    derivation.__repr__ = pages.in_one_line

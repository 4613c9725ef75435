"""The words: functions that mathematics, LaTeX and code have in common.

Each row is a declaration whose value is the word's meaning.  Beside it stand its derivatives, in
words again and stable by themselves, and its spelling in every language.  The first rows are
SymPy's own functions; the others exist because floating point loses digits on what they abbreviate.

Placeholders of a spelling: `{0}` the first argument, `{0:atom}` bracketed unless it is one symbol,
`{0:factor}` bracketed if it is a sum, `{0:argument}` as the argument of a named function, `{0:()}`
always bracketed, `{0:raised}` as an exponent, `{0:index}` below the line, `{arguments}` all of them in
brackets, `{entry}` the entry of the vector `{0}` at the index `{1}`, `{next}` that behind it.  A word without a spelling in `text`
and `latex` has no notation of its own: pages write its meaning out.  `python` spells what has no symbol in
it: a Python number has no dtype to impose.  A name that begins with an underscore is a function of
`templates/words/numpy/` or `templates/words/torch/`, whose text goes into the generated module.
"""

from typing import Any

from derive.errors import Misuse
from derive.heads import Word
from derive.words.circle import *
from derive.words.classes import *
from derive.words.compositions import *
from derive.words.convolutions import *
from derive.words.count_differences import *
from derive.words.counts import *
from derive.words.cut_points import *
from derive.words.dispersed_counts import *
from derive.words.elementary import *
from derive.words.exponentials import *
from derive.words.gamma import *
from derive.words.hyperbolic import *
from derive.words.hypergeometric import *
from derive.words.hypotenuse import *
from derive.words.incomplete import *
from derive.words.logistic import *
from derive.words.mixtures import *
from derive.words.normal import *
from derive.words.powers import *
from derive.words.proportions import *
from derive.words.rankings import *
from derive.words.ratios import *
from derive.words.residuals import *
from derive.words.squares import *
from derive.words.steps import *
from derive.words.symbols import *
from derive.words.tails import *
from derive.words.tweedie import *
from derive.words.zeta import *

# Every word, by the name of its SymPy class: a function outside this table is an error everywhere.
VOCABULARY = {row.primitive or row.name: row for row in list(vars().values()) if isinstance(row, Word)}


def word_of(expression: Any) -> Word:
    """The word that the expression applies; Misuse when it is none of ours."""
    head = type(expression)
    found = getattr(head, "word", None) or VOCABULARY.get(head.__name__)
    if found is None:
        raise Misuse(
            f"the function {head.__name__} is not in the vocabulary of derive; "
            f"its words are {', '.join(VOCABULARY)}"
        )
    return found

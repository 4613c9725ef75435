"""The words, macros and characters that are known: tables, and nothing else.

What is not in a table is refused, so a word becomes readable by one row here.
"""

from __future__ import annotations

from dataclasses import dataclass

from derive.declare import GREEK

# Limits: of a text in characters, of brackets in brackets, of the tree in levels, of the text that macros
# make in tokens, of a number in digits, and of an exponent of numbers in size.
MOST_CHARACTERS = 10_000
MOST_NESTING = 40
MOST_DEPTH = 150
MOST_TOKENS = 20_000
MOST_DIGITS = 40
LARGEST_EXPONENT = 400


@dataclass(frozen=True)
class Function:
    """What is known of a function's notation.

    spellings  how it is written, the first is how we write it
    arity      how many arguments it takes
    bare       whether it may stand before its argument without brackets, so that a power behind the
               brackets could belong to the argument
    spreads    whether its argument may be meant to go on behind the brackets: log(2π)(σ²)
    code       spellings that are words of code: followed by a bracket they are calls
    """

    spellings: tuple[str, ...]
    arity: int = 1
    bare: bool = False
    spreads: bool = False
    code: tuple[str, ...] = ()


def _bare(*spellings: str, spreads: bool = True) -> Function:
    return Function(spellings, bare=True, spreads=spreads)


FUNCTIONS: dict[str, Function] = {
    "exp": _bare("exp", "Exp", "EXP", spreads=False),
    "log": _bare("log", "ln", "Log", "Ln", "loge"),
    "log2": Function(("log2",)),
    "log10": Function(("log10",)),
    "sin": _bare("sin"),
    "cos": _bare("cos"),
    "tan": _bare("tan"),
    "sinh": _bare("sinh"),
    "cosh": _bare("cosh"),
    "tanh": _bare("tanh"),
    "atanh": Function(("artanh", "atanh", "arctanh")),
    "sech": _bare("sech"),
    "asinh": Function(("arsinh", "asinh", "arcsinh")),
    "csch": _bare("csch", "cosech"),
    "coth": _bare("coth"),
    "sqrt": Function(("sqrt", "√", "Sqrt")),
    "abs": Function(("abs", "Abs", "fabs")),
    "sign": Function(("sign", "sgn")),
    "square": Function(("square",)),
    "gamma": Function(("Gamma", "tgamma", "GammaFunction"), code=("gamma",)),
    "log_gamma": Function(("lgamma", "gammaln", "loggamma", "log_gamma", "lnGamma", "logGamma", "lnGamma")),
    "zeta": Function(("zeta",)),
    "digamma": Function(("digamma",), code=("psi",)),
    "beta": Function(("Beta", "B", "BetaFunction"), arity=2, code=("beta",)),
    "log_beta": Function(("lbeta", "betaln", "logbeta", "log_beta", "lnBeta", "logBeta"), arity=2),
    "factorial": Function(("factorial",)),
    "log_factorial": Function(("lfactorial", "log_factorial", "logfactorial", "factln")),
    "binomial": Function(("binom", "binomial", "choose", "comb", "Binom", "nCr", "C"), arity=2),
    "log_binomial": Function(("lchoose", "binomln", "log_binomial"), arity=2),
    "erf": Function(("erf", "Erf")),
    "erfc": Function(("erfc", "Erfc")),
    "normal_cdf": Function(("Phi", "normcdf", "ncdf", "pnorm", "ndtr", "std_normal_cdf")),
    "normal_pdf": Function(("normpdf", "std_normal_pdf"), code=("phi", "varphi")),
    "log_normal_cdf": Function(("log_ndtr", "std_normal_lcdf")),
    "sigmoid": Function(("sigmoid", "expit", "inv_logit", "invlogit")),
    "logit": _bare("logit"),
    "softplus": Function(("softplus",)),
    "log1p": Function(("log1p",)),
    "expm1": Function(("expm1",)),
    "log1mexp": Function(("log1mexp",)),
    "bessel_0": Function(("i0", "I0", "bessel_i0", "besseli0")),
    "bessel_1": Function(("i1", "I1", "bessel_i1", "besseli1")),
    "bessel": Function(("besseli", "iv", "besselI"), arity=2),
    "power": Function(("pow", "power"), arity=2),
    "xlogy": Function(("xlogy",), arity=2),
    "xlog1py": Function(("xlog1py",), arity=2),
    "logaddexp": Function(("logaddexp", "log_sum_exp"), arity=2),
    "maximum": Function(("max", "fmax", "maximum"), arity=2),
    "minimum": Function(("min", "fmin", "minimum"), arity=2),
}

SPELLED = {spelling: name for name, row in FUNCTIONS.items() for spelling in (*row.spellings, *row.code)}
CODE_WORDS = {spelling for row in FUNCTIONS.values() for spelling in row.code}

# Letters that are a function only before a bracket with several arguments; before others they are a name.
OF_SEVERAL = frozenset(["C"])

# Functions whose power −1 is the inverse, and what it is.
INVERSES = {"sinh": "asinh", "tanh": "atanh", "logit": "sigmoid"}

# What stands for a number, and how code of a computer algebra writes the same.
CONSTANTS = {"pi": "pi", "e": "e"}
CAPITAL_CONSTANTS = {"Pi": "pi", "E": "e", "PI": "pi", "M_PI": "pi"}

# Functions that people write and that our words lack: refused by what they are.
LACKING = {
    "arctan": "the inverse tangent",
    "atan": "the inverse tangent",
    "arcsin": "the inverse sine",
    "asin": "the inverse sine",
    "arccos": "the inverse cosine",
    "acos": "the inverse cosine",
    "arccosh": "the inverse hyperbolic cosine",
    "floor": "the floor",
    "ceil": "the ceiling",
    "mod": "the remainder",
    "det": "the determinant",
    "tr": "the trace",
    "trace": "the trace",
    "erfi": "the imaginary error function",
    "erfinv": "the inverse error function",
    "besselk": "the modified Bessel function of the second kind",
    "kv": "the modified Bessel function of the second kind",
    "lim": "a limit",
    "sup": "a supremum",
    "inf": "an infimum",
    "argmax": "an optimum",
    "argmin": "an optimum",
}

# Prefixes of code: what follows the dot is meant.
MODULES = frozenset(
    [
        "np",
        "numpy",
        "jnp",
        "math",
        "torch",
        "special",
        "scipy",
        "sp",
        "tf",
        "pt",
        "tt",
        "pm",
        "mpmath",
        "stats",
        "obj",
        "self",
        "this",
        "F",
        "sc",
        "std",
        "Math",
        "tfp",
        "jax",
    ]
)

GREEK_LETTERS = {
    **dict(zip("αβγδεζηθικλμνξοπρστυφχψω", GREEK, strict=True)),
    "ς": "varsigma",
    "ϕ": "phi",
    "ϵ": "epsilon",
    "ϑ": "theta",
    "ϱ": "rho",
    "ϖ": "pi",
    "µ": "mu",
    "Γ": "Gamma",
    "Δ": "Delta",
    "Θ": "Theta",
    "Λ": "Lambda",
    "Ξ": "Xi",
    "Π": "Pi",
    "Σ": "Sigma",
    "Υ": "Upsilon",
    "Φ": "Phi",
    "Ψ": "Psi",
    "Ω": "Omega",
    "Β": "B",
    "ℓ": "ell",
}
VARIANTS = {
    "varepsilon": "epsilon",
    "varphi": "varphi",
    "vartheta": "theta",
    "varrho": "rho",
    "varpi": "pi",
    "varsigma": "varsigma",
    "lambda": "lambda",
}
CAPITALS = {name for name in GREEK_LETTERS.values() if name[0].isupper() and len(name) > 1}
# LaTeX commands that are symbols, and the name each has.
LETTERS = {**{name: name for name in (*GREEK, *CAPITALS, "ell")}, **VARIANTS}
GREEK_NAMES = {*GREEK, *CAPITALS}

SUPERSCRIPTS = dict(
    zip(
        "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁿⁱᵃᵇᶜᵈᵉᶠᵍʰʲᵏˡᵐᵒᵖʳˢᵗᵘᵛʷˣʸᶻᵅᵝᵞᵟᶿ",
        "0123456789+-=()niabcdefghjklmoprstuvwxyzαβγδθ",
        strict=True,
    )
)
SUBSCRIPTS = dict(
    zip("₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓᵦᵧᵨᵩᵪ", "0123456789+-=()aehijklmnoprstuvxβγρφχ", strict=True)
)

# Fractions that have a character, as the number each is.
FRACTIONS = {"½": "1/2", "¼": "1/4", "¾": "3/4", "⅛": "1/8"}

# Characters, and the sign each is.  Longer ones come first.
SIGNS = {
    ":=": "=",
    "**": "^",
    ".*": "*",
    "./": "/",
    ".^": "^",
    "<=": "<=",
    ">=": ">=",
    "!=": "!=",
    "==": "=",
    "...": "…",
    "..": "…",
    "&&": "and",
    "+": "+",
    "-": "-",
    "−": "-",
    "–": "-",
    "*": "*",
    "·": "*",
    "⋅": "*",
    "×": "*",
    "∗": "*",
    "∙": "*",
    "÷": "/",
    "/": "/",
    "∕": "/",
    "⁄": "/",
    "^": "^",
    "_": "_",
    "=": "=",
    "≔": "=",
    "≡": "=",
    "<": "<",
    ">": ">",
    "≤": "<=",
    "≥": ">=",
    "⩽": "<=",
    "⩾": ">=",
    "≠": "!=",
    "∈": "in",
    "∝": "propto",
    "∼": "sim",
    "↦": "mapsto",
    "≈": "approx",
    ",": ",",
    ";": ";",
    ":": ":",
    "|": "|",
    "∣": "mid",
    "│": "|",
    "!": "!",
    "(": "(",
    ")": ")",
    "[": "[",
    "]": "]",
    "{": "{",
    "}": "}",
    "'": "'",
    "′": "'",
    "…": "…",
    "⋯": "…",
    "∞": "∞",
    "√": "√",
    "∑": "sum",
    "∏": "prod",
    "∧": "and",
    "ℝ": "ℝ",
    "ℕ": "ℕ",
    "ℤ": "ℤ",
    "&": "&",
    ".": ".",
}

# LaTeX commands that are signs.
SIGN_COMMANDS = {
    "cdot": "*",
    "times": "*",
    "ast": "*",
    "bullet": "*",
    "div": "/",
    "le": "<=",
    "leq": "<=",
    "leqslant": "<=",
    "ge": ">=",
    "geq": ">=",
    "geqslant": ">=",
    "lt": "<",
    "gt": ">",
    "ne": "!=",
    "neq": "!=",
    "in": "in",
    "mid": "mid",
    "vert": "|",
    "lvert": "lvert",
    "rvert": "rvert",
    "lbrace": "\\{",
    "rbrace": "\\}",
    "lbrack": "[",
    "rbrack": "]",
    "lparen": "(",
    "rparen": ")",
    "ldots": "…",
    "dots": "…",
    "cdots": "…",
    "dotsc": "…",
    "dotsb": "…",
    "infty": "∞",
    "propto": "propto",
    "sim": "sim",
    "mapsto": "mapsto",
    "approx": "approx",
    "equiv": "=",
    "coloneqq": "=",
    "coloneq": "=",
    "triangleq": "=",
    "defeq": "=",
    "colon": ":",
    "sum": "sum",
    "prod": "prod",
    "frac": "frac",
    "dfrac": "frac",
    "tfrac": "frac",
    "cfrac": "frac",
    "nicefrac": "frac",
    "sfrac": "frac",
    "sqrt": "root",
    "binom": "binom",
    "dbinom": "binom",
    "tbinom": "binom",
    "over": "over",
    "choose": "choose",
    "land": "and",
    "wedge": "and",
    "prime": "'",
    "backslash": "backslash",
}

# LaTeX commands that are words of prose.
PROSE = {"lor": "or", "vee": "or", "forall": "for"}

# Commands that set space or size and say nothing.  After one of WIDE a condition may begin.
WIDE = frozenset(["quad", "qquad", "hfill"])
SPACES = frozenset(
    [
        *WIDE,
        "thinspace",
        "medspace",
        "thickspace",
        "negthinspace",
        "enspace",
        "space",
        "nobreakspace",
        "hskip",
    ]
)
SIGN_SPACES = frozenset(",;:! >/")
SILENT = frozenset(
    [
        *("displaystyle", "textstyle", "scriptstyle", "scriptscriptstyle", "limits", "nolimits"),
        *("nonumber", "notag", "middle", "strut", "mathstrut", "noindent", "centering", "relax", "rm", "it"),
        *("allowbreak", "nobreak", "linebreak", "mathopen", "mathclose", "mathbin", "mathrel", "mathord"),
    ]
)
SIZES = frozenset(
    [
        "left",
        "right",
        *(size + side for size in ("big", "Big", "bigg", "Bigg") for side in ("", "l", "r", "m")),
    ]
)
# Commands whose argument says nothing, and those that only dress it.
MUTE = frozenset(
    [
        "stackrel",
        "overset",
        "underset",
        "tag",
        "label",
        "hspace",
        "vspace",
        "phantom",
        "vphantom",
        "hphantom",
        "intertext",
    ]
)
DRESS = frozenset(["boxed", "ensuremath", "mathop", "smash", "mathstrut", "fbox", "colorbox"])
FONTS = frozenset(
    [
        *("mathrm", "text", "textrm", "operatorname", "mathsf", "mathit", "textit", "textbf", "mathbf"),
        *("mathcal", "mathscr", "mathbb", "mathds", "mathbbm", "boldsymbol", "bm", "mathfrak", "mbox"),
        *("textsf", "texttt", "textnormal", "mathtt", "hbox", "pmb", "textup", "mathnormal", "textsc"),
    ]
)
TEXT_FONTS = frozenset(["text", "textrm", "mbox", "hbox", "textnormal", "textit", "textup"])
ACCENTS = {
    "hat": "hat",
    "widehat": "hat",
    "bar": "bar",
    "overline": "bar",
    "tilde": "tilde",
    "widetilde": "tilde",
    "vec": "vec",
    "dot": "dot",
    "ddot": "ddot",
    "check": "check",
    "breve": "breve",
    "mathring": "ring",
}
ENVIRONMENTS = frozenset(
    [
        *("equation", "align", "aligned", "alignat", "alignedat", "gather", "gathered", "split", "eqnarray"),
        *("displaymath", "math", "multline", "flalign", "subequations"),
    ]
)
CASES = frozenset(["cases", "dcases", "array", "matrix", "cases*", "dcases*", "numcases"])
DOUBLE_STRUCK = frozenset(["mathbb", "mathds", "mathbbm", "mathbf", "boldsymbol", "bm"])
SETS = {"R": "ℝ", "N": "ℕ", "Z": "ℤ"}
INDICATORS = frozenset(["1", "I", "chi"])

# Words of prose: before a condition, between two, and for all the rest.
CONDITION_WORDS = frozenset(
    ["for", "if", "where", "when", "with", "whenever", "provided", "such that", "and for", "over", "on",
     "for all", "for any", "and", "s.t."]
)  # fmt: skip
OTHERWISE = frozenset(
    [
        "otherwise",
        "else",
        "elsewhere",
        "o.w.",
        "ow",
        "if otherwise",
        "other",
        "for otherwise",
        "and otherwise",
    ]
)

# What is said of the rest behind a condition, which says it already.
ZERO_OTHERWISE = frozenset(
    [
        *(f"{before}{zero} {word}" for before in ("", "and ", "or ") for zero in ("0", "zero")
          for word in ("otherwise", "else", "elsewhere")),
        *("else 0", "otherwise 0", "and 0 if otherwise", "and is 0 otherwise", "0 if otherwise"),
    ]
)  # fmt: skip

# Heads of a line by what they name; any other word before an = is a density.
LIKELIHOODS = frozenset(["L", "Lik", "lik", "likelihood", "Likelihood"])
LOG_LIKELIHOODS = frozenset(
    ["l", "ell", "LL", "target", "ll", "loglik", "logL", "lnL", "logp", "logpdf", "logpmf", "lpdf", "lpmf", "log_prob",
     "logprob", "log_likelihood", "loglikelihood", "log_p", "log_pdf", "log_density", "lp", "logf",
     "normal_lpdf"]
)  # fmt: skip
LOSSES = frozenset(
    ["loss", "Loss", "nll", "NLL", "cost", "negloglik", "nllh", "neg_log_likelihood", "NLLLoss"]
)
# What code calls the sum over the samples, and the mean over them.
SUMS_OF_CODE = frozenset(["sum", "nansum"])
MEANS_OF_CODE = frozenset(["mean", "average"])
# Names that stand for the number of samples where they are not declared, and for the index of a sample.
SIZES_OF_SAMPLE = ("n", "N", "m", "T")
INDICES = frozenset("ijklmnrst")

BRACKETS = {"(": ")", "[": "]", "{": "}", "\\{": "\\}"}
CLOSING = frozenset([*BRACKETS.values()])
COMPARISONS = {"=": "=", "<": "<", ">": ">", "<=": "≤", ">=": "≥", "!=": "≠"}

r"""What a person may write: text and LaTeX into one neutral tree, every token with its place.

    vocabulary   the words, macros and characters that are known: tables
    refusal      what is not understood: the sentence, the place, a caret below it
    tokens       characters -> tokens
    macros       definitions that a text brings with it
    tree         what was read: numbers, names, operations, conditions
    scope        the names that a text may use
    cursor       where the reader stands among the tokens, and the brackets
    abbreviations  names that a line gives to its own parts
    names        words that are symbols
    functions    words that are functions
    conditions   comparisons, sets, indicator functions, cases
    sums         sums and products over an index
    combinations  binomial coefficients as a C with two scripts
    grammar      sums, products, powers, atoms -> tree
    lines        what a line defines, what that is, and where it holds
    written      tree -> text that is read as the same tree
    given        what is declared: `y: real | mu: real, b: positive`
    meaning      tree -> mathematics, in our words
    density      text and declaration -> a density
    files        several densities in one TOML file

Nothing that is read is ever executed.  Every token is understood or refused, and what can be read in
two ways is refused with both readings, unless one alone of them is a density: that is meant, and told.
The rules, each of which is tested:

  * A name that is declared wins over a function and over a constant of that name: with B declared, B(a)
    is a product.  Where two declared names could begin at one place, the longest is meant: `ab` is the
    name ab where ab is declared, else a times b where both are.  A name that is not declared is refused.
  * `e` is Euler's number and `π` is pi unless they are declared.
  * A Greek letter, its LaTeX and its English name are one symbol: μ, `\mu`, `mu`.  A subscript belongs to
    the name; `\mu_0`, `μ₀` and `mu_0` are one symbol, and so is `mu0` where that is what is declared.
  * `\sigma^2` is the symbol itself where `\sigma^2` or `sigma2` is declared, and σ is then its root.
  * What stands side by side is multiplied.  After a slash this is refused: `1/2x` is (1/2)x or 1/(2x).
    `1/2 (x + y)`, `n/2 log x` and `1/(2b) x` are not: a fraction of numbers before a bracket, one with a
    number below before a logarithm, one whose denominator stands in brackets, and one before a space that
    LaTeX was asked for (`\,`), have ended.
  * A function without brackets takes the one factor after it, or, where that is a number, the product that
    the number begins: `\log 2\pi\sigma^2`.  `\log x y`, `\sin x/2` and `\log(x)^2` are refused; code has
    `log(x)^2` as (log x)².
  * A power binds tighter than a sign: -x^2 is -(x^2).  `x^23` is refused in LaTeX, which would set x²3.
  * `√2π` is refused: √2 times π, or √(2π).  `2e-3x` is, too; `2e-3` alone is a number in a text without LaTeX.
  * A sum over an index ends at the next + or −, and is refused where its index goes on behind that.
  * What is not declared and set equal to something beside the density is an abbreviation: `e^{-z}/s, z = x/s`.
    Behind the first = another name of the density may stand: `f(k) = \Pr(X = k) = ...`.
  * `{}^nC_k` is the number of combinations of k out of n; `C_n^k` and `C^n_k` are those or these of n out of k.
  * A line without a name that is negative is a logarithm, where it is that of a density; it is told.
  * In code `sum(...)` is over the samples, `return` has the density, and a mean of all is the value of one.
  * `|` opens an absolute value where an operand is due and closes it where one has ended; between the
    arguments of p(y | mu) it is the bar.  `\mid` opens and closes one likewise, and
    elsewhere is the bar.
"""

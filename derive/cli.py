"""Derive a loss from a probability density, with every step, and write stable code for it.

\b
derive normal                                  the derivation, readable in the terminal
derive normal --emit latex                     the steps as an align* block
derive normal --fix sigma --emit numpy         sigma known: least squares, as a NumPy module
derive normal --link sigma=exp --emit torch    log-sigma by the model: a Torch module
derive normal --fix "sigma[i]"                 known per sample: weighted least squares
derive normal --shared mu,sigma                one learned value for the whole data set
derive "exp(-abs(y-mu)/b)/(2*b)" --given "y: real | mu: real, b: positive"     a density of your own
derive my_density.toml --emit numpy            one that a file declares, FILE.toml:NAME of several
derive my_densities.py:skewed                  one that a Python file declares; the file is run
derive list                                    the catalogue
derive show normal                             density, domains, links, what each option drops
derive generate                                (re)write the loss modules
derive verify                                  the evidence for all that is generated
derive verify normal --fix sigma=2             the evidence for one loss
derive tune                                    measure which equal forms lose the fewest bits
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from derive.catalogue import CATALOGUE
from derive.counterparts import LIBRARIES, NAMED_ONLY
from derive.declare import Distribution
from derive.domains import Domain
from derive.errors import Misuse
from derive.printers.columns import TEXT_WIDTH, columns
from derive.request import LINKS, PER_SAMPLE, Request, fitting_links, request
from derive.targets import TARGETS
from derive.version import VERSION


class Door(click.Group):
    """A first word is a verb, or a density: a name of the catalogue, a formula or a file."""

    def resolve_command(self, context: click.Context, arguments: list[str]) -> Any:
        """A verb's command, or the derivation of a density."""
        if arguments[0] in self.commands or arguments[0].startswith("-"):
            return super().resolve_command(context, arguments)
        return "NAME", derivation, arguments

    def shell_complete(self, context: click.Context, incomplete: str) -> list[Any]:
        """The verbs and the densities that begin so."""
        names = [click.shell_completion.CompletionItem(n) for n in CATALOGUE if n.startswith(incomplete)]
        return [*super().shell_complete(context, incomplete), *names]

    def invoke(self, context: click.Context) -> Any:
        """Run a command; a mistake of the person is one sentence and exit code 2."""
        try:
            return super().invoke(context)
        except (Misuse, ImportError) as error:
            click.echo(f"derive: {error}", err=True)
            context.exit(2)
        except BrokenPipeError:
            raise
        except OSError as error:
            click.echo(f"derive: cannot write the output: {error.strerror}", err=True)
            context.exit(1)


@click.group(cls=Door, help=__doc__, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(VERSION, prog_name="derive")
def main() -> None:
    """The command line; its help is this module's docstring."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")


def _densities(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:
    return [name for name in CATALOGUE if name.startswith(incomplete)]


# What is asked of a density, the same for every command that derives one.
ASKED = (
    click.option(
        "--fix",
        multiple=True,
        metavar="PARAMETER[=VALUE]",
        help='What is known: sigma, sigma=1, or "sigma[i]" for one value per sample.',
    ),
    click.option(
        "--link",
        multiple=True,
        metavar="PARAMETER=LINK",
        help=f"How a model predicts a parameter: {', '.join(LINKS)}; `default` takes the first that fits, for all that need one.",
    ),
    click.option(
        "--shared", multiple=True, metavar="PARAMETERS", help="One learned value for the whole data set."
    ),
    click.option(
        "--practice",
        default="",
        metavar="NAME[=VALUE]",
        help="What is put on top of a likelihood and makes it none: pos_weight, class_weight, label_smoothing.",
    ),
    click.option("--third-derivatives", is_flag=True, help="Write them, too, in a NumPy module of scalars."),
    click.option("--keep-constants", is_flag=True, help="Keep the terms that are free of θ."),
    click.option("--keep-factor", is_flag=True, help="Keep the common factor."),
)


# What files of densities are called.
FILES = (".toml", ".py")

# What goes with a density of one's own.
OWN = (
    click.option(
        "--given",
        default="",
        metavar="DECLARATION",
        help='The symbols of a formula, with their domains: "y: real | mu: real, b: positive".',
    ),
    click.option(
        "--name", "called", default="", metavar="NAME", help="What a formula is called (own_density)."
    ),
    click.option(
        "--unnormalised",
        is_flag=True,
        help="The density is given up to a factor: its mass is found and divided by, or the loss refused.",
    ),
)


def _asked(command: Callable[..., None]) -> Callable[..., None]:
    """The command with the options of a request."""
    for option in reversed((*OWN, *ASKED)):
        command = option(command)
    return command


def _own(command: Callable[..., None]) -> Callable[..., None]:
    """The command with the options of a density of one's own."""
    for option in reversed(OWN):
        command = option(command)
    return command


def _density(word: str, given: str, called: str, unnormalised: bool) -> str | Distribution:
    """What a word asks for: a name of the catalogue, or a density of one's own."""
    is_file = word.endswith(FILES) or word.rpartition(":")[0].endswith(FILES)
    if not (given or called or unnormalised or is_file):
        return word  # a name is answered without SymPy
    from derive.own import asked

    return asked(word, given, called, unnormalised)


@click.command(name="NAME")
@click.argument("name", metavar="", shell_complete=_densities)
@_asked
@click.option("--tune", is_flag=True, help="Search for the form that loses the fewest bits: minutes.")
@click.option(
    "--emit", "target", type=click.Choice(list(TARGETS)), default="text", help="What to write (text)."
)
@click.option("--standalone", is_flag=True, help="With --emit latex: a whole document.")
@click.option(
    "-o",
    "output",
    type=click.Path(allow_dash=True),
    default="-",
    help="Write to a file, whole or not at all; - is the standard output.",
)
def derivation(
    name: str,
    given: str,
    called: str,
    unnormalised: bool,
    target: str,
    standalone: bool,
    output: str,
    tune: bool,
    **options: Any,
) -> None:
    """Derive the loss of a density: NAME is one of the catalogue, a formula, FILE.toml or FILE.py:FUNCTION."""
    gc.disable()  # one derivation leaves little to collect, and looking for it is a tenth of the start
    asked = request(_density(name, given, called, unnormalised), **options)
    if not output:
        raise Misuse("-o names a file, got an empty name; write -o FILE, or leave it out to print")
    from derive.emit import emit

    derived = _derived(asked, tune)
    text = emit(derived, target, standalone=standalone)
    if TARGETS[target].library:
        _warn(derived)
    if output == "-":
        click.echo(text, nl=False)
        return
    from derive.generate import write_atomically

    if not Path(output).parent.is_dir():
        raise Misuse(f"cannot write {output}: there is no folder {Path(output).parent}; make it first")
    write_atomically(Path(output), text)


def _warn(derived: Any) -> None:
    """Say where the code that is written loses digits, as far as that was measured."""
    from derive import bounds

    known = bounds.committed(derived.name) if derived.distribution.origin is None else {}
    for sentence in (*bounds.lost(known), *(weakness.sentence for weakness in derived.weaknesses)):
        click.echo(f"derive: {sentence}", err=True)


def _derived(asked: Request, tune: bool) -> Any:
    """The derivation, in the best forms that the measured search finds if that is wanted."""
    from derive.derivation import derivation as derived

    if not tune:
        return derived(asked)
    from derive.tune import tuned

    return tuned(derived(asked))


@main.command(name="list")
@click.option("--counterparts", is_flag=True, help="What each density is called elsewhere, side by side.")
def list_(counterparts: bool) -> None:
    """The catalogue, one line each: p(y | θ), support, links."""
    if counterparts:
        _counterparts()
        return
    lines = [("name", "density", "support", "links")]
    for row in CATALOGUE.values():
        support = ", ".join(domain.text for domain in row.data.values())
        links = (
            f"{name}: {', '.join(_links(domain)) if name in row.learnable else 'always known'}"
            for name, domain in row.parameters.items()
        )
        lines.append((row.name, row.signature, support, "; ".join(links)))
    for line in columns(lines, width=None):
        click.echo(line)


def _counterparts() -> None:
    """What every density is called in other libraries, and which none of them has."""
    libraries = (*LIBRARIES.values(), *NAMED_ONLY)
    lines = [("name", *libraries)]
    lines += [
        (row.name, *(", ".join(row.names.get(library, ())) for library in libraries))
        for row in CATALOGUE.values()
    ]
    for line in columns(lines, width=None):
        click.echo(line)
    alone = [row.name for row in CATALOGUE.values() if not row.names]
    click.echo(f"\nonly here: {', '.join(alone) or 'none'}")


@main.command()
@click.argument("name", shell_complete=_densities)
@_own
def show(name: str, given: str, called: str, unnormalised: bool) -> None:
    """Density, domains, links, source, and what each option would drop."""
    row = request(_density(name, given, called, unnormalised)).distribution
    from derive import pages
    from derive.derivation import derive

    plain = derive(row)
    click.echo(f"{row.name}: {row.summary}\n\n  {pages.text_density(plain)}\n")
    _indented(pages.quantity_lines(plain))

    links = [("link", "the model predicts", "")]
    for parameter in plain.parameters:
        for link in _links(parameter.domain):
            linked = derive(row, link={parameter.name: link})
            (predictor,) = (q.name for q in linked.predictors if q.parameter == parameter.name)
            equation = pages.link_equation(linked, parameter, pages.text_printer(linked))
            links.append((f"{parameter.name}={link}", predictor, equation))
    click.echo("\nLinks, which drop nothing more; without one the model predicts the parameter itself\n")
    _indented(columns(links))

    known = [
        f"{name}{one}"
        for name in row.parameters
        for one in ("", PER_SAMPLE)
        if name not in row.learnable or len(row.learnable) > 1
    ]
    commands: dict[tuple[str, ...], list[str]] = {}
    for fixed in ([], *([one] for one in known)):
        derived = derive(row, fix=fixed)
        printer = pages.text_printer(derived)
        lines = tuple(
            f"    {part:<8} {pages.text_rows(printer, formula, 15)}"
            for part, formula in pages.ledger(derived)
        )
        commands.setdefault(lines, []).append(derived.request.command)
    click.echo("\nWhat is minimised, and what goes: −log p = factor · loss + dropped, for each sample\n")
    for lines, equivalent in commands.items():
        _indented([*equivalent, *lines, ""])
    if remark := pages.remark(plain):
        click.echo(click.wrap_text(remark, TEXT_WIDTH) + "\n")
    if row.source:
        click.echo(f"Source: {row.source}")


def _links(domain: Domain) -> list[str]:
    """The links that fit; the identity, which is there without a link, only if no other does."""
    names = [link.name for link in fitting_links(domain)]
    return [name for name in names if name != "identity"] or names


def _indented(lines: Sequence[str]) -> None:
    for line in lines:
        click.echo(f"  {line}".rstrip())


@main.command()
@click.argument("names", nargs=-1)
@click.option(
    "--out", type=click.Path(file_okay=False), default="generated", show_default=True, help="The folder."
)
@click.option("--check", is_flag=True, help="Only compare; exit with 1 and a diff where something differs.")
@click.option(
    "--afresh", is_flag=True, help="Make again what is unchanged by content, too; --check always does."
)
def generate(names: Sequence[str], out: str, check: bool, afresh: bool) -> None:
    """(Re)write the loss modules and pages, or compare them with what is there.

    What is made from unchanged sources and stands unchanged is not made again.
    """
    from derive.generate import any_there, contents, differences, write

    if not out:
        raise Misuse(
            "--out names a folder, got an empty name; write --out FOLDER, or leave it out for generated"
        )
    if check and not any_there(Path(out), names):
        raise Misuse(
            f"there is nothing to compare: {out} holds no generated file of these; run this where {out} stands, "
            "name another folder with --out, or leave --check out to write them"
        )
    found = contents(Path(out), names, afresh=check or afresh)
    if not check:
        unchanged = f", {found.unchanged} losses unchanged" if found.unchanged else ""
        click.echo(f"{write(Path(out), found)} of {len(found.wanted)} files written below {out}{unchanged}")
        return
    different = list(differences(Path(out), found.wanted))
    for difference in different:
        click.echo(difference, nl=False)
    if different:
        command = " ".join(["derive generate", *names, *(["--out", out] if out != "generated" else [])])
        click.echo(
            f"{len(different)} of {len(found.wanted)} files differ; accept them with `{command}`", err=True
        )
        sys.exit(1)
    click.echo(f"{len(found.wanted)} files below {out} are as generated")


@main.command()
@click.argument("names", nargs=-1, shell_complete=_densities)
@_asked
@click.option(
    "--points",
    type=click.IntRange(min=1),
    default=12,
    show_default=True,
    help="Points for each loss, library and dtype, of each level.",
)
@click.option("--accuracy", is_flag=True, help="The accuracy certificate: bits lost at points of any size.")
@click.option("--record", is_flag=True, help="With --accuracy: commit what was measured, derive/bounds.toml.")
@click.option("--all", "every", is_flag=True, help="All that is generated, as without a name.")
def verify(
    names: Sequence[str],
    given: str,
    called: str,
    unnormalised: bool,
    points: int,
    accuracy: bool,
    record: bool,
    every: bool,
    **options: Any,
) -> None:
    """The evidence, as a table; exit with 1 if anything falls short.

    Without options, for what is generated under the names, or for all that is; with options, for
    that loss of one density.
    """
    if (given or called or unnormalised) and len(names) != 1:
        raise Misuse(
            f"options go with one density, got {len(names)}; write derive verify FORMULA and the options"
        )
    if every and (names or any(options.values())):
        raise Misuse("--all is for everything that is generated; leave out the names and options, or --all")
    if record and (not accuracy or given or any(options.values())):
        raise Misuse("--record is for --accuracy of what is generated; leave it out, or the options")
    chosen = _losses([_density(name, given, called, unnormalised) for name in names], options)
    from rich.table import Table

    from derive.verify import verify_all

    short = skipped = 0
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("", "loss", "check", "largest error", "where"):
        table.add_column(heading, overflow="fold")
    found = []
    for findings in verify_all(chosen, points, accuracy):
        found += findings
        for finding in findings:
            short += not finding.passed
            skipped += finding.skipped
            table.add_row(
                finding.status,
                finding.loss,
                finding.check,
                finding.figure,
                finding.note,
            )
        table.add_section()
    _print(table)
    if accuracy:
        _print(_summary(found))
    if record:
        _record(found)
    untested = f"; {skipped} not tested" if skipped else ""
    click.echo(f"\n{short} fall short{untested}" if short else f"\nnothing falls short{untested}")
    if short:
        sys.exit(1)


@main.command()
@click.argument("names", nargs=-1, shell_complete=_densities)
@click.option("--check", is_flag=True, help="Only compare; exit with 1 where another form is better now.")
def tune(names: Sequence[str], check: bool) -> None:
    """Measure which equal forms lose the fewest bits, and commit them: derive/choices.toml.

    For what is generated under the names, or for all that is.  Deriving reads what is committed, and
    never searches.
    """
    from derive import choices
    from derive.generate import requests, write_atomically
    from derive.tune import measured

    committed = choices.read(choices.COMMITTED.read_text(encoding="utf-8"))
    chosen = _losses(names, {})
    generated = {row.slug for row in requests()}
    kept = {slug: row for slug, row in committed.items() if names and slug in generated}
    different = 0
    for asked in chosen:
        found, was = measured(asked), committed.get(asked.slug, choices.Committed())
        different += found != was
        click.echo(f"{'changed' if found != was else 'as before'}  {asked.command}: {found.told}")
        kept[asked.slug] = found
    if not check:
        write_atomically(choices.COMMITTED, choices.written(kept))
        choices.forget()
    elif different:
        command = " ".join(["derive tune", *names])
        click.echo(
            f"{different} of {len(chosen)} differ; commit what was measured with `{command}`", err=True
        )
        sys.exit(1)


def _record(findings: Sequence[Any]) -> None:
    """Commit the bounds that were measured, beside those of other losses that are still generated."""
    from derive import bounds
    from derive.generate import requests, write_atomically
    from derive.verify import measured

    generated = {row.slug for row in requests()}
    kept = {slug: bounds.committed(slug) for slug in generated if bounds.committed(slug)}
    new = {slug: row for slug, row in measured(findings).items() if slug in generated}
    write_atomically(bounds.COMMITTED, bounds.written({**kept, **new}))
    bounds.forget()
    click.echo(f"\n{len(new)} losses recorded in {bounds.COMMITTED.name}")


def _summary(findings: Sequence[Any]) -> Any:
    """The table of the shares of failing numbers, a row for each who computes them."""
    from rich.table import Table

    from derive.verify import summary

    shares = summary(findings)
    columns = list(dict.fromkeys(column for row in shares.values() for column in row))
    table = Table(box=None, pad_edge=False, header_style="bold", title="\nfailures", title_justify="left")
    table.add_column("computed by")
    for column in columns:
        table.add_column(column)
    for kind, row in shares.items():
        table.add_row(kind, *(row.get(column, "") for column in columns))
    return table


def _losses(names: Sequence[str | Distribution], options: Mapping[str, Any]) -> list[Request]:
    """What is to be verified: one request, or rows of what is generated."""
    if any(options.values()):
        if len(names) != 1:
            raise Misuse(
                f"options go with one density, got {len(names)}; write derive verify NAME and the options"
            )
        return [request(names[0], **options)]
    from derive.generate import requests

    generated = {row.distribution.name for row in requests()}
    plain = [
        name for name in names if not isinstance(name, str) or (name in CATALOGUE and name not in generated)
    ]
    named = [name for name in names if isinstance(name, str) and name not in plain]
    rows = requests(named) if named or not names else []
    return [*rows, *(request(name) for name in plain)]


def _print(table: Any) -> None:
    """A table as wide as its content where the output is not a terminal."""
    from rich.console import Console

    # Brackets and colons in a cell are what they are, never a style or a picture.
    Console(width=None if sys.stdout.isatty() else 200, markup=False, emoji=False).print(table)


if __name__ == "__main__":
    main()

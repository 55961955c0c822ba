"""Tables to read, JSON to keep, and the part of the README that is made from them."""

import json
import pathlib
import statistics

from .scenarios import Goal

README = pathlib.Path(__file__).parents[2] / "README.md"
BEGIN, END = "<!-- benchmarks:begin (the table that `make bench` writes) -->", "<!-- benchmarks:end -->"


def markdown(machine, settings, tables):
    parts = [_machine(machine, settings)]
    parts += [_table(table) for table in tables.values()]
    return "\n\n".join(parts) + "\n"


def summary(machine, settings, tables):
    """One line for each thing measured."""
    lines = ["| | Gatehouse | nginx | HAProxy |", "|---|---:|---:|---:|"]
    for table in tables.values():
        for headline in table.headlines:
            digits = next(metric.digits for metric in table.metrics if metric.key == headline.key)
            medians = [_median(table, row, headline.key) for row in headline.rows]
            cells = ["" if median is None else f"{median:,.{digits}f}" for median in medians]
            cells += [""] * (3 - len(cells))
            lines.append(f"| {headline.label} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + f"\n\n{_machine(machine, settings)}\n"


def _machine(machine, settings):
    versions = ", ".join(f"{name} {version}" for name, version in machine["versions"].items() if version)
    return (
        f"{machine['processor']}, {machine['cores']} cores, Linux {machine['kernel']}, {machine['system']}. {versions}. "
        f"Medians of {settings['rounds']} interleaved rounds of {settings['seconds']:g} s (lowest–highest); "
        "proxy on one core with one worker, load and origin on another."
    )


def _table(table):
    lines = [f"**{table.title}**", ""]
    lines.append("| | " + " | ".join(metric.title for metric in table.metrics) + " |")
    lines.append("|---|" + "---:|" * len(table.metrics))
    for row, columns in table.rows.items():
        cells = [_cell(columns.get(metric.key), metric.digits) for metric in table.metrics]
        lines.append(f"| {row} | " + " | ".join(cells) + " |")
    verdicts = [verdict for verdict in map(lambda each: _verdict(table, each), table.expectations) if verdict]
    return "\n".join(lines + ([""] + verdicts if verdicts else []))


def _cell(values, digits):
    if not values:
        return ""
    median = f"{statistics.median(values):,.{digits}f}"
    if len(values) == 1 or min(values) == max(values):
        return median
    return f"{median} ({min(values):,.{digits}f}–{max(values):,.{digits}f})"


def _verdict(table, expectation):
    """`- small: 0.81 × the better of nginx and haproxy (goal: at most 0.85)`, or nothing when a row is missing."""
    title = next(metric.title for metric in table.metrics if metric.key == expectation.key)
    own = _median(table, expectation.of, expectation.key)
    if own is None:
        return None
    if isinstance(expectation, Goal):
        others = {row: _median(table, row, expectation.key) for row in expectation.rows}
        if None in others.values() or not min(others.values()):
            return None
        beside = {row: value for row in expectation.beside if (value := _median(table, row, expectation.key))}
        ratios = ", ".join(f"{own / value:.2f} × {row}" for row, value in (others | beside).items())
        met = own <= expectation.factor * min(others.values())
        goal = f"at most {expectation.factor:.2f} × " + (
            "the better of " + " and ".join(others) if len(others) > 1 else next(iter(others))
        )
    else:
        ratios, met, goal = f"{own:,.2f}", own <= expectation.value, f"at most {expectation.value:g}"
    return f"- {expectation.of}, {title}: {ratios} (goal: {goal}; {'met' if met else 'missed'})"


def _median(table, row, key):
    values = table.rows.get(row, {}).get(key)
    return statistics.median(values) if values else None


def write_json(file, machine, settings, tables):
    content = {
        "machine": machine,
        "settings": settings,
        "scenarios": {name: {"title": table.title, "rows": table.rows} for name, table in tables.items()},
    }
    file.write_text(json.dumps(content, indent=2) + "\n")


def write_readme(text):
    before, _, rest = README.read_text().partition(BEGIN)
    _, _, after = rest.partition(END)
    README.write_text(f"{before}{BEGIN}\n{text}{END}{after}")

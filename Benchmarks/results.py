"""Are two answers the same? And what is the sum of many timings?"""

import datetime
import decimal
import math


def same(texts, values):
    """Compares rows of CSV texts with rows of typed values; order counts only where it is the same anyway.

    Exact types are compared exactly, floating point numbers to nine digits.
    """
    if len(texts) != len(values):
        return False
    if all(_same_row(text, value) for text, value in zip(texts, values)):
        return True
    ordered_texts = sorted(texts, key=lambda row: [_rounded(cell) for cell in row])
    ordered_values = sorted(values, key=lambda row: [_rounded(_text(cell)) for cell in row])
    return all(_same_row(text, value) for text, value in zip(ordered_texts, ordered_values))


def _same_row(texts, values):
    return len(texts) == len(values) and all(_same_cell(text, value) for text, value in zip(texts, values))


def _same_cell(text, value):
    if value is None:
        return text == ""
    try:
        if isinstance(value, bool):
            return text.lower() == str(value).lower()
        if isinstance(value, float):
            return math.isclose(float(text), value, rel_tol=1e-9, abs_tol=1e-9)
        if isinstance(value, (int, decimal.Decimal)):
            return decimal.Decimal(text) == value
    except (ValueError, decimal.InvalidOperation):
        return False
    return text == _text(value)


def _text(value):
    if value is None:
        return ""
    if isinstance(value, datetime.datetime):
        text = value.isoformat(sep=" ")
        return text if value.tzinfo is None else text.replace("+00:00", "+00")
    return str(value)


def _rounded(text):
    """A key that sorts 1.50 and 1.5 alike."""
    try:
        return f"{float(text):030.6f}"
    except ValueError:
        return text


def geometric_mean(values):
    values = [value for value in values if value and value > 0]
    return math.exp(sum(map(math.log, values)) / len(values)) if values else float("nan")


def median(values):
    ordered = sorted(values)
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2


def milliseconds(seconds):
    return f"{seconds * 1000:,.1f}"


def table(header, rows):
    """Prints a table; the first column is text, the others are numbers."""
    widths = [max(len(str(row[i])) for row in [header, *rows]) for i in range(len(header))]
    for row in [header, ["-" * width for width in widths], *rows]:
        cells = [str(cell).ljust(w) if i == 0 else str(cell).rjust(w) for i, (cell, w) in enumerate(zip(row, widths))]
        print("  ".join(cells), flush=True)

"""Formulas over the results of runs, such as `flood.latency_ms.p50 / 1000`. Nothing else of Python is understood."""

import ast
import math
import operator

import results

OPERATORS = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
    ast.USub: operator.neg,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
}


def epidemic(contacts):
    """The share z that solves z = 1 - exp(-contacts z): who is reached when each passes on to so many at random."""
    share = 1.0
    for _ in range(100_000):
        share = 1 - math.exp(-contacts * share)
    return share


FUNCTIONS = {
    "abs": abs,
    "at": results.at,
    "cell": results.cell,
    "each": results.each,
    "epidemic": epidemic,
    "exp": math.exp,
    "pi": lambda: math.pi,
    "hops": lambda run, count: run.hops(count),
    "log": math.log,
    "max": max,
    "sqrt": math.sqrt,
    "mean": lambda run, column, first, last: sum(results.messages(run, column, first, last)) / (last - first + 1),
    "message": results.message,
    "most": lambda run, column, first, last: max(results.messages(run, column, first, last)),
    "rows": lambda run, table: len(run.rows(table)),
}


def value(formula, runs):
    """What a formula says; `runs` are the runs of the page by name. Raises `results.Missing`."""
    try:
        return of(ast.parse(formula, mode="eval").body, runs)
    except SyntaxError:
        raise results.Missing(f"`{formula}` is not a formula") from None
    except (TypeError, IndexError, ZeroDivisionError) as error:
        raise results.Missing(f"`{formula}`: {error}") from None


def of(node, runs):
    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, ast.Name):
        return run(node.id, runs)
    if isinstance(node, ast.Attribute):
        return metric(node, runs)
    if isinstance(node, ast.BinOp):
        return OPERATORS[type(node.op)](of(node.left, runs), of(node.right, runs))
    if isinstance(node, ast.UnaryOp):
        return OPERATORS[type(node.op)](of(node.operand, runs))
    if isinstance(node, ast.Compare):
        values = [of(each, runs) for each in (node.left, *node.comparators)]
        return all(OPERATORS[type(op)](*pair) for op, pair in zip(node.ops, zip(values, values[1:])))
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in FUNCTIONS:
        return FUNCTIONS[node.func.id](*(of(each, runs) for each in node.args))
    raise results.Missing(f"`{ast.unparse(node)}` is not understood")


def run(name, runs):
    if name not in runs:
        raise results.Missing(f"no command of this page writes runs/{name.replace('_', '-')}")
    return runs[name]


def metric(node, runs):
    path = []
    while isinstance(node, ast.Attribute):
        path.insert(0, node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        raise results.Missing(f"`{ast.unparse(node)}` is not the name of a run")
    return run(node.id, runs).metric(path)


def printed(number, form):
    """A number as a page prints it: `form` is a format of Python, and what stands behind it, such as `,.0f ms`."""
    spec, _, unit = form.partition(" ")
    text = number if isinstance(number, str) else format(number, spec).replace("%", " %").replace("-", "\N{MINUS SIGN}")
    return text if isinstance(number, str) or not unit else f"{text} {unit}"

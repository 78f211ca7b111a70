"""Programs put together at random from a grammar of our own: containers, timers, classes and sweeps in every position.

Names come from a small stock, so that they clash: a container is rebound as a class, a function inherits from itself
through another module, a parameter hides a builtin. What comes out always parses; hardly any of it would run.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import TypeVar

from unbounded_lint.catalog.load import catalog
from unbounded_lint.catalog.model import Timer

T = TypeVar("T")

LAYOUTS: tuple[tuple[str, ...], ...] = (
    ("m.py",),
    ("m.py",),
    ("m.py", "n.py"),
    ("pkg/__init__.py", "pkg/a.py"),
    ("pkg/__init__.py", "pkg/a.py", "m.py"),
    ("pkg/__init__.py", "pkg/sub/__init__.py", "pkg/sub/a.py"),
    ("m.py", "n.py", "tests/test_m.py"),
)
MODULES = ("m", "n", "pkg", "pkg.a", "pkg.sub", "pkg.sub.a", "gone", "tests.test_m")
STORES = ("A", "B", "_C", "__d", "cache")
FUNCTIONS = ("f", "g", "_h", "__k", "main", "tick")
CLASSES = ("K", "L", "_M")
LOCALS = ("x", "y", "r", "self", "cls", "_", "ñame")
ODD = ("dict", "list", "super", "type", "object", "__class__", "__name__", "__dict__", "property", "print", "T", "sys")
NAMES = (*STORES * 3, *FUNCTIONS * 2, *CLASSES * 2, *LOCALS * 2, *ODD)
TARGETS = (*LOCALS * 5, *FUNCTIONS, *CLASSES, *STORES, *ODD)
SPECIAL = (
    "__init__", "__new__", "__call__", "__getattr__", "__getitem__", "__setitem__", "__enter__", "__exit__",
    "__del__", "__iter__", "__init_subclass__", "__set_name__", "__aenter__", "__post_init__", "__class_getitem__",
    "__missing__",
)  # fmt: skip
METHODS = (
    "pop", "get", "clear", "update", "setdefault", "append", "add", "discard", "remove", "extend", "popitem", "items",
    "keys", "values", "copy", "popleft", "insert", "start", "run", "cancel", "put", "__setitem__", "__delitem__",
)  # fmt: skip
DECORATORS = (
    "property", "staticmethod", "classmethod", "functools.cache", "functools.lru_cache(maxsize=None)",
    "functools.wraps(f)", "contextlib.contextmanager", "dataclasses.dataclass", "app.get('/')",
    "app.on_event('startup')", "abc.abstractmethod", "functools.singledispatch", "f.register", "x.setter",
    "typing.overload", "atexit.register", "functools.cached_property", "weakref.finalize", "pytest.fixture",
)  # fmt: skip
BASES = (
    "dict", "list", "object", "type", "abc.ABC", "typing.Protocol", "typing.Generic[T]", "enum.Enum",
    "threading.Thread", "collections.OrderedDict", "collections.UserDict", "typing.NamedTuple", "Exception",
    "metaclass=type", "metaclass=K", "metaclass=_M", "*x", "**y",
)  # fmt: skip
CALLS = (
    "len({0})", "id({0})", "next(iter({0}))", "list({0})", "sorted({0}, key={1})", "isinstance({0}, {1})",
    "super().{2}()", "super({0}, {1}).{2}", "type({0})", "vars({0})[{1}]", "globals()[{0}]", "getattr({0}, '{2}')",
    "setattr({0}, '{2}', {1})", "functools.partial({0}, {1})", "functools.partial({0}, {1}, k={1})", "time.time()",
    "time.monotonic() - {0}", "weakref.ref({0}, {1})", "weakref.finalize({0}, {1}, {0})", "typing.cast({0}, {1})",
    "map({0}, {1})", "min({0}, key={1})", "asyncio.run({0})", "({0}).add_done_callback({1})", "({0}).register({1})",
    "contextlib.suppress({0})", "enumerate({0})", "zip({0}, {1})", "dict({0}, k={1})", "str({0})", "hash({0})",
    "max({0}, default={1})", "heapq.heappush({0}, {1})", "bisect.insort({0}, {1})", "operator.setitem({0}, {1}, 1)",
    "dict.setdefault({0}, {1}, [])", "time.sleep({0})", "asyncio.sleep({0})", "threading.Event().wait({0})",
    "copy.copy({0})", "dict.fromkeys({0}, {1})",
)  # fmt: skip
CONSTANTS = ("1", "0", "None", "True", "'a'", "'K'", "b'b'", "...", "1.5", "3j", "'a' 'b'", "-1", "''", "'__main__'")
BINARY = ("+", "-", "*", "/", "//", "%", "@", "**", "<<", ">>", "&", "|", "^")
COMPARE = ("==", "!=", "<", "<=", ">", ">=", "in", "not in", "is", "is not")


@cache
def _constructors() -> tuple[str, ...]:
    """Calls that make every kind of container of the catalogue."""
    made = [f"{name}()" for entry in catalog().data.containers for name in entry.names]
    plain = ["{}", "[]", "set()", "dict()", "{'a': []}", "[[]]", "{1, 2}", "collections.defaultdict(list)"]
    plain += ["collections.defaultdict(lambda: {})", "collections.deque(maxlen=3)", "[None] * 3", "(dict)()", "K()"]
    return (*plain * 6, *made)


@cache
def _timers() -> tuple[Timer, ...]:
    return catalog().data.timers


class Composer:
    """Composes one program; the same generator of random numbers gives the same program."""

    def __init__(self, rng: random.Random, snippets: Sequence[str] = ()) -> None:
        self.rng = rng
        self.snippets = snippets
        self.indent = 0
        self.expressions: tuple[Callable[[int], str], ...] = (
            *[self.attribute, self.subscript, self.call, self.method] * 4,
            *[self.known, self.lambda_, self.comprehension, self.compare, self.display] * 2,
            *[self.conditional, self.boolean, self.binary, self.unary, self.walrus, self.yielded],
            *[self.fstring, self.timer, self.constructor, self.sliced, self.starred],
        )
        self.statements: tuple[Callable[[int], Iterator[str]], ...] = (
            *[self.assignment, self.expression, self.insertion] * 4,
            *[self.function, self.if_, self.removal, self.sweep] * 3,
            *[self.for_, self.class_, self.while_, self.try_, self.return_] * 2,
            *[self.with_, self.match, self.global_, self.import_, self.annotated, self.augmented, self.delete],
            *[self.timed, self.raise_, self.assert_, self.jump, self.alias, self.snippet, self.store],
        )

    # --- choices ---

    def one(self, items: Sequence[T]) -> T:
        return items[self.rng.randrange(len(items))]

    def maybe(self, share: float) -> bool:
        return self.rng.random() < share

    def some(self, make: Callable[[], str], most: int = 3, least: int = 0) -> list[str]:
        return [make() for _ in range(self.rng.randint(least, most))]

    def name(self) -> str:
        return self.one(NAMES)

    # --- projects ---

    def project(self) -> dict[str, str]:
        """The files of a program, path to text."""
        return {path: self.module() for path in self.one(LAYOUTS)}

    def module(self) -> str:
        """The text of one module."""
        lines = ["import asyncio, threading, time, collections, functools, weakref"] if self.maybe(0.8) else []
        for _ in range(self.rng.randint(0, 3)):
            lines += self.import_(0)
        for _ in range(self.rng.randint(1, 4)):
            lines += self.store(0)
        if self.maybe(0.3):
            lines += self.singleton(2)
        if self.maybe(0.5):
            lines += self.registry(2)
        for _ in range(self.rng.randint(2, 9)):
            lines += self.statement(3)
        return "\n".join(lines) + "\n"

    # --- expressions ---

    def expr(self, depth: int) -> str:
        """Any expression, bracketed where it must be."""
        if depth <= 0 or self.maybe(0.3):
            return self.name() if self.maybe(0.75) else self.one(CONSTANTS)
        return self.one(self.expressions)(depth - 1)

    def primary(self, depth: int) -> str:
        """An expression that may be called or subscripted: mostly a name."""
        if self.maybe(0.6):
            return self.name()
        return f"({self.expr(depth)})"

    def attribute(self, depth: int) -> str:
        return f"{self.primary(depth)}.{self.member()}"

    def member(self) -> str:
        return self.one(self.one((METHODS, STORES, FUNCTIONS, CLASSES, LOCALS, SPECIAL)))

    def subscript(self, depth: int) -> str:
        return f"{self.primary(depth)}[{self.expr(depth)}]"

    def sliced(self, depth: int) -> str:
        parts = [self.expr(depth) if self.maybe(0.5) else "" for _ in range(self.rng.randint(2, 3))]
        return f"{self.primary(depth)}[{':'.join(parts)}]"

    def starred(self, depth: int) -> str:
        return f"{self.primary(depth)}[{self.expr(depth)}, *{self.primary(depth)}]"

    def arguments(self, depth: int) -> str:
        forms = ("{0}", "{0}", "{0}", "{1}={0}", "*({0})", "**({0})", "{1}:={0}")
        made = [self.one(forms).format(self.expr(depth), self.one(LOCALS)) for _ in range(self.rng.randint(0, 3))]
        plain = [a for a in made if not a.startswith("**") and "=" not in a.split("(")[0].replace(":=", "")]
        return ", ".join([*plain, *(a for a in made if a not in plain)])

    def call(self, depth: int) -> str:
        return f"{self.primary(depth)}({self.arguments(depth)})"

    def method(self, depth: int) -> str:
        return f"{self.primary(depth)}.{self.one(METHODS)}({self.arguments(depth)})"

    def known(self, depth: int) -> str:
        return self.one(CALLS).format(self.expr(depth), self.expr(depth), self.member())

    def constructor(self, _depth: int) -> str:
        return self.one(_constructors())

    def lambda_(self, depth: int) -> str:
        return f"(lambda {self.parameters(depth, annotated=False)}: {self.expr(depth)})"

    def parameters(self, depth: int, annotated: bool = True) -> str:
        names = list(dict.fromkeys(self.some(self.name, 4)))
        parts: list[str] = []
        defaults = False
        for index, name in enumerate(names):
            note = f": {self.expr(depth - 1)}" if annotated and self.maybe(0.2) else ""
            defaults = defaults or self.maybe(0.3)
            parts.append(f"{name}{note}" + (f"={self.expr(depth - 1)}" if defaults else ""))
            if index == 0 and self.maybe(0.1):
                parts.append("/")
        if self.maybe(0.15):
            parts += ["*", f"k_={self.expr(depth - 1)}"] if self.maybe(0.5) else ["*args", "k_"]
        if self.maybe(0.15):
            parts.append("**kw")
        return ", ".join(parts)

    def comprehension(self, depth: int) -> str:
        loops = " ".join(self.some(lambda: self.clause(depth), 2, 1))
        kind = self.one(("[{0} {2}]", "{{{0} {2}}}", "({0} {2})", "{{{0}: {1} {2}}}"))
        return kind.format(self.expr(depth), self.expr(depth), loops)

    def clause(self, depth: int) -> str:
        word = "async for" if self.maybe(0.1) else "for"
        tests = "".join(f" if {self.expr(depth - 1)}" for _ in range(self.rng.randint(0, 1)))
        return f"{word} {self.target(depth)} in {self.expr(depth)}{tests}"

    def compare(self, depth: int) -> str:
        rest = "".join(f" {self.one(COMPARE)} {self.expr(depth)}" for _ in range(self.rng.randint(1, 2)))
        return f"({self.expr(depth)}{rest})"

    def display(self, depth: int) -> str:
        items = self.some(lambda: self.item(depth))
        pairs = self.some(lambda: f"{self.expr(depth)}: {self.expr(depth)}" if self.maybe(0.9) else f"**{self.name()}")
        return self.one(
            (
                f"({''.join(item + ', ' for item in items)})" if items else "()",
                f"[{', '.join(items)}]",
                f"{{{', '.join(items) or '1'}}}",
                f"{{{', '.join(pairs)}}}",
            )
        )

    def item(self, depth: int) -> str:
        return f"*{self.primary(depth)}" if self.maybe(0.1) else self.expr(depth)

    def conditional(self, depth: int) -> str:
        return f"({self.expr(depth)} if {self.expr(depth)} else {self.expr(depth)})"

    def boolean(self, depth: int) -> str:
        return f"({self.one((' and ', ' or ')).join(self.some(lambda: self.expr(depth), 3, 2))})"

    def binary(self, depth: int) -> str:
        return f"({self.expr(depth)} {self.one(BINARY)} {self.expr(depth)})"

    def unary(self, depth: int) -> str:
        return f"({self.one(('not ', '-', '~', '+', 'await '))}{self.primary(depth)})"

    def walrus(self, depth: int) -> str:
        return f"({self.one(TARGETS)} := {self.expr(depth)})"

    def yielded(self, depth: int) -> str:
        return self.one(("(yield)", f"(yield {self.expr(depth)})", f"(yield from {self.expr(depth)})"))

    def fstring(self, depth: int) -> str:
        inner = self.expr(depth).replace("\\", "")
        form = self.one(
            ("f'''{{{0}}}'''", "f'''a{{ {0} !r:>{{x}}}}b'''", "f'''{{f\"\"\"{{ {1} }}\"\"\"}}'''", "rf'''{{ {1}=}}'''")
        )
        if "'" in inner or '"' in inner or inner.startswith("{"):
            inner = self.name()
        return form.format(inner, self.name())

    def timer(self, depth: int) -> str:
        """A timer of the catalogue, with a callback handed over in any form."""
        timer = self.one(_timers())
        place = timer.callback.position or 0
        arguments = [self.one(("1", "60", self.name())) for _ in range(place)]
        callback = self.callback(depth)
        if timer.callback.keywords and self.maybe(0.3):
            callback = f"{timer.callback.keywords[0]}={callback}"
        call = f"({', '.join([*arguments, callback])})"
        if timer.names and not (timer.methods and self.maybe(0.5)):
            made = self.one(timer.names) + call
        elif timer.methods:
            receiver = self.one((*timer.receivers, "x"))
            made = f"{receiver if receiver.isidentifier() else 'loop'}.{self.one(timer.methods)}{call}"
        else:
            made = f"threading.Timer(1, {callback})"
        methods = (*timer.activation.methods, *timer.callback.names)
        return f"{made}.{self.one(methods)}()".replace("..", ".") if methods and self.maybe(0.5) else made

    def callback(self, depth: int) -> str:
        name = self.one((*FUNCTIONS, *STORES))
        forms = (
            name, name, f"self.{name}", f"K.{name}", f"K().{name}", f"{name}()",
            f"functools.partial({name}, {self.name()})", f"lambda: {self.expr(depth)}", f"A.{self.one(METHODS)}",
            f"'m:{name}'", f"({name},)", f"[{name}]", f"lambda x={name}: x()", f"{name}.s(1)", f"m.{name}",
            f"({name} or g)", f"f({name})",
        )  # fmt: skip
        return self.one(forms)

    # --- targets ---

    def target(self, depth: int) -> str:
        """What may stand left of an assignment."""
        return self.one(
            (
                *[self.one(TARGETS)] * 4,
                f"{self.primary(depth - 1)}.{self.member()}",
                f"{self.primary(depth - 1)}[{self.expr(depth - 1)}]",
                f"({self.one(TARGETS)}, *{self.one(TARGETS)})",
                f"[{self.one(TARGETS)}, {self.primary(depth - 1)}[{self.expr(depth - 1)}]]",
                f"{self.name()}[:]",
                f"({self.one(TARGETS)}, ({self.one(TARGETS)}, {self.name()}.{self.member()}))",
            )
        )

    # --- statements ---

    def statement(self, depth: int) -> Iterator[str]:
        """Any statement as lines, indented for where it stands."""
        yield from self.one(self.statements)(depth)

    def line(self, text: str) -> Iterator[str]:
        yield "    " * self.indent + text

    def block(self, depth: int) -> Iterator[str]:
        self.indent += 1
        lines: list[str] = []
        for _ in range(self.rng.randint(1, 3)):
            lines += self.statement(depth - 1) if depth > 0 else self.small()
        self.indent -= 1
        yield from lines

    def small(self) -> Iterator[str]:
        makers = (self.assignment, self.expression, self.insertion, self.removal, self.return_, self.jump, self.global_)
        yield from self.one(makers)(1)

    def store(self, depth: int) -> Iterator[str]:
        note = self.one(("", "", ": dict", ": 'dict[str, K]'", f": {self.expr(1)}"))
        yield from self.line(f"{self.one(STORES)}{note} = {self.one(_constructors())}")

    def singleton(self, depth: int) -> Iterator[str]:
        """A class with containers of its instances, and a variable that holds one instance."""
        name, base = self.one(CLASSES), self.one(("", "", "(L)", "(threading.Thread)", f"({self.one(BASES)})"))
        yield from self.line(f"class {name}{base}:")
        self.indent += 1
        yield from self.line(f"{self.one(STORES)} = {self.one(_constructors())}")
        yield from self.line(f"def __init__(self, x={self.expr(1)}, *y):")
        self.indent += 1
        for _ in range(self.rng.randint(1, 3)):
            yield from self.line(f"self.{self.one(STORES)} = {self.one((self.one(_constructors()), 'x', 'A'))}")
        yield from self.line(self.timer(1))
        self.indent -= 1
        for _ in range(self.rng.randint(1, 3)):
            yield from self.line(f"{self.one(('', 'async '))}def {self.one((*FUNCTIONS, 'run'))}(self, r, *x):")
            self.indent += 1
            yield from self.one((self.insertion, self.removal, self.sweep, self.timed))(2)
            self.indent -= 1
            yield from self.block(depth)
        self.indent -= 1
        yield from self.line(f"{self.one(('x', 'app', 'A', '_'))} = {name}({self.arguments(1)})")

    def registry(self, depth: int) -> Iterator[str]:
        """A whole registry: entries put in by a request, a sweep, what runs it, and who starts that; each a bit off."""
        in_class = self.maybe(0.5)
        own, first = ("self.", "self, ") if in_class else ("", "")
        if in_class:
            yield from self.line(f"class {self.one(CLASSES)}{self.one(('', '', '(threading.Thread)', '(L)', '(_M)'))}:")
            self.indent += 1
            yield from self.line(f"def __init__(self, x={self.expr(1)}):")
            self.indent += 1
        for store in STORES[:3]:
            yield from self.line(f"{own}{store} = {self.one(('{}', '{}', '{}', 'dict()', self.one(_constructors())))}")
        yield from self.line(f"{own}_task = None")
        self.indent -= in_class
        for part in self.rng.sample(("put", "end", "sweep", "loop", "launch", "stop"), 6):
            word = "async def" if self.maybe(0.2) else "def"
            yield from self.line(f"{word} {part}({first if part in ('put', 'end') else first[:-2]}{self.given(part)}):")
            self.indent += 1
            if not in_class and self.maybe(0.5):
                yield from self.line("global A, B, _task")
            for line in self.part(part, own):
                if line[0] != " " and self.maybe(0.15):
                    yield from self.one((self.statement, self.timed, self.if_, self.assignment))(1)
                yield from self.line(line)
            self.indent -= 1
        if in_class:
            self.indent -= 1
            yield from self.line(f"app = {self.one(CLASSES)}()")
        yield from self.line(
            self.one(("{0}launch()", "if x: {0}launch()", "{0}loop()", "f({0}loop)", "pass")).format("app." * in_class)
        )
        for _ in range(depth and 1):
            yield from self.statement(depth - 1)

    def given(self, part: str) -> str:
        return self.one(("r", "r", "r: K", "r, x=None", "*r")) if part in ("put", "end") else ""

    def part(self, part: str, own: str) -> list[str]:
        """The lines of one function of a registry."""
        store, other = self.one((own + "A", own + "A", own + "B")), own + "B"
        when = self.one(("time.time()", "time.monotonic()", "now", "datetime.now()", self.expr(1)))
        key = self.one(("r", "r.id", "r['id']", "r[0]", "(r, x)", "str(r)"))
        entry = self.one(
            (when, f"({when}, r)", f"{{'at': {when}, 'r': r}}", "K(r)", "r", f"[{when}]", "{}", "set()", "None")
        )
        old = self.one(
            ("v", "v[0]", "v.at", "v['at']", "v.r.at", "self.B[k]", "B.get(k, 0)", "v.get('at')", "v.at or 0")
        )
        if part == "put":
            lines = [
                f"{store}[{key}] = {entry}",
                f"{other}[{key}] = {entry}",
                f"{other}.setdefault({key}, []).append(r)",
            ]
            start = self.one(
                ("launch()", "if {0}_task is None: {0}launch()", "if not {0}A: {0}launch()", "if x: {0}launch()")
            )
            lines += [
                start.format(own) if "{0}" in start else own + start,
                f"if {key} in {store}: return {store}[{key}]",
            ]
            return self.rng.sample(lines, self.rng.randint(1, len(lines)))
        if part == "end":
            lines = [
                f"{store}.pop({key}, None)",
                f"del {store}[{key}]",
                f"{store}[{key}].at = {when}",
                f"{other}.clear()",
            ]
            lines += [f"if not {store}: {own}stop()", f"{store}[{key}]['at'] = None", f"return {other}.pop({key}).x"]
            return self.rng.sample(lines, self.rng.randint(1, 3))
        if part == "sweep":
            return self.swept(
                store, other, own, f"{self.one(('now', when))} - {old} > {self.one(('60', 'x', 'self.x'))}"
            )
        if part == "loop":
            call = self.one((f"{own}sweep()", f"await {own}sweep()", f"asyncio.to_thread({own}sweep)"))
            sleep = self.one(("time.sleep(60)", "await asyncio.sleep(60)", f"{own}_event.wait(60)", "time.sleep(x)"))
            head = self.one(("while True:", f"while {store}:", f"while not {own}_stop:", f"while {own}_event.wait(5):"))
            tries = self.one(
                (
                    "    {0}",
                    "    try: {0}\n    except Exception: pass",
                    "    try: {0}\n    finally: {1}",
                    "    if x: {0}",
                )
            )
            again = [f"threading.Timer(60, {own}loop).start()", call]
            return again if self.maybe(0.3) else [head, f"    {sleep}", *tries.format(call, sleep).split("\n")]
        if part == "launch":
            guard = self.one(
                ([], [f"if {own}_task is not None: return"], [f"if {store}: return"], [f"if not {store}: return"])
            )
            made = (
                f"threading.Thread(target={own}loop, daemon=True)", f"asyncio.create_task({own}loop())",
                f"threading.Timer(60, {own}loop)", f"loop.call_later(60, {own}loop)", self.timer(1),
            )  # fmt: skip
            return [*guard, f"{own}_task = {self.one(made)}", self.one((f"{own}_task.start()", "pass"))]
        ends = (
            "{0}_task.cancel()",
            "{0}_task = None",
            "{0}_stop = True",
            "{0}A.clear()",
            "{0}_event.set()",
            "return {0}A",
        )
        return [end.format(own) for end in self.rng.sample(ends, 2)]

    def swept(self, store: str, other: str, own: str, test: str) -> list[str]:
        """The lines of a sweep: over entries, over what a comprehension found, or by a new dict."""
        before = self.rng.sample(["now = time.time()", f"if not {store}: return", f"with {own}_lock: pass"], 2)
        skip = self.one(
            (
                "v is None",
                "v.done",
                "not v.x",
                f"k in {other}",
                f"{store}[k] is None",
                "v[1] is None",
                "v.x is not None",
            )
        )
        gone = self.one(
            ("{0}.pop(k, None)", "del {0}[k]", "{0}.pop(k); {1}.pop(k, None)", "{0}.pop(k).x.close()", "{2}end(k)")
        )
        taken = gone.format(store, other, own)
        walked = self.one(
            (f"list({store}.items())", f"{store}.items()", f"sorted({store}.items())", f"{store}.copy().items()")
        )
        forms = (
            [f"for k, v in {walked}:", f"    if {skip}: continue", f"    if {test}:", f"        {taken}"],
            [
                f"for k, v in {walked}:",
                f"    if {test} and {skip}:",
                f"        {taken}",
                f"    elif {self.expr(1)}: break",
            ],
            [f"old = [k for k, v in {store}.items() if {test}]", "for k in old:", f"    {taken}"],
            [
                f"for k in [k for k, v in {store}.items() if {skip} or {test}]:",
                f"    v = {store}.get(k)",
                f"    {taken}",
            ],
            [f"{store} = {{k: v for k, v in {store}.items() if not ({test})}}"],
            [
                f"while {store}:",
                f"    k = next(iter({store}))",
                f"    v = {store}[k]",
                f"    if not ({test}): break",
                f"    {taken}",
            ],
            [
                f"for k in list({store}):",
                "    try:",
                f"        v = {store}[k]",
                f"        if {test}: {taken}",
                "    except KeyError: pass",
            ],
        )
        return [*before, *self.one(forms)]

    def timed(self, depth: int) -> Iterator[str]:
        yield from self.line(self.timer(depth))

    def assignment(self, depth: int) -> Iterator[str]:
        targets = " = ".join(self.some(lambda: self.target(depth), 2, 1))
        yield from self.line(f"{targets} = {self.item(depth)}")

    def annotated(self, depth: int) -> Iterator[str]:
        target = self.one((self.name(), f"self.{self.member()}", f"{self.name()}[{self.expr(depth - 1)}]"))
        value = f" = {self.expr(depth)}" if self.maybe(0.7) else ""
        yield from self.line(f"{target}: {self.expr(depth - 1)}{value}")

    def augmented(self, depth: int) -> Iterator[str]:
        target = self.one((self.name(), f"{self.name()}[{self.expr(depth)}]", f"{self.name()}.{self.member()}"))
        yield from self.line(f"{target} {self.one(BINARY)}= {self.expr(depth)}")

    def expression(self, depth: int) -> Iterator[str]:
        yield from self.line(self.expr(depth))

    def insertion(self, depth: int) -> Iterator[str]:
        store, value = self.holder(), self.expr(depth - 1)
        key = self.one(("r", "r.id", "x", "str(x)", "id(self)", self.expr(depth - 1), self.expr(depth - 1)))
        forms = (
            "{0}[{1}] = {2}", "{0}.setdefault({1}, {2})", "{0}.update({{{1}: {2}}})", "{0}.append({1})",
            "{0}.add({1})", "{0}[{1}] += {2}", "{0} |= {{{1}: {2}}}", "{0}.extend([{1}, {2}])",
            "{0}.setdefault({1}, []).append({2})", "{0}[{1}][{2}] = 1", "{0}, x = {0}[{1}], {2}",
            "({1} in {0}) or {0}.__setitem__({1}, {2})", "{0} = {{**{0}, {1}: {2}}}", "{0} = {0} + [{1}]",
            "{0}[:] = {0} + [{1}]", "[{0}.add(x) for x in ({1})]", "put = {0}.append; put({1})",
        )  # fmt: skip
        yield from self.line(self.one(forms).format(store, key, value))

    def removal(self, depth: int) -> Iterator[str]:
        store, key = self.holder(), self.one(("r", "r.id", "x", self.expr(depth - 1), self.expr(depth - 1)))
        forms = (
            "del {0}[{1}]", "{0}.pop({1}, None)", "{0}.clear()", "{0}.popitem()", "{0}.discard({1})", "{0} = {{}}",
            "del {0}", "{0}.pop(next(iter({0})))", "{0}[:] = {0}[-3:]", "del {0}[{1}:]",
            "{0} = {{k: v for k, v in {0}.items() if {1}}}", "{0}.remove({1})",
            "_ = {0}.pop({1}, None) if {1} in {0} else {0}.clear()", "del {0}[{1}], {0}.x",
        )  # fmt: skip
        yield from self.line(self.one(forms).format(store, key))

    def holder(self) -> str:
        store = self.one(STORES)
        return self.one(
            (store, store, f"self.{store}", f"K.{store}", f"m.{store}", f"{self.name()}.{store}", self.name())
        )

    def sweep(self, depth: int) -> Iterator[str]:
        """A loop over a container that takes out what is old, mostly in a loop with a sleep."""
        store, outer = self.holder(), self.maybe(0.5)
        if outer:
            yield from self.line(self.one(("while True:", f"while {self.expr(1)}:", "while not stop.wait(60):")))
            self.indent += 1
            yield from self.line(self.one(("time.sleep(60)", "await asyncio.sleep(1)", f"time.sleep({self.name()})")))
        walked = self.one(
            ("list({0})", "{0}.items()", "list({0}.items())", "{0}", "dict({0}).values()", "reversed({0})")
        )
        item = self.one(("k", "k, v", "(k, (v, _))", "_"))
        yield from self.line(f"for {item} in {walked.format(store)}:")
        self.indent += 1
        tests = ("v < time.time() - 60", "now - v > 60", f"{self.expr(depth - 1)}", "v.done()", "not v", "k is not v.x")
        yield from self.line(f"if {self.one(tests)}:")
        self.indent += 1
        yield from self.line(self.one(("del {0}[k]", "{0}.pop(k, None)", "{0}.remove(k)", "continue")).format(store))
        self.indent -= 3 if outer else 2

    def function(self, depth: int) -> Iterator[str]:
        yield from self.decorated(depth)
        generic = self.one(("", "", "", "[T]", "[T: (int, str), *Ts, **P]", f"[T: {self.expr(1)}]"))
        name = self.one((*FUNCTIONS * 3, *SPECIAL, *STORES, *METHODS))
        result = f" -> {self.expr(1)}" if self.maybe(0.2) else ""
        word = "async def" if self.maybe(0.2) else "def"
        own = self.one(("self, ", "cls, ", "r, ", "")) if self.maybe(0.4) else ""
        rest = self.parameters(depth - 1)
        if own and (own[:-2] in rest or rest.startswith("/")):
            own = ""
        yield from self.line(f"{word} {name}{generic}({own.rstrip() if not rest else own}{rest}){result}:")
        yield from self.block(depth)

    def decorated(self, depth: int) -> Iterator[str]:
        for _ in range(self.rng.choice((0, 0, 0, 1, 2))):
            timer = self.one(_timers())
            own = f"{self.one(timer.names)}(1)" if timer.names else self.name()
            yield from self.line(f"@{self.one((self.one(DECORATORS), self.name(), own, self.expr(depth - 1)))}")

    def class_(self, depth: int) -> Iterator[str]:
        yield from self.decorated(depth)
        bases = self.some(lambda: self.one((self.one(CLASSES), self.one(CLASSES), self.one(BASES), self.expr(1))), 2)
        ordered = sorted(bases, key=lambda base: (base.startswith("**"), "metaclass=" in base))
        generic = self.one(("", "", "", "[T]", "[T = int]"))
        brackets = f"({', '.join(ordered)})" if ordered or self.maybe(0.1) else ""
        yield from self.line(f"class {self.one((*CLASSES * 4, *STORES))}{generic}{brackets}:")
        yield from self.block(depth)

    def if_(self, depth: int) -> Iterator[str]:
        tests = (
            self.expr(depth),
            f"{self.name()} in {self.holder()}",
            f"len({self.holder()}) > 9",
            "__name__ == '__main__'",
        )
        yield from self.line(f"if {self.one(tests)}:")
        yield from self.block(depth)
        if self.maybe(0.2):
            yield from self.line(f"elif {self.expr(depth)}:")
            yield from self.block(depth)
        yield from self.orelse(depth)

    def orelse(self, depth: int, share: float = 0.3) -> Iterator[str]:
        if self.maybe(share):
            yield from self.line("else:")
            yield from self.block(depth)

    def for_(self, depth: int) -> Iterator[str]:
        word = "async for" if self.maybe(0.15) else "for"
        walked = self.one((self.expr(depth), self.holder(), f"list({self.holder()})", f"{self.holder()}.items()"))
        yield from self.line(f"{word} {self.target(depth)} in {walked}:")
        yield from self.block(depth)
        yield from self.orelse(depth, 0.1)

    def while_(self, depth: int) -> Iterator[str]:
        yield from self.line(f"while {self.one(('True', '1', self.expr(depth), f'len({self.holder()}) > 9'))}:")
        yield from self.block(depth)
        yield from self.orelse(depth, 0.1)

    def try_(self, depth: int) -> Iterator[str]:
        yield from self.line("try:")
        yield from self.block(depth)
        star = "*" if self.maybe(0.15) else ""
        handlers = self.rng.randint(0, 2)
        for _ in range(handlers):
            caught = self.one(("Exception", "BaseException", f"({self.name()}, KeyError)", self.expr(1)))
            name = f" as {self.name()}" if self.maybe(0.4) else ""
            yield from self.line(f"except{star} {caught}{name}:")
            yield from self.block(depth)
        if handlers:
            yield from self.orelse(depth, 0.2)
        if not handlers or self.maybe(0.3):
            yield from self.line("finally:")
            yield from self.block(depth)

    def with_(self, depth: int) -> Iterator[str]:
        word = "async with" if self.maybe(0.2) else "with"
        items = [
            self.one(("{0}", "{0} as {1}")).format(self.primary(depth), self.target(1))
            for _ in range(self.rng.randint(1, 2))
        ]
        joined = ", ".join(items)
        yield from self.line(f"{word} ({joined}, ):" if self.maybe(0.2) else f"{word} {joined}:")
        yield from self.block(depth)

    def match(self, depth: int) -> Iterator[str]:
        yield from self.line(f"match {self.expr(depth)}:")
        self.indent += 1
        for _ in range(self.rng.randint(1, 3)):
            guard = f" if {self.expr(depth)}" if self.maybe(0.3) else ""
            yield from self.line(f"case {self.pattern(2)}{guard}:")
            yield from self.block(depth)
        self.indent -= 1

    def pattern(self, depth: int) -> str:
        name = self.one(("x", "A", "f", "_", "r", "K"))
        if depth <= 0:
            return self.one((name, "1", "'a'", "None", "K.x", "-1", "m.A"))
        first, second = self.pattern(depth - 1), self.pattern(depth - 1)
        forms = (
            name, f"[{first}, *{name}]", f"({first}, {second})", f"{{'a': {first}, **rest}}",
            f"K({first}, x={second})", f"({first} | {second})", f"(({first}) as y)", f"{{K.x: {first}}}", "{}", "[]",
            f"K.L({first})",
        )  # fmt: skip
        return self.one(forms)

    def global_(self, _depth: int) -> Iterator[str]:
        word = self.one(("global", "global", "nonlocal"))
        yield from self.line(f"{word} {', '.join(dict.fromkeys(self.some(self.name, 2, 1)))}")

    def import_(self, _depth: int) -> Iterator[str]:
        module, name = self.one(MODULES), self.name()
        forms = (
            f"import {module}", f"import {module} as {name}", f"from {module} import *",
            f"from {module} import {name}", f"from {module} import {name} as {self.name()}", "from . import *",
            f"from . import {name}", f"from .a import {name}", f"from .. import {name}", f"from ....x import {name}",
            f"from .{module} import *", "from collections import *", f"from {module} import ({name}, {self.name()},)",
            "from __future__ import annotations", "from .sub.a import *",
            "from collections import deque as A, OrderedDict as dict", "import threading as m",
            "from threading import Timer as f",
        )  # fmt: skip
        yield from self.line(self.one(forms))

    def return_(self, depth: int) -> Iterator[str]:
        yield from self.line(
            self.one(("return", f"return {self.item(depth)}", f"return {self.name()}", f"return {self.name()}, f"))
        )

    def delete(self, depth: int) -> Iterator[str]:
        shapes = (
            f"{self.name()}",
            f"{self.name()}[{self.expr(depth)}]",
            f"({self.name()}, {self.name()}.x)",
            f"[{self.name()}]",
        )
        yield from self.line(f"del {self.one(shapes)}")

    def raise_(self, depth: int) -> Iterator[str]:
        yield from self.line(
            self.one(("raise", f"raise {self.expr(depth)}", f"raise {self.expr(depth)} from {self.expr(1)}"))
        )

    def assert_(self, depth: int) -> Iterator[str]:
        yield from self.line(f"assert {self.expr(depth)}" + (f", {self.expr(1)}" if self.maybe(0.3) else ""))

    def jump(self, _depth: int) -> Iterator[str]:
        yield from self.line(self.one(("break", "continue", "pass", "pass; pass;")))

    def alias(self, depth: int) -> Iterator[str]:
        yield from self.line(f"type {self.name()}{self.one(('', '[T]', '[*Ts]'))} = {self.expr(depth)}")

    def snippet(self, _depth: int) -> Iterator[str]:
        """A piece made elsewhere, at the place at hand."""
        if not self.snippets:
            yield from self.line("pass")
            return
        for text in self.one(self.snippets).split("\n"):
            yield "    " * self.indent + text


def composed(seed: int, snippets: Sequence[str] = ()) -> dict[str, str]:
    """The program of a seed, path to text; `snippets` are statements to be mixed in."""
    return Composer(random.Random(seed), snippets).project()

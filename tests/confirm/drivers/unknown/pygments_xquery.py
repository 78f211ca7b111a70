"""Highlights one small query after the other, each with a lexer of its own."""

import gc

from pace import steps
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import XQueryLexer

for _ in steps():
    for _ in range(20):
        highlight("<a><![CDATA[text]]></a>", XQueryLexer(), HtmlFormatter())
print("lexers alive:", sum(isinstance(one, XQueryLexer) for one in gc.get_objects()))
print("states left behind:", len(XQueryLexer.xquery_parse_state))

"""Makes an instrumented application for each of many tests, and takes its instruments out as the next begins."""

import gc

from fastapi import FastAPI
from opentelemetry.instrumentation.fastapi import FastAPIInstrumentor
from pace import steps

before = None
for _ in steps():
    app = FastAPI()
    FastAPIInstrumentor.instrument_app(app)
    if before is not None:
        FastAPIInstrumentor.uninstrument_app(before)
    before = app
    gc.collect()

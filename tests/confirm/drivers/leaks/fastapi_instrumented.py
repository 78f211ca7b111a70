"""Makes and drops applications that are instrumented, as tests and hosts of many small ones do."""

import gc

import fastapi
from opentelemetry.instrumentation.fastapi import FastAPIInstrumentor
from pace import steps

FastAPIInstrumentor().instrument()
for _ in steps():
    fastapi.FastAPI()
    gc.collect()

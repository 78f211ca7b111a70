"""Makes a provider of meters for each of many tasks, and shuts it down when the task is done."""

import gc

from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from pace import steps

for _ in steps():
    provider = MeterProvider(metric_readers=[InMemoryMetricReader()], shutdown_on_exit=False)
    provider.get_meter("tasks").create_counter("done").add(1)
    provider.shutdown()
    del provider
    gc.collect()

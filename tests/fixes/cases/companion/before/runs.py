_contexts = {}
_numbers = {}


def run(run_id: str) -> None:
    _contexts[run_id] = {}
    _numbers[run_id] = 0
    try:
        step(run_id)
    finally:
        del _contexts[run_id]


def step(run_id: str) -> None:
    _numbers[run_id] += 1
    if run_id == "bad":
        raise ValueError(run_id)

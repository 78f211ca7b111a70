import queue_view

queue_view.enqueue("a")
assert queue_view.worker.is_alive()

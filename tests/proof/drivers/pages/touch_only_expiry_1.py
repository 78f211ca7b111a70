from world import Framework, answer, keys, stub  # isort: split

stub("fastapi", FastAPI=Framework)
import api

for key in keys():
    answer((api.profile(key), api.profile(key)))

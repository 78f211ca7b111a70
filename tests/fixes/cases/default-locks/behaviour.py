import files

for number in range(100):
    assert files.save(f"{number}.txt", "text") == 4
assert len(files._locks) == 0

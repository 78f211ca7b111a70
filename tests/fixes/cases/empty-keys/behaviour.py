import active

for number in range(9):
    with active.download(number) as one, active.download(number) as two:
        assert (one, two) == (1, 2) and active._open == {number: 2}
assert active._open == {}

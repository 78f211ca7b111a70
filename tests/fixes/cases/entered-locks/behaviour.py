import desks

many = desks.desks
for number in range(100):
    many.sit(number)
    assert many.taken == 1
    many.stand(number)
    assert many.where(number) == f"at {number}" and not many.taken
assert not many._locks and not many._others and not many._rooms

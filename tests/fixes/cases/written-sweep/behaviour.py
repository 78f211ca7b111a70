import tickets

for number in range(9):
    assert tickets.open_ticket(str(number), -1) == str(number)
tickets._tickets_swept_at = float("-inf")
tickets.open_ticket("new", 60)
assert list(tickets._tickets) == ["new"]

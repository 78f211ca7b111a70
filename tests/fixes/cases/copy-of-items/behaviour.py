import leases

leases.take("one", -1)
leases.take("two", -1)
leases.take("three", 60)
leases.sweep()
assert list(leases._leases) == ["three"]

import colours

assert colours.code("red") == colours.code("red") == f"#{315:06x}"
for number in range(3000):
    colours.code(str(number))
assert colours.code.cache_info().currsize <= 1024

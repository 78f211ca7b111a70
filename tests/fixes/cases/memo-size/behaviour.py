import pages

for number in range(3000):
    assert pages.render(str(number)) == f"<h1>{number}</h1>"
assert pages.render("0") == "<h1>0</h1>"
assert len(pages._pages) <= 1024

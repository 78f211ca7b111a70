from world import answer, flask, keys  # isort: split

flask()
import tickets

for _ in keys():
    answer((tickets.issue() in tickets.tickets, tickets.print_badge() in tickets.badges))

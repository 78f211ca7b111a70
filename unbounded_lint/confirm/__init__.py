"""Whether a container really grows: the program of the user is run, and looked at from inside.

How it goes:

1. `targets` tells, from the analysis of the project, what is to be looked at: each container by its module, the class
   or function that has it, and its name; and the lines that insert and remove.
2. `plan` makes a private folder that stands first on the PYTHONPATH of the program. It has the plan as JSON, a copy of
   `observer/`, and a `sitecustomize.py` that starts the observer and then makes place for the user's own. So every
   Python that inherits the environment observes itself, whether it is run as a file, a module, a console script or by
   pytest, forked or spawned; anything else goes on as if nothing were there.
3. `child` runs the program, with its own streams; signals are passed on. With a duration it is asked to end then.
4. `observer/` waits in each process, in a thread of its own, for the modules to be imported by the program (it imports
   none), finds the containers and writes down how large they are: `modules` and `names` tell what a name of the source
   stands for, `search` where the objects of a class are, `finder` puts both together, `sizes` measures, `sites` counts
   how often a line is come to, `records` and `text` write, `sampler` has the thread and the forks.
5. `records` reads what the processes have told, `verdict` says whether a container grows, `outcome` puts the processes
   together, `report` and `plot` show it.

What is promised to the program: its code is not changed and nothing is imported that it does not import, its output
and its exit status are its own, a fault of the observer ends the observer alone, and nothing that is looked at is kept
alive by that. What cannot be seen: programs that run with `python -I`, `-E` or `-S` or are given another PYTHONPATH,
classes that are made inside functions, and entries of registries of the standard library.

`session` does all of it for a command line, and for whoever wants to prove a repair: confirmed, mended, confirmed
again.
"""

"""Plain functions as actions: performed in child processes, which can be killed.

Children import this package, so it imports nothing itself: `automata._core.pool.performer` is where the kernel starts.
"""

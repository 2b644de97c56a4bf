"""Start-up of the program, medians relative to bare Python in the same run."""

import statistics
import subprocess
import sys
import time

ROUNDS = 15
WORK = {
    "python": ["-c", "pass"],
    "--version": ["-m", "automata", "--version"],
    "--help": ["-m", "automata", "--help"],
    "plugins list": ["-m", "automata", "plugins", "list"],
}


def main():
    times = {name: [] for name in WORK}
    for _ in range(ROUNDS):
        for name, arguments in WORK.items():
            began = time.perf_counter()
            subprocess.run([sys.executable, *arguments], capture_output=True, check=True)
            times[name].append((time.perf_counter() - began) * 1000)
    bare = statistics.median(times["python"])
    for name, taken in times.items():
        median = statistics.median(taken)
        print(f"{name:13} {median:7.1f} ms   {median - bare:+7.1f} ms over bare python")


if __name__ == "__main__":
    main()

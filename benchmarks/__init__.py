"""Speed and memory, as ratios against a peer or a limit measured in the same run; median of three. `make bench`."""

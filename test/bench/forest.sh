#!/bin/sh
# forest.sh: the forest against scikit-learn's, where Debian's python3 has it
exec /usr/bin/python3 "$(dirname "$0")/forest.py"

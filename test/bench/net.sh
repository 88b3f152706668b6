#!/bin/sh
# PyTorch's rate on the paper's net, beside b_net's; says so where PyTorch is not there
exec /usr/bin/python3 "$(dirname "$0")/net.py"

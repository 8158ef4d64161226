"""Tests of the twins compute on one core a thread, as the processes do: two were slower."""

import torch

torch.set_num_threads(1)

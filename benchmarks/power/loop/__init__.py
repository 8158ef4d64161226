"""Cell powers under closed-loop control of a plant, by model, classical solvers and rules."""

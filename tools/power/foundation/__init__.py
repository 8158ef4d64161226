"""The graph foundation model of power control: model, pre-training, training, checkpoints."""

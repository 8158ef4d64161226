"""The actuator's side of policy activations: who may move what, every move checked, every end."""

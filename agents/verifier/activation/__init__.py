"""The verifier's side of policy activations: every setting of an envelope keeps the promises."""

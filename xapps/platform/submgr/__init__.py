"""The subscription manager: an xApp's REST subscription, made one on E2, with strict checks."""
